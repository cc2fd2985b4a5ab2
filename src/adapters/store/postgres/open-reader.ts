// Read-only opening of a server's schema for the command line, also while the orchestrator runs. Takes no lock.
import { checkMigrations, readMigrations } from '../../../shared/db/migrations.ts';
import { SqlError } from '../../../shared/db/sql-driver.ts';
import { type ReadOnlyStore, StoreOpenError } from '../../../shared/ports/store.ts';
import { SqlReader } from '../shared/sql-reader.ts';
import { openFailure } from './open-failure.ts';
import { PostgresDriver } from './postgres-driver.ts';
import { defaultSchema, postgresTarget } from './postgres-store.ts';

/** Throws StoreOpenError when the server, the schema or the expected migrations are not there. */
export async function openPostgresReader(options: {
  readonly url: string;
  readonly schema?: string;
}): Promise<ReadOnlyStore> {
  const target = postgresTarget(options.url, options.schema ?? defaultSchema);
  const driver = new PostgresDriver(target, undefined);
  try {
    const migrations = await readMigrations();
    if ((await checkMigrations(driver, migrations)) < migrations.length)
      throw new StoreOpenError(
        `The schema ${target.schema} was written by an older version of this program. Fix: start the orchestrator once, which migrates it.`,
      );
    return new SqlReader(() => driver);
  } catch (error) {
    await driver.close();
    if (error instanceof SqlError && error.code === '42P01')
      throw new StoreOpenError(
        `There is no orchestrator in the schema ${target.schema}. Fix: start it once, or correct DATABASE_SCHEMA.`,
      );
    throw openFailure(error, target);
  }
}
