// All processes of one installation as their schemas show them: who lives, and each collection read where its agent keeps it.
// It must never write.
import pg from 'pg';
import type { CollectionName, CollectionRows } from '../../../shared/bus/collections.ts';
import { agentsOfSchema } from '../../../shared/config/process-settings.ts';
import { quotedIdentifier } from '../../../shared/db/sql-driver.ts';
import { type AgentName, agentNames } from '../../../shared/domain/agent-name.ts';
import type { JournalEntry, ListQuery, StoreReader } from '../../../shared/ports/store.ts';
import { SqlReader } from '../shared/sql-reader.ts';
import { PostgresDriver } from './postgres-driver.ts';
import { postgresTarget } from './postgres-store.ts';

const answerTimeoutMs = 5_000;
/** Where an agent lives changes only when somebody starts the processes differently. */
const placesFreshMs = 15_000;

/** A process that has been silent for so long was stopped for good, or its agents live elsewhere now. */
const goneMs = 15 * 60_000;

/** Whose rows a collection holds; the others belong to every process itself. */
const owners: Readonly<Partial<Record<CollectionName, AgentName>>> = {
  decisions: 'orchestrator_ai',
  tasks: 'orchestrator_ai',
  mandates: 'orchestrator_ai',
  signals: 'analyst_ai',
  candidates: 'analyst_ai',
  news: 'analyst_ai',
  sentiment: 'analyst_ai',
  calendar: 'analyst_ai',
  refusals: 'trading_ai',
  orders: 'trading_ai',
  fills: 'trading_ai',
  positions: 'trading_ai',
  trading_state: 'trading_ai',
  equity: 'trading_ai',
  incidents: 'health_ai',
  heals: 'health_ai',
  source_status: 'health_ai',
};

/** One process of the installation. */
export interface ProcessPlace {
  readonly schema: string;
  readonly agents: readonly AgentName[];
  readonly holder: string;
  /** Grows with every holder: a new one was started. */
  readonly fence: number;
  /** Since the last renewal of its lease, by the database's clock. */
  readonly silentMs: number;
}

/** Messages of one process that the process of their agent has not committed. */
export interface WaitingElsewhere {
  /** Schema of the sender. */
  readonly from: string;
  readonly to: string;
  readonly messages: number;
  /** When the oldest was said, milliseconds; null when it has just been acknowledged. */
  readonly saidAt: number | null;
}

function saidAt(body: string | null): number | null {
  const at = body === null ? Number.NaN : Date.parse((JSON.parse(body) as { readonly at: string }).at);
  return Number.isFinite(at) ? at : null;
}

export class PostgresInstallation {
  readonly #url: string;
  readonly #base: string;
  readonly #pool: pg.Pool;
  readonly #readers = new Map<string, SqlReader>();
  #places: Promise<readonly ProcessPlace[]> | undefined;
  #placesAt = 0;

  constructor(url: string, base: string) {
    this.#url = url;
    this.#base = base;
    this.#pool = new pg.Pool({
      connectionString: url,
      application_name: `ato process ${process.pid} looks around`,
      max: 1,
      connectionTimeoutMillis: answerTimeoutMs,
      query_timeout: answerTimeoutMs,
      keepAlive: true,
    });
    this.#pool.on('error', () => undefined);
  }

  /** Every process that ever ran here, the one that spoke last first. */
  async places(): Promise<readonly ProcessPlace[]> {
    const schemas = await this.#pool.query<{ schema: string }>(
      `select n.nspname as schema from pg_namespace n join pg_class c on c.relnamespace = n.oid and c.relname = 'lease'
       where n.nspname = $1 or starts_with(n.nspname, $1 || '_')`,
      [this.#base],
    );
    const found: ProcessPlace[] = [];
    for (const { schema } of schemas.rows) {
      const agents = agentsOfSchema(this.#base, schema);
      if (agents === undefined) continue;
      const lease = await this.#pool.query<{ holder: string; fence: string; silent: number }>(
        `select holder, fence::text as fence, (extract(epoch from clock_timestamp() - renewed_at) * 1000)::float8 as silent
         from ${quotedIdentifier(schema)}.lease`,
      );
      const [row] = lease.rows;
      if (row !== undefined)
        found.push({
          ...{ schema, agents, holder: row.holder, fence: Number(row.fence) },
          silentMs: Math.max(0, row.silent),
        });
    }
    return found.sort((left, right) => left.silentMs - right.silentMs);
  }

  /** What waits in the other processes for agents elsewhere, oldest first; read in their own rows. */
  async relayLag(own: string): Promise<readonly WaitingElsewhere[]> {
    const found: WaitingElsewhere[] = [];
    for (const { schema, agents, silentMs } of await this.places()) {
      // What an earlier way of dividing the agents left behind concerns nobody.
      if (schema === own || agents.length === agentNames.length || silentMs > goneMs) continue;
      const { rows } = await this.#pool.query<{ to: string; messages: string; oldest: string | null }>(
        `select l.key as to, ((l.data ->> 'last')::bigint - (l.data ->> 'acknowledged')::bigint)::text as messages,
           (select o.data ->> 'body' from ${quotedIdentifier(schema)}.relay_outbox o
            where starts_with(o.key, l.key || '/') order by o.key limit 1) as oldest
         from ${quotedIdentifier(schema)}.relay_links l`,
      );
      for (const { to, messages, oldest } of rows)
        if (Number(messages) > 0)
          found.push({ from: schema, to, messages: Number(messages), saidAt: saidAt(oldest) });
    }
    return found.sort((left, right) => (left.saidAt ?? 0) - (right.saidAt ?? 0));
  }

  /** Schema where the agent lives, or lived last; undefined when it never did. */
  async schemaOf(agent: AgentName): Promise<string | undefined> {
    if (this.#places === undefined || performance.now() - this.#placesAt > placesFreshMs) {
      this.#placesAt = performance.now();
      this.#places = this.places();
      this.#places.catch(() => {
        this.#places = undefined;
      });
    }
    return (await this.#places).find(({ agents }) => agents.includes(agent))?.schema;
  }

  /** Reads own rows from `own` and the others' where they are; what no process has kept yet reads as empty. */
  reader(own: StoreReader, here: readonly AgentName[]): StoreReader {
    const at = async (collection: CollectionName): Promise<StoreReader | undefined> => {
      const owner = owners[collection];
      if (owner === undefined || here.includes(owner)) return own;
      const schema = await this.schemaOf(owner);
      return schema === undefined ? undefined : this.#readerOf(schema);
    };
    return {
      list: async <Name extends CollectionName>(name: Name, query: ListQuery) =>
        (await at(name))?.list(name, query) ?? ([] as CollectionRows[Name][]),
      get: async <Name extends CollectionName>(name: Name, key: string) => (await at(name))?.get(name, key),
      count: async (name) => (await at(name))?.count(name) ?? 0,
      journal: (after): AsyncIterable<readonly JournalEntry[]> => own.journal(after),
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#readers.values()].map((reader) => reader.close()));
    await this.#pool.end();
  }

  #readerOf(schema: string): SqlReader {
    let reader = this.#readers.get(schema);
    if (reader === undefined) {
      const driver = new PostgresDriver(postgresTarget(this.#url, schema), undefined, 1);
      reader = new SqlReader(() => driver);
      this.#readers.set(schema, reader);
    }
    return reader;
  }
}
