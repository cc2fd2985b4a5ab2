// Read-only opening of the embedded database for the command line, while no process holds the folder.
import { checkMigrations, readMigrations } from '../../../shared/db/migrations.ts';
import { quotedIdentifier } from '../../../shared/db/sql-driver.ts';
import { type ReadOnlyStore, StoreOpenError } from '../../../shared/ports/store.ts';
import { SqlReader } from '../shared/sql-reader.ts';
import { assertRecognised } from './cluster-folder.ts';
import { openDriver, schema, underLock, withDriver } from './open-database.ts';

/**
 * Opens the embedded database for reading, while no other process holds it; it takes the same lock.
 * Throws StoreOpenError when the folder is in use, absent, damaged, or needs a migration.
 */
export async function openPgliteReader(options: { readonly folder: string }): Promise<ReadOnlyStore> {
  const { folder } = options;
  await assertRecognised(folder);
  const driver = await underLock(folder, async () => {
    const opened = await openDriver(folder);
    return withDriver(folder, opened, async () => {
      await opened.query({ text: `set search_path to ${quotedIdentifier(schema)}` });
      const migrations = await readMigrations();
      if ((await checkMigrations(opened, migrations)) < migrations.length)
        throw new StoreOpenError(
          `The database in ${folder} was written by an older version of this program. Fix: start the orchestrator once, which migrates it.`,
        );
      await opened.query({ text: 'set default_transaction_read_only to on' });
    });
  });
  return new SqlReader(() => driver);
}
