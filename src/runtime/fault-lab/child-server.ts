// A server as a direct child of this process, on a port of its own, that can be killed, frozen and started again on the same
// data: for benchmarks, fault runs and tests. It must never touch a server that it did not start.
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const lowestPort = 20_000;
const portRange = 12_000;
const startTimeoutMs = 60_000;
const startAttempts = 5;
const pollMs = 50;

export interface ServerPlan {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder: string;
  /** Resolves when the server answers; rejects while it does not. */
  readonly ask: () => Promise<void>;
  /** What must be gone before a start after a kill. */
  readonly beforeStart?: () => Promise<void>;
}

export class ChildServer {
  readonly #plan: ServerPlan;
  #child: ChildProcess | undefined;

  constructor(plan: ServerPlan) {
    this.#plan = plan;
  }

  /** Throws when it does not answer in time. */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#startOnce();
        return;
      } catch (error) {
        await this.end('SIGKILL');
        if (attempt >= startAttempts) throw error;
        await delay(pollMs * 4);
      }
    }
  }

  async #startOnce(): Promise<void> {
    const { command, args, environment, folder, name, ask, beforeStart } = this.#plan;
    await beforeStart?.();
    const child = spawn(command, args, {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', ...environment },
      stdio: 'ignore',
    });
    child.on('error', () => undefined);
    this.#child = child;
    const endWithUs = () => child.kill('SIGKILL');
    process.once('exit', endWithUs);
    child.once('exit', () => process.off('exit', endWithUs));
    const begun = performance.now();
    while (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      if (performance.now() - begun > startTimeoutMs) break;
      if (await ask().then(yes, no)) return;
      await delay(pollMs);
    }
    throw new Error(`${name} did not get ready (exit code ${child.exitCode})`);
  }

  /** Ends it without any chance to tidy up. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** With all of its own processes: PostgreSQL answers from its children. */
  freeze(): void {
    this.#signalAll('SIGSTOP');
  }

  thaw(): void {
    this.#signalAll('SIGCONT');
  }

  #signalAll(signal: 'SIGSTOP' | 'SIGCONT'): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    for (const one of [pid, ...childrenOf(pid)]) {
      try {
        process.kill(one, signal);
      } catch {
        // It has ended meanwhile.
      }
    }
  }

  /** Sends the signal and waits for the end. */
  async end(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = new Promise((resolve) => child.once('exit', resolve));
    this.thaw();
    child.kill(signal);
    await exit;
  }
}

/** Direct children, where the system tells them; none elsewhere. */
function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').map(Number).filter(Boolean);
  } catch {
    return [];
  }
}

function yes(): boolean {
  return true;
}

function no(): boolean {
  return false;
}

/** A port below the ephemeral range that nobody listens on now. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowestPort + Math.floor(Math.random() * portRange);
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

/** Full path of a program of this machine; undefined when it is not installed. */
export function installed(...candidates: readonly string[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  for (const candidate of candidates)
    for (const file of path.isAbsolute(candidate)
      ? [candidate]
      : folders.map((folder) => path.join(folder, candidate)))
      if (executable(file)) return file;
  return undefined;
}

function executable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
