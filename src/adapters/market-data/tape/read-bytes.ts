// Reads one recording, gzip'd or plain. What can be read of a damaged file is returned with what is wrong.
import { readFile } from 'node:fs/promises';
import { createGunzip, gunzipSync } from 'node:zlib';

/** Uncompressed size of one file; beyond it the rest is left out, against compression bombs. */
const maxFileBytes = 1_073_741_824;

export interface RecordingBytes {
  readonly bytes: Buffer;
  /** Why the end of the file is missing, undefined when it is whole. */
  readonly damage: string | undefined;
}

function readableGzipPart(raw: Buffer): Promise<RecordingBytes> {
  const chunks: Buffer[] = [];
  let size = 0;
  const gunzip = createGunzip();
  return new Promise((resolve) => {
    const finish = (damage: string | undefined) => {
      gunzip.destroy();
      const bytes = Buffer.concat(chunks);
      // The last line may be cut in the middle of a number that would still look like one.
      const end = damage === undefined ? bytes.length : bytes.lastIndexOf(10) + 1;
      resolve({ bytes: bytes.subarray(0, end), damage });
    };
    // Events, not an async iterator: an iterator drops what was decompressed but not yet read when the error comes.
    gunzip.on('data', (chunk: Buffer) => {
      if (size > maxFileBytes) return;
      chunks.push(chunk);
      size += chunk.length;
      if (size > maxFileBytes) finish(`larger than ${maxFileBytes} bytes uncompressed; split it`);
    });
    gunzip.on('end', () => finish(undefined));
    gunzip.on('error', (error) => finish(error.message));
    gunzip.end(raw);
  });
}

/** Throws the file system's own error when the file cannot be opened at all. */
export async function readRecordingBytes(path: string): Promise<RecordingBytes> {
  const raw = await readFile(path);
  if (!(raw[0] === 0x1f && raw[1] === 0x8b)) {
    // A .gz without gzip's magic number was damaged from its first byte, or is plain text with a wrong name.
    // The last line of a recording that still grows may be cut in the middle of a number.
    const end = path.endsWith('.part') ? raw.lastIndexOf(10) + 1 : raw.length;
    return { bytes: raw.subarray(0, end), damage: undefined };
  }
  try {
    return { bytes: gunzipSync(raw, { maxOutputLength: maxFileBytes }), damage: undefined };
  } catch {
    return await readableGzipPart(raw);
  }
}
