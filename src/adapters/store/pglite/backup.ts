// Backup and restore of the embedded database, while no process holds its folder. A restore is made beside and moved into
// place when it is whole; a start finishes a move that was cut off (cluster-folder.ts).
import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { BackupError, type BackupHeader, type BackupRow } from '../../../shared/db/backup-format.ts';
import { readMigrations } from '../../../shared/db/migrations.ts';
import { quotedIdentifier } from '../../../shared/db/sql-driver.ts';
import type { DumpSource } from '../shared/dump.ts';
import { loadBackup } from '../shared/load-backup.ts';
import {
  assertRecognised,
  clusterFolder,
  draftPrefix,
  holdsCluster,
  makeDataFolder,
  replacedPrefix,
  restoredPrefix,
  tidyFolder,
} from './cluster-folder.ts';
import { createCluster } from './create-cluster.ts';
import { lockFolder } from './folder-lock.ts';
import { openDriver, schema, underLock } from './open-database.ts';
import { openCluster } from './pglite-driver.ts';

/** Runs `use` on the database in the folder, which nobody can change meanwhile. Throws StoreOpenError. */
export async function withPgliteSnapshot<Result>(
  folder: string,
  use: (source: DumpSource) => Promise<Result>,
): Promise<Result> {
  await assertRecognised(folder);
  const driver = await underLock(folder, () => openDriver(folder));
  try {
    await driver.query({ text: `set search_path to ${quotedIdentifier(schema)}` });
    await driver.query({ text: 'set default_transaction_read_only to on' });
    return await use({ kind: 'pglite', schema, query: (statement) => driver.query(statement) });
  } finally {
    await driver.close();
  }
}

/** Puts the backup's database into the data folder, all or nothing. Throws BackupError or StoreOpenError. */
export async function restoreIntoPglite(
  options: { readonly folder: string; readonly force: boolean },
  header: BackupHeader,
  rows: AsyncIterable<BackupRow>,
): Promise<number> {
  const { folder, force } = options;
  await makeDataFolder(folder);
  const lock = await lockFolder(folder);
  const draft = path.join(folder, `${draftPrefix}${randomUUID()}`);
  try {
    await tidyFolder(folder);
    if ((await holdsCluster(folder)) && !force)
      throw new BackupError(
        `The data folder ${folder} holds data already. Fix: add --force to replace them, or give another folder with --data. Nothing was changed.`,
      );
    await createCluster(draft);
    const loaded = await fill(draft, header, rows);
    await moveIntoPlace(folder, draft);
    return loaded;
  } finally {
    await rm(draft, { recursive: true, force: true });
    await lock.release();
  }
}

async function fill(draft: string, header: BackupHeader, rows: AsyncIterable<BackupRow>): Promise<number> {
  const driver = await openCluster(draft);
  try {
    await driver.script(`create schema if not exists ${quotedIdentifier(schema)}`);
    await driver.query({ text: `set search_path to ${quotedIdentifier(schema)}` });
    return await loadBackup(driver, header, rows, await readMigrations());
  } finally {
    await driver.close();
  }
}

/** Each step leaves a folder from which the next start, or the next restore, knows what was meant. */
async function moveIntoPlace(folder: string, draft: string): Promise<void> {
  const restored = path.join(folder, `${restoredPrefix}${randomUUID()}`);
  const replaced = path.join(folder, `${replacedPrefix}${randomUUID()}`);
  await rename(draft, restored);
  if (await holdsCluster(folder)) await rename(clusterFolder(folder), replaced);
  await rm(clusterFolder(folder), { recursive: true, force: true });
  await rename(restored, clusterFolder(folder));
  await rm(replaced, { recursive: true, force: true });
}
