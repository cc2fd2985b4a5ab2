// One recorder per folder: a file with the process id that goes away with the recorder, or is taken over from a dead one.
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { TapeError } from './tape-error.ts';

const claimName = '.ato-record.pid';

/** Claims the folder; returns the function that gives it back. Throws TapeError while another process records there. */
export function claimFolder(folder: string): () => void {
  const file = path.join(folder, claimName);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      const handle = openSync(file, 'wx');
      writeSync(handle, String(process.pid));
      closeSync(handle);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = Number(readFileSync(file, 'utf8'));
      if (holder !== process.pid && isAlive(holder))
        throw new TapeError(
          `${folder}: process ${holder} records here already; stop it, choose another folder, or delete ${file} if that process is something else`,
        );
      rmSync(file, { force: true });
    }
  }
  throw new TapeError(`${folder}: another recorder started here at the same moment; choose another folder`);
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
