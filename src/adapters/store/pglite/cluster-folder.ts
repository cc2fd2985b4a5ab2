// The embedded database's folder before the database sees it: made whole or not at all, checked before opening.
// It must never write into a folder that it did not make or cannot recognise.
import { randomUUID } from 'node:crypto';
import { access, constants, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { StoreOpenError } from '../../../shared/ports/store.ts';
import { createCluster } from './create-cluster.ts';

/** PostgreSQL major version inside the embedded database. */
const embeddedMajor = '18';
const controlFileBytes = 8_192;
export const draftPrefix = 'pglite.new.';
/** A whole database out of a backup that waits to take the place of the present one ... */
export const restoredPrefix = 'pglite.restored.';
/** ... and the present one on its way out. */
export const replacedPrefix = 'pglite.replaced.';

export function clusterFolder(dataFolder: string): string {
  return path.join(dataFolder, 'pglite');
}

export function damageFix(dataFolder: string): string {
  return `Fix: restore a backup of ${clusterFolder(dataFolder)}, or move that folder away to start empty. Nothing was overwritten.`;
}

/** Makes the data folder. Throws StoreOpenError when that is not possible or nothing can be written in it. */
export async function makeDataFolder(dataFolder: string): Promise<void> {
  try {
    await mkdir(dataFolder, { recursive: true });
    await access(dataFolder, constants.W_OK);
  } catch (error) {
    throw new StoreOpenError(
      `The data folder ${dataFolder} cannot be made or written: ${error instanceof Error ? error.message : String(error)}. Fix: set DATA_DIR to a folder that this user may write.`,
    );
  }
}

/**
 * Makes the cluster when there is none, under another name that becomes the real one only when it is complete,
 * and checks an existing one. The caller holds the folder's lock. Throws StoreOpenError when it is damaged.
 */
export async function prepareCluster(dataFolder: string): Promise<void> {
  const folder = clusterFolder(dataFolder);
  await tidyFolder(dataFolder);
  if (await isAbsentOrEmpty(folder)) {
    const draft = path.join(dataFolder, `${draftPrefix}${randomUUID()}`);
    await createCluster(draft);
    await rename(draft, folder);
  }
  await assertRecognised(dataFolder);
}

/**
 * Finishes or forgets what was cut off: a restored database whose predecessor was moved away takes its place; every other
 * leftover goes. The caller holds the folder's lock.
 */
export async function tidyFolder(dataFolder: string): Promise<void> {
  const folder = clusterFolder(dataFolder);
  for (const name of (await readdir(dataFolder)).sort()) {
    const left = path.join(dataFolder, name);
    if (name.startsWith(restoredPrefix) && (await isAbsentOrEmpty(folder))) {
      await rm(folder, { recursive: true, force: true });
      await rename(left, folder);
    } else if ([draftPrefix, restoredPrefix].some((prefix) => name.startsWith(prefix)))
      await rm(left, { recursive: true });
  }
  // What was replaced goes last, and only once something stands in its place.
  if (await isAbsentOrEmpty(folder)) return;
  for (const name of await readdir(dataFolder))
    if (name.startsWith(replacedPrefix)) await rm(path.join(dataFolder, name), { recursive: true });
}

/** Whether there is a database in the data folder. */
export async function holdsCluster(dataFolder: string): Promise<boolean> {
  return !(await isAbsentOrEmpty(clusterFolder(dataFolder)));
}

/** Throws StoreOpenError unless the folder looks like a cluster of the embedded version. Changes nothing. */
export async function assertRecognised(dataFolder: string): Promise<void> {
  const folder = clusterFolder(dataFolder);
  if (await isAbsentOrEmpty(folder))
    throw new StoreOpenError(
      `There is no database in ${dataFolder}. Fix: name the DATA_DIR of an orchestrator that has run, or start one.`,
    );
  const version = await readFile(path.join(folder, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version === undefined)
    throw new StoreOpenError(
      `${folder} is not a complete database: PG_VERSION is missing. ${damageFix(dataFolder)}`,
    );
  if (version.trim() !== embeddedMajor && /^\d+$/.test(version.trim()))
    throw new StoreOpenError(
      `${folder} was written by an embedded PostgreSQL ${version.trim()}, this program carries ${embeddedMajor}. Fix: run the program version that wrote it, or move that folder away to start empty. Nothing was overwritten.`,
    );
  const control = await stat(path.join(folder, 'global', 'pg_control')).catch(() => undefined);
  if (version.trim() !== embeddedMajor || control?.size !== controlFileBytes)
    throw new StoreOpenError(
      `${folder} is damaged: its control files are not intact. ${damageFix(dataFolder)}`,
    );
}

async function isAbsentOrEmpty(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new StoreOpenError(
      `${folder} cannot be read: ${error.message}. Fix: make it a folder that this user may read and write.`,
    );
  });
  return names.length === 0;
}
