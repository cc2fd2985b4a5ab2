// The store on a PostgreSQL server, 15 or later: own schema, no superuser, one writer.
import os from 'node:os';
import type pg from 'pg';
import { migrate, readMigrations } from '../../../shared/db/migrations.ts';
import { quotedIdentifier, type SqlDriver } from '../../../shared/db/sql-driver.ts';
import { StoreOpenError } from '../../../shared/ports/store.ts';
import { defaultJournalKeepDays, SqlStore } from '../shared/sql-store.ts';
import { type AgentHome, assertAgentsAtHome } from './agent-home.ts';
import { Lease } from './lease.ts';
import { openFailure, shownUrl } from './open-failure.ts';
import { connect, PostgresDriver, type PostgresTarget } from './postgres-driver.ts';
import { StandbyEnded, takeWriterLock, type WriterLockOptions } from './writer-lock.ts';

export interface PostgresStoreOptions {
  /** postgres://user:password@host:port/database, optionally ?sslmode=require */
  readonly url: string;
  /** Default ai_trading. */
  readonly schema?: string;
  /** Days of journal to keep; 0 keeps all. Default 30. */
  readonly retentionDays?: number;
  /** How long to wait for the lock of a process that was just killed. Default 3,000. */
  readonly lockWaitMs?: number;
  /** What besides the schema only one process may have. */
  readonly exclusive?: NonNullable<WriterLockOptions['exclusive']>;
  /** Refuse agents that last lived in another schema of the installation; absent asks nobody. */
  readonly home?: AgentHome;
  /** Wait for another writer to end instead of refusing. */
  readonly standby?: NonNullable<WriterLockOptions['standby']>;
  /** Told when the lease cannot be renewed, or only slowly, and with undefined when all is well again. */
  readonly trouble?: (words: string | undefined) => void;
}

export const defaultSchema = 'ai_trading';
const defaultLockWaitMs = 3_000;
const oldestMajor = 15;

export class PostgresStore extends SqlStore {
  constructor(options: PostgresStoreOptions) {
    super({
      openDriver: () => openForWriting(options),
      journalKeepDays: options.retentionDays ?? defaultJournalKeepDays,
      damageFix: `Fix: restore a backup of the schema ${options.schema ?? defaultSchema}. Nothing was overwritten.`,
      upkeep: [],
    });
  }
}

/** Target of a connection. Throws StoreOpenError when the schema's name is not usable. */
export function postgresTarget(url: string, schema: string): PostgresTarget {
  try {
    quotedIdentifier(schema);
  } catch (error) {
    throw new StoreOpenError(
      `DATABASE_SCHEMA is not usable: ${error instanceof Error ? error.message : String(error)}. Fix: use a name such as ${defaultSchema}.`,
    );
  }
  return { url, schema, applicationName: `ato process ${process.pid} on ${os.hostname()}`.slice(0, 58) };
}

async function openForWriting(options: PostgresStoreOptions): Promise<SqlDriver> {
  const target = postgresTarget(options.url, options.schema ?? defaultSchema);
  let writer: pg.Client | undefined;
  let driver: PostgresDriver | undefined;
  try {
    writer = await connect(target);
    await assertServer(writer, target);
    await takeWriterLock(writer, {
      schema: target.schema,
      waitMs: options.lockWaitMs ?? defaultLockWaitMs,
      ...(options.exclusive === undefined ? {} : { exclusive: options.exclusive }),
      ...(options.standby === undefined ? {} : { standby: options.standby }),
    });
    // With the lock, so that nobody who still lives there is mistaken; before anything is made, so that nothing is left behind.
    if (options.home !== undefined) await assertAgentsAtHome(writer, target.schema, options.home);
    await makeSchema(writer, target);
    driver = new PostgresDriver(target, writer);
    await migrate(driver, await readMigrations());
    const trouble = options.trouble ?? (() => undefined);
    driver.hold(await Lease.take(writer, target.applicationName, () => connect(target), trouble));
    return driver;
  } catch (error) {
    await (driver?.close() ?? writer?.end())?.catch(() => undefined);
    if (options.standby?.signal.aborted === true) throw new StandbyEnded('stopped while standing by');
    throw openFailure(error, target);
  }
}

/** Throws StoreOpenError when the server is too old or the database cannot hold every text. */
async function assertServer(client: pg.Client, target: PostgresTarget): Promise<void> {
  const result = await client.query<{ version: string; encoding: string }>(
    "select current_setting('server_version_num') as version, current_setting('server_encoding') as encoding",
  );
  const version = Number(result.rows[0]?.version ?? 0);
  if (version < oldestMajor * 10_000)
    throw new StoreOpenError(
      `The server at ${shownUrl(target.url)} is PostgreSQL ${Math.floor(version / 10_000)}. Fix: use PostgreSQL ${oldestMajor} or later.`,
    );
  if (result.rows[0]?.encoding !== 'UTF8')
    throw new StoreOpenError(
      `The database at ${shownUrl(target.url)} has encoding ${result.rows[0]?.encoding}. Fix: create one with "create database ... encoding 'UTF8' template template0".`,
    );
}

async function makeSchema(client: pg.Client, target: PostgresTarget): Promise<void> {
  const found = await client.query<{ present: boolean }>(
    'select exists (select from pg_namespace where nspname = $1) as present',
    [target.schema],
  );
  if (found.rows[0]?.present === true) return;
  try {
    await client.query(`create schema ${quotedIdentifier(target.schema)}`);
  } catch (error) {
    if ((error as { readonly code?: string }).code !== '42501') throw error;
    const user = client.user ?? 'the user';
    throw new StoreOpenError(
      `${user} may not create the schema ${target.schema}. Fix: let the owner of the database run "create schema ${target.schema} authorization ${user}".`,
    );
  }
}
