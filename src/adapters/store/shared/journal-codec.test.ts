// A block of the journal comes back exactly, and any tampering with it is noticed.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyChainHash, JournalCorruptError, nextChainHash } from '../../../shared/db/journal-chain.ts';
import type { JournalEntry } from '../../../shared/ports/store.ts';
import { type JournalBlock, packEntries, unpackEntries } from './journal-codec.ts';

async function blockOf(lines: readonly string[]): Promise<{ block: JournalBlock; entries: JournalEntry[] }> {
  const entries: JournalEntry[] = [];
  let hash = emptyChainHash;
  for (const line of lines) {
    hash = nextChainHash(hash, line);
    entries.push({ sequence: 7 + entries.length, at: 1_000 - entries.length, line, hash });
  }
  const block = { sequenceFrom: 7, sequenceTo: 6 + lines.length, previousHash: emptyChainHash, hash };
  return { block: { ...block, entries: await packEntries(entries) }, entries };
}

test('any lines come back with their times and hashes', async () => {
  const line = fc.string({ unit: 'grapheme', maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 30 }), async (lines) => {
      const { block, entries } = await blockOf(lines);
      expect(await unpackEntries(block)).toEqual(entries);
    }),
    { numRuns: 100 },
  );
});

test('altered, swapped, cut or unreadable blocks are refused', async () => {
  const { block } = await blockOf(['{"a":1}', '{"b":2}']);
  const altered = await blockOf(['{"a":1}', '{"b":3}']);
  const swapped = await blockOf(['{"b":2}', '{"a":1}']);
  const shorter = await blockOf(['{"a":1}']);
  const packs = [altered, swapped, shorter].map((other) => other.block.entries);
  for (const entries of [...packs, '', 'AAAA', block.entries.slice(0, 20)])
    await expect(unpackEntries({ ...block, entries })).rejects.toThrow(JournalCorruptError);
  await expect(unpackEntries({ ...block, previousHash: 'f'.repeat(64) })).rejects.toThrow(
    JournalCorruptError,
  );
});
