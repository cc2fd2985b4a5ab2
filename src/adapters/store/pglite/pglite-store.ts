// The embedded store: PGlite in a worker thread, one process per data folder.
// Survives kill -9; PGlite does not fsync on Node, so a power loss can lose the last seconds.
import { type CollectionName, collectionNames } from '../../../shared/bus/collections.ts';
import { migrate, readMigrations } from '../../../shared/db/migrations.ts';
import { quotedIdentifier, type SqlDriver } from '../../../shared/db/sql-driver.ts';
import { defaultJournalKeepDays, SqlStore } from '../shared/sql-store.ts';
import { damageFix, makeDataFolder, prepareCluster } from './cluster-folder.ts';
import { openDriver, schema, underLock, withDriver } from './open-database.ts';

export interface PgliteStoreOptions {
  /** The data folder (DATA_DIR); the database lives in `pglite` below it. */
  readonly folder: string;
  /** Days of journal to keep; 0 keeps all. Default 30. */
  readonly retentionDays?: number;
}

const tables: readonly (CollectionName | 'journal' | 'journal_base' | 'effects' | 'paper_venue')[] = [
  ...collectionNames,
  'journal',
  'journal_base',
  'effects',
  'paper_venue',
];

/** Without autovacuum, dead rows and WAL stay until somebody asks. Table by table, so that commits get between. */
const upkeep = [...tables.map((table) => `vacuum (analyze) ${table}`), 'checkpoint'];

export class PgliteStore extends SqlStore {
  constructor(options: PgliteStoreOptions) {
    super({
      openDriver: () => openForWriting(options.folder),
      journalKeepDays: options.retentionDays ?? defaultJournalKeepDays,
      damageFix: damageFix(options.folder),
      upkeep,
    });
  }
}

async function openForWriting(folder: string): Promise<SqlDriver> {
  await makeDataFolder(folder);
  return underLock(folder, async () => {
    await prepareCluster(folder);
    const driver = await openDriver(folder);
    return withDriver(folder, driver, async () => {
      await driver.script(`create schema if not exists ${quotedIdentifier(schema)}`);
      await driver.query({ text: `set search_path to ${quotedIdentifier(schema)}` });
      await migrate(driver, await readMigrations());
    });
  });
}
