// Opening the embedded database under the folder's lock, shared by the store and the read-only opening.
import type { SqlDriver } from '../../../shared/db/sql-driver.ts';
import { StoreOpenError } from '../../../shared/ports/store.ts';
import { clusterFolder, damageFix } from './cluster-folder.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import { openCluster, type PgliteDriver } from './pglite-driver.ts';

/** The same name as on a server, so that queries can be carried over. */
export const schema = 'ai_trading';

/** Opens an existing cluster; the caller holds the folder's lock. Throws StoreOpenError. */
export async function openDriver(folder: string): Promise<PgliteDriver> {
  try {
    return await openCluster(clusterFolder(folder));
  } catch (error) {
    throw damaged(folder, error);
  }
}

function damaged(folder: string, error: unknown): StoreOpenError {
  const detail = error instanceof Error ? error.message : String(error);
  return new StoreOpenError(
    `The database in ${clusterFolder(folder)} cannot be opened, it is probably damaged: ${detail}. ${damageFix(folder)}`,
  );
}

/** Prepares an open driver, or closes it again. Throws StoreOpenError. */
export async function withDriver(
  folder: string,
  driver: PgliteDriver,
  prepare: () => Promise<void>,
): Promise<SqlDriver> {
  try {
    await prepare();
    return driver;
  } catch (error) {
    if (error instanceof StoreOpenError) {
      await driver.close();
      throw error;
    }
    // No orderly end: it would write a checkpoint into files that a person may still want to rescue.
    await driver.abandon();
    throw damaged(folder, error);
  }
}

/** Takes the lock, opens, and lets go of the lock when the driver closes or the opening fails. */
export async function underLock(folder: string, open: () => Promise<SqlDriver>): Promise<SqlDriver> {
  const lock: FolderLock = await lockFolder(folder);
  let driver: SqlDriver;
  try {
    driver = await open();
  } catch (error) {
    await lock.release();
    throw error;
  }
  return {
    kind: driver.kind,
    query: (statement) => driver.query(statement),
    transaction: (statements) => driver.transaction(statements),
    snapshot: (statements) => driver.snapshot(statements),
    script: (text) => driver.script(text),
    close: async () => {
      await driver.close();
      await lock.release();
    },
  };
}
