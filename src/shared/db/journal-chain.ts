// The rules every store keeps when it appends to the journal: sequences without a gap, hashes chained.
// It must never repair anything: a broken chain means two writers or a lost commit, and that stops the writer.
import { hash } from 'node:crypto';
import type { JournalEntry } from '../ports/store.ts';

/** Where a journal ends: the next batch must continue exactly here. */
export interface JournalTip {
  readonly sequence: number;
  readonly hash: string;
}

/** Hash before the first entry; the same as the kernel's genesis hash. */
export const emptyChainHash = '0'.repeat(64);

/** sha256(previous hash, then the line), hex; the same function as the kernel's chain. */
export function nextChainHash(previousHash: string, line: string): string {
  return hash('sha256', previousHash + line, 'hex');
}

/** Thrown by commit() when a batch does not continue the stored journal; nothing was written. */
export class StoreConflictError extends Error {
  override readonly name = 'StoreConflictError';
}

/** Thrown while reading when stored journal text does not reproduce its recorded hash. */
export class JournalCorruptError extends Error {
  override readonly name = 'JournalCorruptError';
}

/**
 * Tip after the entries. Throws StoreConflictError unless sequences run on without a gap and the first entry's
 * hash follows from the tip. `every` checks each entry's hash, not only the first one's.
 */
export function continueChain(tip: JournalTip, entries: readonly JournalEntry[], every: boolean): JournalTip {
  let sequence = tip.sequence;
  let previousHash = tip.hash;
  let checked = false;
  for (const entry of entries) {
    if (entry.sequence !== sequence + 1)
      throw new StoreConflictError(
        `journal ends at ${sequence}, so entry ${sequence + 1} must follow, not ${entry.sequence}: another process wrote to this store, or a commit was lost`,
      );
    if ((every || !checked) && nextChainHash(previousHash, entry.line) !== entry.hash)
      throw new StoreConflictError(
        `hash of journal entry ${entry.sequence} does not continue the stored chain: another process wrote to this store, or a commit was lost`,
      );
    checked = true;
    sequence = entry.sequence;
    previousHash = entry.hash;
  }
  return { sequence, hash: previousHash };
}
