// The journal chain: one line of text per input with all that it caused, each hashed onto the one before.
import { hash } from 'node:crypto';
import { type JournalledTurn, writeJournalLine } from '../shared/bus/journal-line.ts';
import type { JournalEntry } from '../shared/ports/store.ts';

/** Hash before the first entry. */
export const genesisHash = '0'.repeat(64);

export type TurnRecord = JournalledTurn;

/** Adds a turn to the chain that ends in `previousHash`. */
export function journalEntry(record: TurnRecord, previousHash: string): JournalEntry {
  const line = writeJournalLine(record);
  return { sequence: record.sequence, at: record.input.at, line, hash: chainHash(previousHash, line) };
}

/** sha256(previous hash, then the line), hex. */
export function chainHash(previousHash: string, line: string): string {
  return hash('sha256', previousHash + line, 'hex');
}
