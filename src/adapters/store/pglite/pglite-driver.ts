// The main thread's side of the embedded database: requests out, answers back, no SQL of its own.
// When the worker dies, every request fails, now and later; it is never restarted behind the store's back.
import v8 from 'node:v8';
import { Worker } from 'node:worker_threads';
import { type SqlDriver, SqlError, type SqlRow, type SqlStatement } from '../../../shared/db/sql-driver.ts';
import { memorySavingFlags } from './memory-saving-flags.ts';
import type { WorkerAnswer, WorkerRequest, WorkerSetup } from './worker-protocol.ts';
import { workerReady } from './worker-ready.ts';

const readyTimeoutMs = 120_000;
const closeTimeoutMs = 30_000;
const workerFile = new URL('./pglite-worker.ts', import.meta.url);

type RequestBody = WorkerRequest extends infer Request
  ? Request extends WorkerRequest
    ? Omit<Request, 'id'>
    : never
  : never;

interface Waiting {
  readonly resolve: (results: SqlRow[][]) => void;
  readonly reject: (error: Error) => void;
}

/** Opens an existing cluster. Rejects with SqlError when the database cannot start. */
export async function openCluster(folder: string): Promise<PgliteDriver> {
  return new PgliteDriver(await startWorker({ folder }));
}

async function startWorker(setup: WorkerSetup): Promise<Worker> {
  for (const flag of memorySavingFlags) v8.setFlagsFromString(flag);
  const worker = new Worker(workerFile, { workerData: setup, stdout: true, stderr: true, execArgv: [] });
  try {
    await workerReady(worker, readyTimeoutMs);
  } catch (error) {
    // It may still throw while it is ended; what went wrong first is what counts.
    worker.on('error', () => undefined);
    await worker.terminate();
    throw error;
  }
  return worker;
}

export class PgliteDriver implements SqlDriver {
  readonly kind = 'pglite';
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #ended: SqlError | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (message: WorkerAnswer) => this.#settle(message));
    worker.on('error', (error) => this.#end(error instanceof Error ? error.message : String(error)));
    worker.on('exit', (code) => this.#end(`it ended with code ${code}`));
  }

  async query(statement: SqlStatement): Promise<SqlRow[]> {
    const [rows] = await this.#request({ kind: 'query', statement });
    return rows ?? [];
  }

  transaction(statements: readonly SqlStatement[]): Promise<SqlRow[][]> {
    return this.#request({ kind: 'transaction', statements });
  }

  /** The worker serves one request at a time, so any transaction is a snapshot. */
  snapshot(statements: readonly SqlStatement[]): Promise<SqlRow[][]> {
    return this.transaction(statements);
  }

  async script(text: string): Promise<void> {
    await this.#request({ kind: 'script', text });
  }

  async close(): Promise<void> {
    if (this.#ended === undefined) {
      const closing = this.#request({ kind: 'close' }).catch(() => undefined);
      await Promise.race([closing, new Promise((resolve) => setTimeout(resolve, closeTimeoutMs).unref())]);
      this.#end('the store was closed');
    }
    await this.#worker.terminate();
  }

  /** Ends the worker as a crash would: nothing more is written. */
  async abandon(): Promise<void> {
    this.#end('it was abandoned');
    await this.#worker.terminate();
  }

  #request(body: RequestBody): Promise<SqlRow[][]> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...body, id } satisfies WorkerRequest);
    });
  }

  #settle(message: WorkerAnswer): void {
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined) return;
    this.#waiting.delete(message.id);
    if (message.error === undefined) waiting.resolve((message.results ?? []) as SqlRow[][]);
    else waiting.reject(new SqlError(message.error.message, message.error.code));
  }

  #end(why: string): void {
    this.#ended ??= new SqlError(`the embedded database is gone: ${why}`, 'gone');
    for (const waiting of this.#waiting.values()) waiting.reject(this.#ended);
    this.#waiting.clear();
  }
}
