// The journal chain: one line of text per input with all that it caused, each hashed onto the one before.
import { hash } from 'node:crypto';
import type { AnyPut } from '../shared/bus/collections.ts';
import type { AnyEffect } from '../shared/bus/effects.ts';
import type { AnyMessage } from '../shared/bus/message.ts';
import type { JournalEntry } from '../shared/ports/store.ts';

/** Hash before the first entry. */
export const genesisHash = '0'.repeat(64);

export interface TurnRecord {
  readonly sequence: number;
  readonly input: AnyMessage;
  readonly emitted: readonly AnyMessage[];
  readonly effects: readonly AnyEffect[];
  readonly puts: readonly AnyPut[];
}

/** Parsed form of a journal line. */
export interface JournalLine {
  readonly n: number;
  readonly i: AnyMessage;
  readonly o?: readonly AnyMessage[];
  readonly e?: readonly AnyEffect[];
  readonly p?: readonly AnyPut[];
}

/** Canonical text of a turn; empty parts are left out so that a quiet tick stays short. */
export function journalLine(record: TurnRecord): string {
  const line: Record<string, unknown> = { n: record.sequence, i: record.input };
  if (record.emitted.length > 0) line.o = record.emitted;
  if (record.effects.length > 0) line.e = record.effects;
  if (record.puts.length > 0) line.p = record.puts;
  return JSON.stringify(line);
}

/** Adds a turn to the chain that ends in `previousHash`. */
export function journalEntry(record: TurnRecord, previousHash: string): JournalEntry {
  const line = journalLine(record);
  return { sequence: record.sequence, at: record.input.at, line, hash: chainHash(previousHash, line) };
}

/** sha256(previous hash, then the line), hex. */
export function chainHash(previousHash: string, line: string): string {
  return hash('sha256', previousHash + line, 'hex');
}
