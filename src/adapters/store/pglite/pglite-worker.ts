// Runs inside a worker thread: the embedded database itself. Requests are served one after another.
// It must never be started twice on one folder; the main thread holds the folder's lock.
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import type { SqlRow, SqlStatement } from '../../../shared/db/sql-driver.ts';
import type { WorkerAnswer, WorkerRequest, WorkerSetup } from './worker-protocol.ts';

/**
 * Smaller than PostgreSQL's defaults: the operating system caches the files anyway, and WAL is recycled only
 * at checkpoints. Commits stay synchronous, so that a killed process loses none.
 */
const settings = [
  'shared_buffers=32MB',
  'max_wal_size=128MB',
  'min_wal_size=32MB',
  'work_mem=8MB',
  'maintenance_work_mem=32MB',
  'synchronous_commit=on',
  'restart_after_crash=off',
];

const setup = workerData as WorkerSetup;
const port = parentPort;
if (port === null) throw new Error('this file runs only as a worker thread');

function answer(message: WorkerAnswer): void {
  port?.postMessage(message);
}

function describe(error: unknown): { message: string; code: string } {
  const code = (error as { readonly code?: unknown }).code;
  return {
    message: error instanceof Error ? error.message : String(error),
    code: typeof code === 'string' ? code : 'unknown',
  };
}

async function openDatabase(): Promise<PGlite> {
  const startParams = [...PGlite.defaultStartParams, ...settings.flatMap((setting) => ['-c', setting])];
  return PGlite.create({ dataDir: setup.folder, relaxedDurability: false, startParams });
}

async function run(
  executor: Pick<PGlite, 'query'>,
  statements: readonly SqlStatement[],
): Promise<SqlRow[][]> {
  const results: SqlRow[][] = [];
  for (const statement of statements) {
    const result = await executor.query<SqlRow>(statement.text, [...(statement.values ?? [])]);
    results.push(result.rows);
  }
  return results;
}

async function serve(database: PGlite, request: WorkerRequest): Promise<SqlRow[][]> {
  switch (request.kind) {
    case 'query':
      return run(database, [request.statement]);
    case 'transaction':
      return database.transaction((transaction) => run(transaction as unknown as PGlite, request.statements));
    case 'script':
      await database.transaction((transaction) => transaction.exec(request.text));
      return [];
    case 'close':
      await database.close();
      return [];
  }
}

try {
  const database = await openDatabase();
  let queue: Promise<void> = Promise.resolve();
  port.on('message', (request: WorkerRequest) => {
    queue = queue.then(async () => {
      try {
        answer({ id: request.id, results: await serve(database, request) });
      } catch (error) {
        answer({ id: request.id, error: describe(error) });
      }
      if (request.kind === 'close') port.close();
    });
  });
  answer({ id: 0 });
} catch (error) {
  answer({ id: 0, error: describe(error) });
  port.close();
}
