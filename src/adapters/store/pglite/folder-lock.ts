// One process per data folder. Each contender writes a claim file of its own, then looks at the others':
// whoever sees a living claim steps back, so there is no moment in which two processes both hold the folder.
// A claim is never taken from a living process; the claim of a dead one is removed.
import { randomUUID } from 'node:crypto';
import {
  access,
  constants,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { StoreOpenError } from '../../../shared/ports/store.ts';

const claimPrefix = 'pglite.lock.';
const maxAttempts = 40;
const retryDelayMs = 50;
/** A holder that cannot be seen from here (another container on the same folder) shows life by this beat. */
const heartbeatMs = 5_000;
const heartbeatStaleMs = 30_000;

const claimSchema = z.object({
  pid: z.number().int(),
  /** Start of the process in clock ticks since boot, from /proc; tells a reused pid apart. */
  process_start: z.string().nullable(),
  boot_id: z.string().nullable(),
  pid_namespace: z.string().nullable(),
  host: z.string(),
  held: z.boolean(),
});
type Claim = z.infer<typeof claimSchema>;

export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Takes the folder for this process. Throws StoreOpenError naming the holder's pid when a living process has it.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const file = path.join(folder, `${claimPrefix}${process.pid}.${randomUUID().slice(0, 8)}`);
  const claim = await ownClaim();
  await assertWritable(folder);
  for (let attempt = 1; ; attempt++) {
    await writeClaim(file, claim);
    const rival = await livingRival(folder, path.basename(file), claim);
    if (rival === undefined) break;
    await rm(file, { force: true });
    if (rival.held || attempt >= maxAttempts) throw inUse(folder, rival);
    await delay(retryDelayMs * (1 + Math.random()));
  }
  await writeClaim(file, { ...claim, held: true });
  const beat = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => undefined);
  }, heartbeatMs);
  beat.unref();
  return {
    release: async () => {
      clearInterval(beat);
      await rm(file, { force: true });
    },
  };
}

async function assertWritable(folder: string): Promise<void> {
  try {
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new StoreOpenError(
      `The data folder ${folder} cannot be written: ${error instanceof Error ? error.message : String(error)}. Fix: run as the user that owns it, or give this user the right to write there; reading needs the folder's lock too.`,
    );
  }
}

function inUse(folder: string, rival: Claim): StoreOpenError {
  return new StoreOpenError(
    `The data folder ${folder} is in use by process ${rival.pid} on ${rival.host}. Fix: stop that process first. Only to start a second orchestrator beside it: give this one another DATA_DIR. Nothing was changed.`,
  );
}

/** Written beside and renamed, so that nobody ever reads half a claim. */
async function writeClaim(file: string, claim: Claim): Promise<void> {
  const draft = `${path.dirname(file)}/.${path.basename(file)}`;
  try {
    await writeFile(draft, JSON.stringify(claim));
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw new StoreOpenError(
      `The lock of the data folder ${path.dirname(file)} cannot be written: ${error instanceof Error ? error.message : String(error)}. Fix: free space on that disk, or set DATA_DIR to a folder on another one.`,
    );
  }
}

/** A living claim of somebody else, held ones first. Claims of dead processes are removed on the way. */
async function livingRival(folder: string, ownName: string, own: Claim): Promise<Claim | undefined> {
  let found: Claim | undefined;
  for (const name of (await readdir(folder)).sort()) {
    if (!name.startsWith(claimPrefix) || name === ownName) continue;
    const file = path.join(folder, name);
    const claim = await readClaim(file);
    if (claim === undefined) continue;
    if (!(await isAlive(claim, own, file))) await rm(file, { force: true });
    else if (found === undefined || claim.held) found = claim;
  }
  return found;
}

async function readClaim(file: string): Promise<Claim | undefined> {
  try {
    return claimSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new StoreOpenError(
      `The lock file ${file} cannot be read. Fix: make sure no other process uses this folder, then delete that file.`,
    );
  }
}

async function isAlive(claim: Claim, own: Claim, file: string): Promise<boolean> {
  if (claim.host === own.host && claim.boot_id !== own.boot_id) return false;
  const seesItsPids = claim.boot_id === own.boot_id && claim.pid_namespace === own.pid_namespace;
  if (!seesItsPids || (own.boot_id === null && claim.host !== own.host)) {
    const beat = await stat(file).catch(() => undefined);
    return beat !== undefined && Date.now() - beat.mtimeMs < heartbeatStaleMs;
  }
  if (!pidExists(claim.pid)) return false;
  const start = await processStart(claim.pid);
  return start === null || claim.process_start === null || start === claim.process_start;
}

function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

async function ownClaim(): Promise<Claim> {
  return {
    pid: process.pid,
    process_start: await processStart(process.pid),
    boot_id: await readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
      (text) => text.trim(),
      () => null,
    ),
    pid_namespace: await readlink('/proc/self/ns/pid').catch(() => null),
    host: os.hostname(),
    held: false,
  };
}

/** Field 22 of /proc/<pid>/stat, counted after the name in parentheses, which may itself hold spaces. */
async function processStart(pid: number): Promise<string | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return null;
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}
