// What the health agent has put on record, read from its tables around everything that is broken: each row with the moment
// from which anybody could read it. It asks no process and believes no clock but its own.
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { HealRecord, Incident } from '../../shared/domain/incident.ts';

const lookMs = 250;
const answerTimeoutMs = 2_000;

export interface SeenIncident {
  readonly seenAt: number;
  readonly incident: Incident;
}

export interface SeenHeal {
  readonly seenAt: number;
  readonly heal: HealRecord;
}

export class HealthRecord {
  readonly #url: string;
  readonly #schema: string;
  readonly #incidents: SeenIncident[] = [];
  readonly #heals: SeenHeal[] = [];
  readonly #known = new Map<string, string>();
  #looking: Promise<void> | undefined;
  #client: pg.Client | undefined;
  #stopping = false;

  constructor(url: string, schema: string) {
    this.#url = url;
    this.#schema = schema;
  }

  /** Every state of every incident, in the order in which they could be read; steady milliseconds. */
  get incidents(): readonly SeenIncident[] {
    return this.#incidents;
  }

  get heals(): readonly SeenHeal[] {
    return this.#heals;
  }

  /** What is there already counts as seen now. */
  async start(): Promise<void> {
    await this.#look();
    this.#looking = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#looking;
    this.#hangUp();
  }

  async #follow(): Promise<void> {
    while (!this.#stopping) {
      await delay(lookMs);
      // A database that is the broken one has nothing to tell.
      await this.#look().catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const client = this.#client ?? (await this.#dial());
    try {
      const incidents = await client.query<{ data: Incident }>(
        `select data from ${this.#schema}.incidents order by ordinal`,
      );
      const heals = await client.query<{ data: HealRecord }>(
        `select data from ${this.#schema}.heals order by ordinal`,
      );
      const seenAt = performance.now();
      for (const { data } of incidents.rows)
        if (this.#isNew(data)) this.#incidents.push({ seenAt, incident: data });
      for (const { data } of heals.rows) if (this.#isNew(data)) this.#heals.push({ seenAt, heal: data });
    } catch (error) {
      this.#hangUp();
      throw error;
    }
  }

  async #dial(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.#url,
      connectionTimeoutMillis: answerTimeoutMs,
      query_timeout: answerTimeoutMs,
    });
    client.on('error', () => undefined);
    await client.connect();
    this.#client = client;
    return client;
  }

  /** Without waiting: a frozen server says no good-bye. */
  #hangUp(): void {
    this.#client?.end().catch(() => undefined);
    this.#client = undefined;
  }

  #isNew(row: Incident | HealRecord): boolean {
    const text = JSON.stringify(row);
    if (this.#known.get(row.id) === text) return false;
    this.#known.set(row.id, text);
    return true;
  }
}

/** `expected`: a cause such as `agent_failed:analyst_ai`, or a kind of cause such as `relay_down`. */
export function isOfCause(cause: string, expected: string): boolean {
  return cause === expected || cause.startsWith(`${expected}:`);
}
