// Gives disk space back: rotated log files but the newest, and reports beyond their retention. It must never remove the
// database, a recording, or the file that is being written.
import { readdir, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { dayMs } from '../../shared/domain/time.ts';

const reportRetentionDays = 30;
const maxFiles = 10_000;

interface OldFile {
  readonly file: string;
  readonly bytes: number;
  readonly at: number;
}

/** Says what was removed and how much that gave back. */
export async function pruneDisk(
  { logs, reports }: { readonly logs: string; readonly reports: string },
  now: number,
): Promise<string> {
  const rotated = (await filesOf(logs, /^orchestrator.*\.log$/))
    .sort((left, right) => right.at - left.at)
    .slice(1);
  const expired = (await filesOf(reports, /\.(json|md)$/)).filter(
    ({ at }) => now - at > reportRetentionDays * dayMs,
  );
  let freed = 0;
  let removed = 0;
  for (const { file, bytes } of [...rotated, ...expired]) {
    // Rotation may have been quicker.
    await unlink(file).then(
      () => {
        freed += bytes;
        removed++;
      },
      () => undefined,
    );
  }
  return `removed ${removed} old file(s), ${Math.round(freed / 1e6)} MB; journal pruned by its retention`;
}

async function filesOf(folder: string, name: RegExp): Promise<OldFile[]> {
  const names = await readdir(folder).catch(() => []);
  const found: OldFile[] = [];
  for (const one of names.filter((candidate) => name.test(candidate)).slice(0, maxFiles)) {
    const file = path.join(folder, one);
    const facts = await stat(file).catch(() => undefined);
    if (facts?.isFile() === true) found.push({ file, bytes: facts.size, at: facts.mtimeMs });
  }
  return found;
}
