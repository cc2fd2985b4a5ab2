// The session advisory locks that make this process the only writer of a schema and the only one with its agents, on the
// connection that writes. They go when the connection goes, so a killed process frees them by itself; a holder that has
// stopped renewing its lease is disconnected, which frees them too.
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { StoreOpenError } from '../../../shared/ports/store.ts';

/** First half of the lock's number: tells our locks from those of other programs in the database. */
const lockSpace = 0x61746f31;
const retryMs = 100;
/** An expired lease must look the same for this long, so that a server that was asleep itself is not mistaken for its holder. */
const expiredForMs = 1_500;

export interface WriterLockOptions {
  readonly schema: string;
  /** Locks of the whole database besides: what only one process may have, and how a person calls it. */
  readonly exclusive?: readonly { readonly lock: string; readonly words: string }[];
  /** How long to wait for the connection of a process that was just killed. */
  readonly waitMs: number;
  /** Wait until the holder is gone, however long that is. */
  readonly standby?: {
    readonly signal: AbortSignal;
    readonly waiting: (holder: string) => void;
  };
}

/** Thrown while standing by, when the wait was ended from outside. */
export class StandbyEnded extends Error {
  override readonly name = 'StandbyEnded';
}

/** Takes the locks. Throws StoreOpenError naming the holder, or StandbyEnded. */
export async function takeWriterLock(client: pg.Client, options: WriterLockOptions): Promise<void> {
  const { schema, waitMs, standby } = options;
  const begun = performance.now();
  const expiry = new ExpiredLease();
  let told = false;
  while (!(await taken(client, schema))) {
    standby?.signal.throwIfAborted();
    if (await expiry.seen(client, schema)) await disconnectHolder(client, schema);
    else if (standby !== undefined) {
      if (!told) standby.waiting((await holder(client, schema)).words);
      told = true;
    } else if (performance.now() - begun >= waitMs)
      throw new StoreOpenError(
        `The schema ${schema} of this database is in use by ${(await holder(client, schema)).words}. Fix: stop that process first, or set ATO_STANDBY=yes to take over when it ends. Only to start a second orchestrator beside it: give this one another DATABASE_SCHEMA. Nothing was changed.`,
      );
    await delay(retryMs);
  }
  await takeExclusive(client, options);
}

/** Another process has them with other agents beside, or under another schema: it will not hand them over. */
async function takeExclusive(client: pg.Client, { exclusive, waitMs }: WriterLockOptions): Promise<void> {
  for (const { lock, words } of exclusive ?? []) {
    const begun = performance.now();
    while (!(await taken(client, lock))) {
      if (performance.now() - begun >= waitMs)
        throw new StoreOpenError(
          `${words} is already with ${(await holder(client, lock)).words}. Fix: stop that process, or leave this out of AGENTS here. Nothing was changed.`,
        );
      await delay(retryMs);
    }
  }
}

async function taken(client: pg.Client, name: string): Promise<boolean> {
  const result = await client.query<{ taken: boolean }>(
    'select pg_try_advisory_lock($1, hashtext($2)) as taken',
    [lockSpace, name],
  );
  return result.rows[0]?.taken === true;
}

/** Ends the connection of a holder that no longer renews its lease: it is frozen, or cut off. */
async function disconnectHolder(client: pg.Client, schema: string): Promise<void> {
  const { pid } = await holder(client, schema);
  if (pid !== undefined) await client.query('select pg_terminate_backend($1)', [pid]);
}

class ExpiredLease {
  #renewedAt: string | undefined;
  #since = 0;

  /** True once the lease has been expired, and not renewed, for a while. */
  async seen(client: pg.Client, schema: string): Promise<boolean> {
    const found = await client.query<{ present: boolean }>('select to_regclass($1) is not null as present', [
      `${schema}.lease`,
    ]);
    if (found.rows[0]?.present !== true) return false;
    const lease = await client.query<{ renewed_at: string }>(
      `select renewed_at::text from ${schema}.lease where expires_at < clock_timestamp()`,
    );
    const renewedAt = lease.rows[0]?.renewed_at;
    if (renewedAt === undefined || renewedAt !== this.#renewedAt) {
      this.#renewedAt = renewedAt;
      this.#since = performance.now();
      return false;
    }
    return performance.now() - this.#since >= expiredForMs;
  }
}

async function holder(
  client: pg.Client,
  name: string,
): Promise<{ readonly words: string; readonly pid?: number }> {
  const result = await client.query<{ name: string | null; address: string | null; pid: number }>(
    `select a.application_name as name, host(a.client_addr) as address, a.pid
     from pg_locks l join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.classid = $1::bigint::oid
       and l.objid = (hashtext($2)::bigint & 4294967295)::oid and l.objsubid = 2
       and l.database = (select oid from pg_database where datname = current_database())`,
    [lockSpace, name],
  );
  const row = result.rows[0];
  if (row === undefined) return { words: 'another process' };
  return {
    pid: row.pid,
    words: `${row.name || 'another process'} (server process ${row.pid}, from ${row.address ?? 'this machine'})`,
  };
}
