// Makes of a sound backup one that a later version of the program would have written, with a right checksum.
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';

export function makeNewer(backup: Buffer): Buffer {
  const lines = gunzipSync(backup).toString().split('\n').slice(0, -2);
  const header = JSON.parse(lines[0] ?? '{}') as { migrations: { version: number }[] };
  const next = { version: header.migrations.length + 1, name: 'of_tomorrow', checksum: 'abc' };
  const body = [JSON.stringify({ ...header, migrations: [...header.migrations, next] }), ...lines.slice(1)];
  const text = `${body.join('\n')}\n`;
  const sha256 = createHash('sha256').update(text).digest('hex');
  return gzipSync(`${text}${JSON.stringify({ end: true, rows: body.length - 1, sha256 })}\n`);
}
