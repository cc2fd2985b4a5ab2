// Runs the real program as a child process in a folder of its own, for tests that look at it from outside.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const projectFolder = path.resolve(import.meta.dirname, '..', '..');
const startTimeoutMs = 60_000;
const commandTimeoutMs = 240_000;
const keptOutput = 20_000;

export interface RunResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Environment of a child: nothing of the surrounding settings leaks in. */
export function childEnvironment(settings: Readonly<Record<string, string>>): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...settings };
}

/** Runs `ato <args>` to its end. */
export function runAto(
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
  cwd: string = tmpdir(),
): Promise<RunResult> {
  const child = spawn(process.execPath, [path.join(projectFolder, 'src', 'main.ts'), ...args], {
    cwd,
    env: childEnvironment(settings),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A command that was expected to end and does not must not outlive its test.
    timeout: commandTimeoutMs,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** A port that nobody listens on right now, outside the ephemeral range. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

/** One installation: a folder and its settings; the program in it can be started and killed many times. */
export class Installation {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'ato-test-'));
  readonly settings: Record<string, string>;
  #child: ChildProcess | undefined;
  #output = '';

  constructor(settings: Readonly<Record<string, string>>) {
    this.settings = {
      DATA_DIR: path.join(this.folder, 'data'),
      LOG_DIR: path.join(this.folder, 'logs'),
      ATO_MARKET_SOURCE: 'synthetic',
      ...settings,
    };
  }

  get output(): string {
    return this.#output;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get base(): string {
    return `http://127.0.0.1:${this.settings.ORCHESTRATOR_PORT}`;
  }

  /** Starts the program; resolves as soon as the process exists. */
  launch(): ChildProcess {
    const child = spawn(process.execPath, [path.join(projectFolder, 'src', 'main.ts'), 'start'], {
      cwd: this.folder,
      env: childEnvironment(this.settings),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString()).slice(-keptOutput);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    this.#child = child;
    return child;
  }

  /** Starts the program and waits for its first decision over HTTP; returns the waiting time in milliseconds. */
  async start(): Promise<number> {
    this.settings.ORCHESTRATOR_PORT ??= String(await freePort());
    const begun = performance.now();
    const child = this.launch();
    for (;;) {
      if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}:\n${this.#output}`);
      if (performance.now() - begun > startTimeoutMs)
        throw new Error(`no decision in time:\n${this.#output}`);
      const answer = await this.get('/decisions?limit=1').catch(() => undefined);
      if ((answer as { decisions?: unknown[] } | undefined)?.decisions?.length)
        return performance.now() - begun;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  async get(route: string): Promise<unknown> {
    const response = await fetch(`${this.base}${route}`, { signal: AbortSignal.timeout(5_000) });
    return response.json();
  }

  /** Sends a signal and resolves with the exit code once the process has gone (null when it was killed). */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return child?.exitCode ?? null;
    const gone = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    child.kill(signal);
    return gone;
  }

  /** Waits until the process ends by itself; its exit code. Throws when it does not. */
  async gone(timeoutMs: number): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return child?.exitCode ?? null;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`it did not end:\n${this.#output}`)), timeoutMs);
      child.once('exit', (code) => {
        clearTimeout(timer);
        resolve(code);
      });
    });
  }

  async remove(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
