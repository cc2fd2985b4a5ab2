// Keeps several processes of one installation running on one machine: starts each, starts it again when it ends, and ends one that
// gives no sign of life. It shares nothing with them but signals: what one does to itself does not reach the others.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../main.ts', import.meta.url));
/** Longer than any honest pause of a garbage collection, shorter than what trading should be without its process. */
const silentMs = 8_000;
const lookMs = 500;
const firstPauseMs = 500;
const maxPauseMs = 10_000;
/** A process that lived this long begins again without a pause. */
const calmMs = 60_000;
const stopTimeoutMs = 30_000;

export interface SupervisedProcess {
  readonly name: string;
  /** Arguments of `ato`. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface SupervisorEvent {
  readonly process: string;
  readonly kind: 'started' | 'alive' | 'silent' | 'ended';
  readonly detail: string;
}

export interface SupervisorOptions {
  readonly processes: readonly SupervisedProcess[];
  readonly folder: string;
  /** Heap of each in megabytes; beyond it the process ends, and only it. */
  readonly memoryMb: number;
  readonly observe: (event: SupervisorEvent) => void;
  readonly line: (process: string, text: string) => void;
}

interface Kept {
  readonly plan: SupervisedProcess;
  child: ChildProcess | undefined;
  startedAt: number;
  /** Undefined until the first sign of this life. */
  signAt: number | undefined;
  failures: number;
  restart: NodeJS.Timeout | undefined;
}

export class ProcessSupervisor {
  readonly #options: SupervisorOptions;
  readonly #kept: readonly Kept[];
  #looking: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#kept = options.processes.map((plan) => ({
      plan,
      child: undefined,
      startedAt: 0,
      signAt: undefined,
      failures: 0,
      restart: undefined,
    }));
  }

  start(): void {
    for (const kept of this.#kept) this.#start(kept);
    this.#looking = setInterval(() => this.#look(), lookMs);
  }

  /** Pid of a process by name; undefined while it is not running. */
  pidOf(name: string): number | undefined {
    const child = this.#kept.find(({ plan }) => plan.name === name)?.child;
    return child !== undefined && isRunning(child) ? child.pid : undefined;
  }

  /** A supervisor of the same processes, which has not started them yet. */
  again(): ProcessSupervisor {
    return new ProcessSupervisor(this.#options);
  }

  /** Stops all of them in order, and those that do not stop without it. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#looking);
    await Promise.all(this.#kept.map((kept) => this.#stop(kept)));
  }

  async #stop({ child, restart }: Kept): Promise<void> {
    clearTimeout(restart);
    if (child === undefined || !isRunning(child)) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGCONT');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    await gone;
    clearTimeout(timer);
  }

  #start(kept: Kept): void {
    const { plan } = kept;
    const { memoryMb, folder, observe, line } = this.#options;
    const child = spawn(
      process.execPath,
      [`--max-old-space-size=${memoryMb}`, '--max-semi-space-size=4', program, ...plan.args],
      {
        cwd: folder,
        env: { ...plan.environment },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      },
    );
    kept.child = child;
    kept.startedAt = performance.now();
    kept.signAt = undefined;
    for (const stream of [child.stdout, child.stderr])
      if (stream !== null) createInterface({ input: stream }).on('line', (text) => line(plan.name, text));
    child.on('message', () => {
      if (kept.signAt === undefined) observe({ process: plan.name, kind: 'alive', detail: '' });
      kept.signAt = performance.now();
    });
    child.once('error', () => undefined);
    child.once('exit', (code, signal) => this.#ended(kept, code, signal));
    observe({ process: plan.name, kind: 'started', detail: `pid ${child.pid}` });
  }

  #ended(kept: Kept, code: number | null, signal: string | null): void {
    const detail = signal === null ? `exit code ${code}` : signal;
    this.#options.observe({ process: kept.plan.name, kind: 'ended', detail });
    if (this.#stopping) return;
    kept.failures = performance.now() - kept.startedAt > calmMs ? 0 : kept.failures + 1;
    const pauseMs = kept.failures === 0 ? 0 : Math.min(maxPauseMs, firstPauseMs * 2 ** (kept.failures - 1));
    kept.restart = setTimeout(() => this.#start(kept), pauseMs);
  }

  /** Ends those that have given signs of life and give none any more. */
  #look(): void {
    for (const { plan, child, signAt } of this.#kept) {
      if (child === undefined || !isRunning(child) || signAt === undefined) continue;
      if (performance.now() - signAt < silentMs) continue;
      this.#options.observe({
        process: plan.name,
        kind: 'silent',
        detail: `no sign of life for ${silentMs / 1_000} s: ending it`,
      });
      child.kill('SIGKILL');
    }
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}
