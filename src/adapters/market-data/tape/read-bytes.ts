// Reads one recording, gzip'd or plain. What can be read of a damaged file is returned with what is wrong.
// It must never read what is no regular file, nor hold more than the named limit of what a file unpacks to.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { TapeError } from './tape-error.ts';

/** Uncompressed size of one file, against compression bombs; ten years of minutes are a tenth of it. */
const maxFileBytes = 268_435_456;

export const notRegular = 'it is no regular file, so it is not read';

export interface RecordingBytes {
  readonly bytes: Buffer;
  /** Why the end of the file is missing, undefined when it is whole. */
  readonly damage: string | undefined;
}

/** False for folders, devices, pipes and what does not exist; a link is what it leads to. */
export async function isRegularFile(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  return info?.isFile() === true;
}

/**
 * Throws the file system's own error when the file cannot be opened at all, and TapeError when it is no regular file.
 * A file that is too large is damaged from its beginning: nothing of it is kept.
 */
export async function readRecordingBytes(path: string): Promise<RecordingBytes> {
  const info = await stat(path);
  if (!info.isFile()) throw new TapeError(`${path}: ${notRegular}`);
  if (info.size > maxFileBytes) return tooLarge();
  const { packed, bytes, damage, over } = await collect(path);
  if (over) return tooLarge();
  // The last line may be cut in the middle of a number that would still look like one: that of a damaged file, and
  // that of a recording that still grows. A .gz without gzip's magic number is plain text with a wrong name.
  const whole = damage === undefined && (packed || !path.endsWith('.part'));
  return { bytes: whole ? bytes : bytes.subarray(0, bytes.lastIndexOf(10) + 1), damage };
}

function tooLarge(): RecordingBytes {
  const damage = `it unpacks to more than ${maxFileBytes / 1_048_576} MiB, and nothing of it is read; split it`;
  return { bytes: Buffer.alloc(0), damage };
}

interface Collected {
  readonly packed: boolean;
  readonly bytes: Buffer;
  readonly damage: string | undefined;
  readonly over: boolean;
}

/** Streams the file, so that a bomb is dropped when the limit is reached and not after it was unpacked. */
function collect(path: string): Promise<Collected> {
  const chunks: Buffer[] = [];
  let size = 0;
  let unpacking: Transform | undefined;
  const file = createReadStream(path);
  return new Promise((resolve, reject) => {
    const finish = (damage: string | undefined, over = false) => {
      file.destroy();
      unpacking?.destroy();
      const bytes = over ? Buffer.alloc(0) : Buffer.concat(chunks);
      chunks.length = 0;
      resolve({ packed: unpacking !== undefined, bytes, damage, over });
    };
    const take = (chunk: string | Buffer) => {
      if (typeof chunk === 'string') return;
      size += chunk.length;
      if (size > maxFileBytes) finish(undefined, true);
      else chunks.push(chunk);
    };
    file.once('error', reject);
    file.once('readable', () => {
      const head = file.read();
      if (!(head instanceof Buffer)) {
        finish(undefined);
        return;
      }
      if (!(head[0] === 0x1f && head[1] === 0x8b)) {
        take(head);
        file.on('data', take);
        file.once('end', () => finish(undefined));
        return;
      }
      unpacking = createGunzip();
      // Events, not an async iterator: an iterator drops what was unpacked but not yet read when the error comes.
      unpacking.on('data', take);
      unpacking.once('end', () => finish(undefined));
      unpacking.once('error', (error) => finish(error.message));
      file.unshift(head);
      file.pipe(unpacking);
    });
  });
}
