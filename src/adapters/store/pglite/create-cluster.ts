// Makes a new, empty cluster in a process of its own, because making one takes more memory than running it
// and a thread would not give that memory back.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { memorySavingFlags } from './memory-saving-flags.ts';

const createTimeoutMs = 120_000;
const initFile = fileURLToPath(new URL('./init-process.ts', import.meta.url));
/** How much of what the process said an error quotes. */
const keptErrorChars = 500;

/** Rejects when the cluster could not be made; the folder may then be incomplete. */
export async function createCluster(folder: string): Promise<void> {
  const child = spawn(process.execPath, [...memorySavingFlags, initFile, folder], {
    // A group of its own: Ctrl-C in the terminal is meant for the program, which finishes the start and then stops.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {},
    timeout: createTimeoutMs,
    killSignal: 'SIGKILL',
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-keptErrorChars);
  });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else
        reject(new Error(`a new database could not be made (ended with ${code ?? signal}): ${said.trim()}`));
    });
  });
}
