// Makes a new, empty cluster in a process of its own, because making one takes more memory than running it
// and a thread would not give that memory back.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { memorySavingFlags } from './memory-saving-flags.ts';

const run = promisify(execFile);
const createTimeoutMs = 120_000;
const initFile = fileURLToPath(new URL('./init-process.ts', import.meta.url));

/** Rejects when the cluster could not be made; the folder may then be incomplete. */
export async function createCluster(folder: string): Promise<void> {
  await run(process.execPath, [...memorySavingFlags, initFile, folder], {
    timeout: createTimeoutMs,
    killSignal: 'SIGKILL',
    env: {},
  });
}
