// Runs one of our own commands in a process of its own with low priority, and returns what it prints: heavy work never takes
// time from trading.
import { spawn } from 'node:child_process';
import os from 'node:os';

const maxOutputChars = 200_000;
const lowPriority = 10;

/** Rejects when it cannot be begun, is cancelled, or ends with another code than 0. */
export function outputOf(args: readonly string[], signal: AbortSignal, what: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(process.execPath, [...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout = (stdout + chunk.toString()).slice(0, maxOutputChars);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-maxOutputChars);
  });
  child.once('error', reject);
  child.once('close', (code) => {
    const said = stderr.trim().split('\n').at(-1) ?? '';
    if (code === 0) resolve(stdout);
    else reject(new Error(`${what} ended with ${code}: ${said.slice(0, 300)}`));
  });
  try {
    if (child.pid !== undefined) os.setPriority(child.pid, lowPriority);
  } catch {
    // Not allowed here: it then runs with ours.
  }
  return promise;
}
