// The caretaker of our schema on a PostgreSQL server: looks into the statistics views, cancels runaways of our own role,
// vacuums our own tables. Its own connection, so that a blocked writer cannot block it.
import pg from 'pg';
import { quotedIdentifier } from '../../../shared/db/sql-driver.ts';
import type { DatabaseCare, DatabaseFinding } from '../../../shared/ports/database-care.ts';
import { proposeIndex } from './propose-index.ts';
import { lookStatements, statementsSchema, topStatements } from './statistics-queries.ts';

const connectTimeoutMs = 5_000;
const lookTimeoutMs = 4_000;
const workTimeoutMs = 50_000;
const lockTimeoutMs = 2_000;
/** A statement of our role that runs for longer is ended by healing. */
const runawayMs = 30_000;
/** An idle transaction of our role that blocks somebody for longer is ended. */
const idleBlockerMs = 10_000;
const maxTidiedTables = 10;
const leastDeadRows = 1_000;
const maxQueryChars = 120;

export interface PostgresCareOptions {
  readonly url: string;
  readonly schema: string;
  readonly now: () => number;
  readonly runawayMs?: number;
  readonly idleBlockerMs?: number;
}

export class PostgresCare implements DatabaseCare {
  readonly #options: PostgresCareOptions;
  #client: pg.Client | undefined;
  #opening: Promise<pg.Client> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  /** Null where it cannot be read. */
  #statementsIn: string | null | undefined;

  constructor(options: PostgresCareOptions) {
    this.#options = options;
  }

  /** Throws when the server does not answer. */
  look(): Promise<DatabaseFinding> {
    return this.#alone(async (client) => {
      const { schema, now } = this.#options;
      const begun = performance.now();
      const asked = now();
      const { rows } = await client.query<Record<string, string | null>>(lookStatements.server, [schema]);
      const tookMs = performance.now() - begun;
      const tables = await client.query<Record<string, string | null>>(lookStatements.tables, [schema]);
      const [server] = rows;
      const [worst] = tables.rows;
      const slow = await this.#slowest(client);
      const number = (value: string | null | undefined) => (value == null ? 0 : Number(value));
      const connections = number(server?.connections);
      const limit = Math.max(1, number(server?.connection_limit));
      const rowsHeld = number(worst?.live_rows) + number(worst?.dead_rows);
      const facts = {
        connections,
        connection_share: round(connections / limit),
        waiting_locks: number(server?.waiting_locks),
        longest_lock_wait_ms: Math.max(0, number(server?.longest_lock_wait_ms)),
        longest_own_ms: Math.max(0, number(server?.longest_own_ms)),
        // Small tables are mostly dead rows at any time, and nobody minds.
        dead_rows_share:
          number(worst?.dead_rows) < leastDeadRows
            ? 0
            : round(number(worst?.dead_rows) / Math.max(1, rowsHeld)),
        database_mb: round(number(server?.database_bytes) / 1e6),
        ...(slow === undefined ? {} : { slowest_mean_ms: round(slow.meanMs) }),
      };
      const words = [
        `${connections} of ${limit} connections`,
        ...(facts.waiting_locks > 0
          ? [`${facts.waiting_locks} wait for a lock, longest ${Math.round(facts.longest_lock_wait_ms)} ms`]
          : []),
        ...(server?.longest_own_query == null ? [] : [`longest of ours: ${short(server.longest_own_query)}`]),
        ...(slow === undefined
          ? []
          : [`most time goes into: ${short(slow.query)} (mean ${round(slow.meanMs)} ms)`]),
        ...(worst?.table_name == null ? [] : [`most dead rows in ${worst.table_name}`]),
      ];
      const clockSkewMs = round(asked + tookMs / 2 - number(server?.server_ms));
      return { facts, detail: words.join('; '), clockSkewMs };
    }, lookTimeoutMs);
  }

  cancelRunaways(): Promise<string> {
    return this.#alone(async (client) => {
      const ended = await client.query<{ pid: number; query: string; ran_ms: string; ended: boolean }>(
        lookStatements.cancelRunaways,
        [this.#options.runawayMs ?? runawayMs],
      );
      const freed = await client.query<{ pid: number; idle_ms: string; ended: boolean }>(
        lookStatements.endIdleBlockers,
        [this.#options.idleBlockerMs ?? idleBlockerMs],
      );
      const words = [
        ...ended.rows.map(({ query, ran_ms }) => `cancelled after ${seconds(ran_ms)} s: ${short(query)}`),
        ...freed.rows.map(({ pid, idle_ms }) => `ended idle transaction ${pid} after ${seconds(idle_ms)} s`),
      ];
      return words.length === 0
        ? 'no statement of our role runs for long, and none blocks'
        : words.join('; ');
    }, lookTimeoutMs);
  }

  tidy(): Promise<string> {
    return this.#alone(async (client) => {
      const { schema } = this.#options;
      const { rows } = await client.query<{ table_name: string; dead_rows: string }>(
        lookStatements.tablesToTidy,
        [schema, maxTidiedTables],
      );
      for (const { table_name } of rows)
        await client.query(`vacuum (analyze) ${quotedIdentifier(schema)}.${quotedIdentifier(table_name)}`);
      const words = rows.map(({ table_name, dead_rows }) => `${table_name} (${dead_rows} dead rows)`);
      return words.length === 0 ? 'there is nothing to vacuum' : `vacuumed ${words.join(', ')}`;
    }, workTimeoutMs);
  }

  createIndex(): Promise<string> {
    return this.#alone(async (client) => {
      const { schema } = this.#options;
      const statements = await this.#statements(client);
      const { rows } = await client.query<{ table_name: string; column_name: string; leads: boolean }>(
        lookStatements.columns,
        [schema],
      );
      const proposal = proposeIndex(statements, rows);
      if (proposal === undefined)
        return 'no index is proposed: no slow statement of ours looks for an unindexed column';
      const { name, table, column } = proposal;
      const target = `${quotedIdentifier(schema)}.${quotedIdentifier(table)}`;
      try {
        await client.query(
          `create index concurrently ${quotedIdentifier(name)} on ${target} (${quotedIdentifier(column)})`,
        );
      } catch (error) {
        // A build that was broken off leaves an invalid index behind, which costs and helps nobody.
        await client
          .query(`drop index concurrently if exists ${quotedIdentifier(schema)}.${quotedIdentifier(name)}`)
          .catch(() => undefined);
        throw error;
      }
      return `built ${name} on ${table} (${column}); take it back with: drop index concurrently ${schema}.${name}`;
    }, workTimeoutMs);
  }

  async close(): Promise<void> {
    await this.#turn.catch(() => undefined);
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  async #slowest(client: pg.Client): Promise<{ query: string; meanMs: number } | undefined> {
    const [top] = await this.#statements(client);
    return top === undefined ? undefined : { query: top.query, meanMs: top.mean_ms };
  }

  /** Statements of our role by total time; empty without the extension, or without the right to read it. */
  async #statements(client: pg.Client): Promise<{ query: string; calls: number; mean_ms: number }[]> {
    if (this.#statementsIn === undefined) {
      const { rows } = await client.query<{ schema_name: string }>(statementsSchema);
      this.#statementsIn = rows[0]?.schema_name ?? null;
    }
    if (this.#statementsIn === null) return [];
    try {
      const { rows } = await client.query<{ query: string; calls: string; mean_ms: string }>(
        topStatements(this.#statementsIn),
      );
      return rows.map(({ query, calls, mean_ms }) => ({
        query,
        calls: Number(calls),
        mean_ms: Number(mean_ms),
      }));
    } catch {
      // It exists but was not preloaded: reading it is an error each time.
      this.#statementsIn = null;
      return [];
    }
  }

  /** One use of the connection at a time, each with its own time limit on the server's side. */
  #alone<Result>(use: (client: pg.Client) => Promise<Result>, timeoutMs: number): Promise<Result> {
    const turn = this.#turn
      .catch(() => undefined)
      .then(async () => {
        const client = await this.#connected();
        await client.query(`set statement_timeout to ${timeoutMs}; set lock_timeout to ${lockTimeoutMs}`);
        return use(client);
      });
    this.#turn = turn;
    return turn;
  }

  async #connected(): Promise<pg.Client> {
    if (this.#client !== undefined) return this.#client;
    this.#opening ??= this.#connect().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.#options.url,
      application_name: `ato health ${process.pid}`,
      connectionTimeoutMillis: connectTimeoutMs,
      // The server's limit is the first to act; this one is for a server that is frozen.
      query_timeout: workTimeoutMs + connectTimeoutMs,
      keepAlive: true,
    });
    const forget = () => {
      if (this.#client === client) this.#client = undefined;
    };
    client.on('error', forget);
    client.on('end', forget);
    await client.connect();
    this.#client = client;
    return client;
  }
}

function short(query: string): string {
  return query.replace(/\s+/g, ' ').trim().slice(0, maxQueryChars);
}

function seconds(ms: string): number {
  return Math.round(Number(ms) / 1_000);
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000 + 0;
}
