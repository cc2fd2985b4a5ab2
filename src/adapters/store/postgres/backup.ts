// Backup and restore of a server's schema. A backup reads one snapshot beside the running orchestrator; a restore is one
// transaction under the writer's lock, so that a kill at any moment leaves either the old schema or the new one.
import type pg from 'pg';
import { BackupError, type BackupHeader, type BackupRow } from '../../../shared/db/backup-format.ts';
import { readMigrations } from '../../../shared/db/migrations.ts';
import { quotedIdentifier, type SqlRow, type SqlStatement } from '../../../shared/db/sql-driver.ts';
import type { DumpSource } from '../shared/dump.ts';
import { loadBackup } from '../shared/load-backup.ts';
import { openFailure } from './open-failure.ts';
import { connect, sqlError } from './postgres-driver.ts';
import { defaultSchema, postgresTarget } from './postgres-store.ts';
import { takeWriterLock } from './writer-lock.ts';

export interface PostgresBackupTarget {
  readonly url: string;
  readonly schema?: string;
}

const lockWaitMs = 3_000;

/** Runs `use` on one snapshot of the schema. Throws StoreOpenError when there is none. */
export async function withPostgresSnapshot<Result>(
  options: PostgresBackupTarget,
  use: (source: DumpSource) => Promise<Result>,
): Promise<Result> {
  const target = postgresTarget(options.url, options.schema ?? defaultSchema);
  let client: pg.Client | undefined;
  try {
    client = await connect(target);
    await client.query('begin isolation level repeatable read read only');
    const { schema } = target;
    const snapshot = client;
    return await use({ kind: 'postgres', schema, query: (statement) => ask(snapshot, statement) });
  } catch (error) {
    throw error instanceof BackupError ? error : openFailure(error, target);
  } finally {
    await client?.end().catch(() => undefined);
  }
}

/** Replaces the schema's tables by those of the backup, all or nothing. Throws BackupError or StoreOpenError. */
export async function restoreIntoPostgres(
  options: PostgresBackupTarget & { readonly force: boolean },
  header: BackupHeader,
  rows: AsyncIterable<BackupRow>,
): Promise<number> {
  const target = postgresTarget(options.url, options.schema ?? defaultSchema);
  let client: pg.Client | undefined;
  try {
    client = await connect(target);
    await takeWriterLock(client, { schema: target.schema, waitMs: lockWaitMs });
    const migrations = await readMigrations();
    await client.query('begin');
    await client
      .query(`create schema if not exists ${quotedIdentifier(target.schema)}`)
      .catch(async (error) => {
        // Without the right to make schemas one that exists already will do; it is looked for below.
        await client?.query('rollback; begin');
        if ((error as { readonly code?: string }).code !== '42501') throw error;
      });
    await clearSchema(client, target.schema, options.force);
    const open = client;
    const loaded = await loadBackup(
      {
        script: async (text) => void (await ask(open, { text })),
        query: (statement) => ask(open, statement),
      },
      header,
      rows,
      migrations,
    );
    await client.query('commit');
    return loaded;
  } catch (error) {
    throw error instanceof BackupError ? error : openFailure(error, target);
  } finally {
    // Without a commit the server forgets everything of this connection.
    await client?.end().catch(() => undefined);
  }
}

/** Empties the schema when it is ours and that is allowed. */
async function clearSchema(client: pg.Client, schema: string, force: boolean): Promise<void> {
  const tables = await ask(client, {
    text: `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = current_schema() and c.relkind in ('r', 'p', 'v', 'm')`,
  });
  if (tables.length === 0) return;
  if (!tables.some(({ name }) => name === 'schema_migrations'))
    throw new BackupError(
      `The schema ${schema} holds tables of another program. Fix: set another DATABASE_SCHEMA. Nothing was changed.`,
    );
  if (!force)
    throw new BackupError(
      `The schema ${schema} holds data already. Fix: add --force to replace them, or set another DATABASE_SCHEMA. Nothing was changed.`,
    );
  await client.query(`do $$ declare one record; begin
    for one in select c.oid::regclass as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = current_schema() and c.relkind = 'r' loop execute 'drop table if exists ' || one.name || ' cascade'; end loop;
    for one in select p.oid::regprocedure as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname = current_schema() loop execute 'drop routine if exists ' || one.name || ' cascade'; end loop;
  end $$`);
}

async function ask(client: pg.Client, { text, values }: SqlStatement): Promise<SqlRow[]> {
  try {
    const result = await client.query<SqlRow>(text, values === undefined ? undefined : [...values]);
    return result.rows ?? [];
  } catch (error) {
    throw sqlError(error);
  }
}
