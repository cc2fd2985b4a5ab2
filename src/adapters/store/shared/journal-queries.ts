// Reads the journal in order and in bounded pages, checking that blocks follow one another without a gap.
import { JournalCorruptError, type JournalTip } from '../../../shared/db/journal-chain.ts';
import { journalChunkEntries } from '../../../shared/db/row-rules.ts';
import type { SqlDriver, SqlRow } from '../../../shared/db/sql-driver.ts';
import type { JournalEntry } from '../../../shared/ports/store.ts';
import { type JournalBlock, unpackEntries } from './journal-codec.ts';

const blockColumns =
  "sequence_from::text, sequence_to::text, previous_hash, hash, encode(entries, 'base64') as entries";

/** Thrown when entries are asked for that retention has removed. */
class JournalPrunedError extends Error {
  override readonly name = 'JournalPrunedError';
}

/** Blocks that hold the next entries after a sequence, in order; about one chunk of entries. */
export async function readBlocks(
  driver: SqlDriver,
  afterSequence: number,
  upTo: number,
): Promise<JournalBlock[]> {
  const rows = await driver.query({
    text: `select ${blockColumns} from journal where sequence_to > $1 and sequence_from <= $2 and sequence_to <= $3 order by journal.sequence_to`,
    values: [afterSequence, afterSequence + journalChunkEntries, upTo],
  });
  return rows.map(blockFromRow);
}

function blockFromRow(row: SqlRow): JournalBlock {
  return {
    sequenceFrom: Number(row.sequence_from),
    sequenceTo: Number(row.sequence_to),
    previousHash: String(row.previous_hash),
    hash: String(row.hash),
    entries: String(row.entries),
  };
}

/** Where the retained journal begins: the entry before its first one. */
export async function journalBaseTip(driver: SqlDriver): Promise<JournalTip> {
  const [row] = await driver.query({ text: 'select base_sequence::text, base_hash from store_state' });
  return { sequence: Number(row?.base_sequence ?? 0), hash: String(row?.base_hash ?? '') };
}

/**
 * Entries after a sequence, in chunks. Throws JournalPrunedError when they are no longer kept and
 * JournalCorruptError when stored blocks do not chain.
 */
export async function* readJournal(
  driver: SqlDriver,
  afterSequence: number,
): AsyncGenerator<readonly JournalEntry[]> {
  const base = await journalBaseTip(driver);
  if (afterSequence < base.sequence)
    throw new JournalPrunedError(
      `journal entries up to ${base.sequence} are no longer kept; read after ${base.sequence}, from the state that journalBase() gives`,
    );
  let last = afterSequence;
  let expected: JournalTip | undefined = afterSequence === base.sequence ? base : undefined;
  for (;;) {
    const blocks = await readBlocks(driver, last, Number.MAX_SAFE_INTEGER);
    if (blocks.length === 0) return;
    for (const block of blocks) {
      if (expected !== undefined) assertFollows(block, expected);
      const entries = (await unpackEntries(block)).filter((entry) => entry.sequence > last);
      for (let index = 0; index < entries.length; index += journalChunkEntries)
        yield entries.slice(index, index + journalChunkEntries);
      last = block.sequenceTo;
      expected = { sequence: block.sequenceTo, hash: block.hash };
    }
  }
}

export function assertFollows(block: JournalBlock, tip: JournalTip): void {
  if (block.sequenceFrom !== tip.sequence + 1)
    throw new JournalCorruptError(
      `journal entries ${tip.sequence + 1}..${block.sequenceFrom - 1} are missing`,
    );
  if (block.previousHash !== tip.hash)
    throw new JournalCorruptError(
      `journal block ${block.sequenceFrom}..${block.sequenceTo} does not follow the hash of entry ${tip.sequence}`,
    );
}
