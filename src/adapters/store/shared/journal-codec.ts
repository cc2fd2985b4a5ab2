// Journal entries of one commit as one compressed block, and back. Reading recomputes every hash of the chain:
// a block that does not reproduce its recorded hash is reported, never handed out.
import { promisify } from 'node:util';
import { zstdCompress, zstdCompressSync, zstdDecompress } from 'node:zlib';
import { JournalCorruptError, nextChainHash } from '../../../shared/db/journal-chain.ts';
import type { JournalEntry } from '../../../shared/ports/store.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Below this a trip to the thread pool costs more than the compression, which takes about a millisecond at most. */
const smallBlockBytes = 256 * 1_024;

export interface JournalBlock {
  readonly sequenceFrom: number;
  readonly sequenceTo: number;
  readonly previousHash: string;
  readonly hash: string;
  /** Base64 of the zstd frame. */
  readonly entries: string;
}

/** Base64 of the compressed entries; off the event loop when they are large. */
export async function packEntries(entries: readonly JournalEntry[]): Promise<string> {
  const header = entries.map((entry) => `${entry.at}:${entry.line.length}`).join(',');
  const bytes = Buffer.from(`${header}\n${entries.map((entry) => entry.line).join('')}`);
  const packed = bytes.length < smallBlockBytes ? zstdCompressSync(bytes) : await compress(bytes);
  return packed.toString('base64');
}

/** Entries of a block, each with its recomputed hash. Throws JournalCorruptError. */
export async function unpackEntries(block: JournalBlock): Promise<JournalEntry[]> {
  const text = await unpackText(block);
  const headerEnd = text.indexOf('\n');
  const entries: JournalEntry[] = [];
  let offset = headerEnd + 1;
  let previousHash = block.previousHash;
  for (const item of text.slice(0, Math.max(0, headerEnd)).split(',')) {
    const [at, length] = item.split(':').map(Number);
    if (at === undefined || length === undefined) throw corrupt(block, 'is not in the known format');
    const line = text.slice(offset, offset + length);
    offset += length;
    previousHash = nextChainHash(previousHash, line);
    entries.push({ sequence: block.sequenceFrom + entries.length, at, line, hash: previousHash });
  }
  if (block.sequenceFrom + entries.length - 1 !== block.sequenceTo || previousHash !== block.hash)
    throw corrupt(block, 'does not reproduce its recorded hash');
  return entries;
}

async function unpackText(block: JournalBlock): Promise<string> {
  try {
    return (await decompress(Buffer.from(block.entries, 'base64'))).toString('utf8');
  } catch (error) {
    throw corrupt(block, `cannot be unpacked (${error instanceof Error ? error.message : String(error)})`);
  }
}

function corrupt(block: JournalBlock, what: string): JournalCorruptError {
  return new JournalCorruptError(`journal block ${block.sequenceFrom}..${block.sequenceTo} ${what}`);
}
