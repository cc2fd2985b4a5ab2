// The server's side of the driver: one writer connection that holds the lock, and a small pool for reads.
// A lost writer connection is never replaced: the lock is gone with it, so every later commit must fail.
import pg from 'pg';
import {
  quotedIdentifier,
  type SqlDriver,
  SqlError,
  type SqlRow,
  type SqlStatement,
} from '../../../shared/db/sql-driver.ts';
import type { Lease } from './lease.ts';

/** Reads beside the writer; more would only wait for the same disk. */
const readConnections = 3;
const connectTimeoutMs = 10_000;
const readTimeoutMs = 30_000;
/** Keeps a vanished client's lock from outliving it for hours, as the system's default would. */
const keepAliveSettings =
  'set tcp_keepalives_idle to 20; set tcp_keepalives_interval to 5; set tcp_keepalives_count to 3';

export interface PostgresTarget {
  readonly url: string;
  readonly schema: string;
  /** Shown in pg_stat_activity, so that the holder of the lock can be named. */
  readonly applicationName: string;
}

/** A connected client with the schema in its search_path. Rejects with SqlError. */
export async function connect(target: PostgresTarget): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: target.url,
    application_name: target.applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    pipeline: true,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(sessionSettings(target.schema));
    await client.query(keepAliveSettings);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw sqlError(error);
  }
}

function sessionSettings(schema: string): string {
  return `set search_path to ${quotedIdentifier(schema)}; set client_encoding to 'UTF8'`;
}

export class PostgresDriver implements SqlDriver {
  readonly kind = 'postgres';
  readonly #writer: pg.Client | undefined;
  readonly #pool: pg.Pool;
  #lastWrite: Promise<unknown> = Promise.resolve();
  #lost: SqlError | undefined;
  #lease: Lease | undefined;

  /** Without a writer the driver only reads. */
  constructor(target: PostgresTarget, writer: pg.Client | undefined, connections = readConnections) {
    this.#writer = writer;
    const lose = (why: string): void => {
      this.#lost ??= new SqlError(`the writer's database connection is lost: ${why}`, 'gone');
    };
    writer?.on('error', (error) => lose(error.message));
    writer?.on('end', () => lose('it was closed'));
    this.#pool = new pg.Pool({
      connectionString: target.url,
      application_name: `${target.applicationName} read`,
      max: connections,
      connectionTimeoutMillis: connectTimeoutMs,
      statement_timeout: readTimeoutMs,
      keepAlive: true,
      pipeline: true,
      idleTimeoutMillis: 60_000,
    });
    this.#pool.on('error', () => undefined);
    // Queued on the new connection ahead of any read.
    this.#pool.on('connect', (client) => {
      client
        .query(`${sessionSettings(target.schema)}; set default_transaction_read_only to on`)
        .catch(() => undefined);
    });
  }

  /** From now on writes are allowed only as long as this lease is held. */
  hold(lease: Lease): void {
    this.#lease = lease;
  }

  get fence(): SqlStatement | undefined {
    return this.#lease?.statement;
  }

  async assertHeld(): Promise<void> {
    if (this.#lost !== undefined) throw this.#lost;
    await this.#lease?.assertHeld();
  }

  async query(statement: SqlStatement): Promise<SqlRow[]> {
    try {
      const result = await this.#pool.query<SqlRow>(statement.text, [...(statement.values ?? [])]);
      return result.rows;
    } catch (error) {
      throw sqlError(error);
    }
  }

  transaction(statements: readonly SqlStatement[]): Promise<SqlRow[][]> {
    return this.#alone((writer) => inTransaction(writer, 'begin', statements));
  }

  async snapshot(statements: readonly SqlStatement[]): Promise<SqlRow[][]> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw sqlError(error);
    });
    try {
      return await inTransaction(client, 'begin isolation level repeatable read read only', statements);
    } finally {
      client.release();
    }
  }

  async script(text: string): Promise<void> {
    await this.#alone(async (writer) => {
      try {
        await writer.query(`begin; ${text}; commit`);
      } catch (error) {
        await writer.query('rollback').catch(() => undefined);
        throw sqlError(error);
      }
    });
  }

  async close(): Promise<void> {
    await this.#lastWrite.catch(() => undefined);
    await this.#lease?.release();
    await Promise.allSettled([this.#pool.end(), this.#writer?.end()]);
  }

  /** Runs one use of the writer at a time; statements of two transactions must never mix on one connection. */
  #alone<Result>(use: (writer: pg.Client) => Promise<Result>): Promise<Result> {
    const turn = this.#lastWrite
      .catch(() => undefined)
      .then(() => {
        if (this.#lost !== undefined) throw this.#lost;
        if (this.#writer === undefined) throw new SqlError('opened for reading only', '25006');
        return use(this.#writer);
      });
    this.#lastWrite = turn;
    return turn;
  }
}

/**
 * Sends everything at once and waits for all answers. After a failed statement the server refuses the rest and
 * turns the commit into a rollback; the first error is the one that tells.
 */
async function inTransaction(
  client: pg.ClientBase,
  begin: string,
  statements: readonly SqlStatement[],
): Promise<SqlRow[][]> {
  const sent = [
    client.query(begin),
    ...statements.map((statement) => client.query<SqlRow>(statement.text, [...(statement.values ?? [])])),
    client.query('commit'),
  ];
  const answers = await Promise.allSettled(sent);
  const failed = answers.find((answer) => answer.status === 'rejected');
  if (failed?.status === 'rejected') throw sqlError(failed.reason);
  const results = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : undefined));
  if (results.at(-1)?.command !== 'COMMIT')
    throw new SqlError(`the server answered ${results.at(-1)?.command ?? 'nothing'} to commit`, '40000');
  return results.slice(1, -1).map((result) => result?.rows ?? []);
}

export function sqlError(error: unknown): SqlError {
  if (error instanceof SqlError) return error;
  const code = (error as { readonly code?: unknown } | null)?.code;
  const message = error instanceof Error ? error.message || error.name : String(error);
  return new SqlError(message, typeof code === 'string' ? code : 'unknown');
}
