// Hashes of every file below a folder, to prove that nothing was overwritten.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What an opening of the embedded database touches without changing any data: see the store's own tests. */
const startupFiles = /postmaster\.pid|pg_control|pg_internal\.init|pg_wal/;

/** Relative name to sha256. With `dataOnly` the files that any opening of a database touches are left out. */
export function folderContents(folder: string, dataOnly = false): Readonly<Record<string, string>> {
  const hashes: Record<string, string> = {};
  if (!existsSync(folder)) return hashes;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (!entry.isFile() || (dataOnly && startupFiles.test(file))) continue;
    hashes[path.relative(folder, file)] = createHash('sha256').update(readFileSync(file)).digest('hex');
  }
  return hashes;
}
