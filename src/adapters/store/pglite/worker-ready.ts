// Waits for a database thread's first answer, or for its end. It must leave nothing behind that keeps the process
// alive: a start that failed has to end at once.
import type { Worker } from 'node:worker_threads';
import { SqlError } from '../../../shared/db/sql-driver.ts';
import type { WorkerAnswer } from './worker-protocol.ts';

/** How many of the thread's last outputs an error quotes. */
const keptWords = 5;

/** Resolves when the thread says that it is ready. Rejects with SqlError, quoting the thread, when it fails or is silent. */
export async function workerReady(worker: Worker, timeoutMs: number): Promise<void> {
  const lastWords: string[] = [];
  for (const stream of [worker.stdout, worker.stderr])
    stream.on('data', (bytes: Buffer) => {
      lastWords.push(bytes.toString('utf8').trim());
      if (lastWords.length > keptWords) lastWords.shift();
    });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (why: string): void =>
    reject(new SqlError([why, ...lastWords].filter((text) => text !== '').join('; '), 'start'));
  const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs);
  const onError = (error: unknown) => fail(error instanceof Error ? error.message : String(error));
  const onExit = (code: number) => fail(`the database thread ended with code ${code}`);
  const onMessage = (message: WorkerAnswer) =>
    message.error === undefined ? resolve() : fail(message.error.message);
  worker.once('error', onError).once('exit', onExit).once('message', onMessage);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    worker.off('error', onError).off('exit', onExit).off('message', onMessage);
  }
}
