// The session advisory lock that makes this process the only writer of a schema, on the connection that writes.
// It goes when the connection goes, so a killed process frees it by itself.
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { StoreOpenError } from '../../../shared/ports/store.ts';

/** First half of the lock's number: tells our locks from those of other programs in the database. */
const lockSpace = 0x61746f31;
const retryMs = 100;

/**
 * Takes the lock, waiting a little for the connection of a process that was just killed.
 * Throws StoreOpenError naming the holder.
 */
export async function takeWriterLock(client: pg.Client, schema: string, waitMs: number): Promise<void> {
  const begun = performance.now();
  for (;;) {
    const result = await client.query<{ taken: boolean }>(
      'select pg_try_advisory_lock($1, hashtext($2)) as taken',
      [lockSpace, schema],
    );
    if (result.rows[0]?.taken === true) return;
    if (performance.now() - begun >= waitMs) break;
    await delay(retryMs);
  }
  throw new StoreOpenError(
    `The schema ${schema} of this database is in use by ${await holder(client, schema)}. Fix: stop that process, or give this one another DATABASE_SCHEMA. Nothing was changed.`,
  );
}

async function holder(client: pg.Client, schema: string): Promise<string> {
  const result = await client.query<{ name: string | null; address: string | null; pid: number }>(
    `select a.application_name as name, host(a.client_addr) as address, a.pid
     from pg_locks l join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.classid = $1::bigint::oid
       and l.objid = (hashtext($2)::bigint & 4294967295)::oid and l.objsubid = 2
       and l.database = (select oid from pg_database where datname = current_database())`,
    [lockSpace, schema],
  );
  const row = result.rows[0];
  if (row === undefined) return 'another process';
  return `${row.name || 'another process'} (server process ${row.pid}, from ${row.address ?? 'this machine'})`;
}
