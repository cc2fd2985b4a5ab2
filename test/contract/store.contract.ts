// What every store promises, run against each of them. A subject makes stores on one lasting place.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chainHash, genesisHash } from '../../src/kernel/journal.ts';
import type { AnyPut } from '../../src/shared/bus/collections.ts';
import type { AnyEffect } from '../../src/shared/bus/effects.ts';
import { StoreConflictError } from '../../src/shared/db/journal-chain.ts';
import type { CommitBatch, JournalBaseReader, JournalEntry, Store } from '../../src/shared/ports/store.ts';

type TestedStore = Store & JournalBaseReader;

export interface StoreSubject {
  /** Not yet open. The same place each time, so that a second one finds what the first one left. */
  make(): TestedStore;
  /** False for a store that forgets when it is closed. */
  readonly durable: boolean;
  dispose(): Promise<void>;
}

const injectionTexts = [
  `'; drop table decisions; --`,
  '"quoted" \\ backslash \\" both',
  '{braces},NULL,NaN',
  '$1 %s `tick`',
  'a\u0000b NUL',
  'lone \ud800 surrogate and \udc00 other',
  'literal \\u0000 text and \\ud800 text',
  'emoji 🦊 عربى 中文 \u202e \ufffd \ufeff',
  'line\nbreak\r\ttab\u001b\u007f\u0085\u2028',
  '',
  ' ',
  'x'.repeat(5_000),
];

/** Builds entries that continue a chain, as the kernel does. */
export class ChainBuilder {
  sequence = 0;
  hash = genesisHash;

  entry(text = '', at = 1_700_000_000_000 + this.sequence): JournalEntry {
    const sequence = ++this.sequence;
    const line = JSON.stringify({ n: sequence, text });
    this.hash = chainHash(this.hash, line);
    return { sequence, at, line, hash: this.hash };
  }
}

export function batchOf(parts: Partial<CommitBatch>): CommitBatch {
  return { entries: [], puts: [], effects: [], settledEffectIds: [], ...parts };
}

function memory(key: string, value: unknown): AnyPut {
  return { collection: 'agent_memory', key, value: { agent: 'analyst_ai', value } };
}

function incident(key: string, open: boolean, summary = 'text'): AnyPut {
  const value = {
    id: key,
    cause: `cause-${key}`,
    severity: 'warning',
    summary,
    consequence: 'none',
    symptoms: 1,
    opened_at: 1_700_000_000_000,
    updated_at: 1_700_000_000_001,
    resolved_at: null,
    open,
  } as const;
  return { collection: 'incidents', key, value };
}

function refusal(key: string, symbol = 'BTCUSDT', limit: number | string = 5): AnyPut {
  const value = {
    id: key,
    signal_id: null,
    symbol,
    code: 'no_quote',
    limit,
    actual: 7.25,
    at: 1_700_000_000_000,
    correlation_id: 'c',
  } as const;
  return { collection: 'refusals', key, value };
}

function effect(id: string): AnyEffect {
  const data = { request_id: id, reason: `it's "needed" \u0000`, orders: [] };
  return {
    id,
    kind: 'broker.snapshot',
    agent: 'trading_ai',
    data,
    correlation_id: 'c',
    at: 1_700_000_000_000,
  };
}

async function journalOf(store: Store, after = 0): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  for await (const chunk of store.journal(after)) {
    expect(chunk.length).toBeLessThanOrEqual(1_000);
    entries.push(...chunk);
  }
  return entries;
}

export function storeContract(name: string, makeSubject: () => Promise<StoreSubject>): void {
  describe(`${name} keeps the store contract`, () => {
    let subject: StoreSubject;
    let store: TestedStore;
    let chain: ChainBuilder;

    beforeEach(async () => {
      subject = await makeSubject();
      store = subject.make();
      await store.open();
      chain = new ChainBuilder();
    });

    afterEach(async () => {
      await store.close();
      await subject.dispose();
    });

    async function reopen(): Promise<void> {
      if (!subject.durable) return;
      await store.close();
      store = subject.make();
      await store.open();
    }

    test('an empty store loads the beginning of the chain', async () => {
      const state = await store.load();
      expect(state).toMatchObject({ sequence: 0, hash: genesisHash, lastAt: 0, pendingEffects: [] });
      expect(Object.values(state.rows).every((rows) => rows.size === 0)).toBe(true);
      expect(await journalOf(store)).toEqual([]);
      expect((await store.check()).ok).toBe(true);
    });

    test('a commit is read back: tip, rows by loading rule, records, journal', async () => {
      const first = chain.entry();
      const second = chain.entry();
      await store.commit(
        batchOf({
          entries: [first, second],
          puts: [memory('m', 1), incident('open', true), incident('closed', false), refusal('r')],
        }),
      );
      await reopen();
      const state = await store.load();
      expect(state).toMatchObject({ sequence: 2, hash: second.hash, lastAt: second.at });
      expect([...state.rows.agent_memory.keys()]).toEqual(['m']);
      expect([...state.rows.incidents.keys()]).toEqual(['open']);
      expect(state.rows.refusals.size).toBe(0);
      expect(await store.get('incidents', 'closed')).toMatchObject({ open: false });
      expect(await store.get('refusals', 'r')).toEqual(refusal('r').value);
      expect(await store.get('refusals', 'absent')).toBeUndefined();
      expect(await store.count('incidents')).toBe(2);
      expect(await journalOf(store)).toEqual([first, second]);
    });

    test('rows come back as the very same JSON text: key order, numbers, unicode', async () => {
      const values: unknown[] = [
        { zebra: 1, alpha: { b: 1, a: [3, 1, { y: 1, x: 2 }] }, 10: 'ten', 2: 'two' },
        [0.1 + 0.2, 1e21, 1e-7, 5e-324, 1.7976931348623157e308, -1, 123456789012345680000, 100, 0],
        { '': 'empty key', 'a"b\\': null, '\u0000': '\u0000', '\ud800': '\udfff' },
        ...injectionTexts,
      ];
      const puts = values.map((value, index) => memory(`k${index}`, value));
      const before = puts.map((put) => JSON.stringify(put.value));
      await store.commit(batchOf({ entries: [chain.entry()], puts }));
      await reopen();
      const { rows } = await store.load();
      expect(puts.map((put) => JSON.stringify(rows.agent_memory.get(put.key)))).toEqual(before);
      for (const [index, put] of puts.entries())
        expect(JSON.stringify(await store.get('agent_memory', put.key))).toBe(before[index]);
    });

    test('any text is a key, and no two texts are the same key', async () => {
      const keys = [...injectionTexts, 'a\ufffdb NUL', 'x'.repeat(5_001), `${'x'.repeat(4_999)}y`];
      await store.commit(
        batchOf({ entries: [chain.entry()], puts: keys.map((key, index) => memory(key, index)) }),
      );
      await reopen();
      const { rows } = await store.load();
      expect([...rows.agent_memory.keys()]).toEqual([...keys].sort((a, b) => (a < b ? -1 : 1)));
      for (const [index, key] of keys.entries())
        expect(await store.get('agent_memory', key)).toMatchObject({ value: index });
      await store.commit(
        batchOf({
          entries: [chain.entry()],
          puts: keys.map((key) => ({ collection: 'agent_memory', key, value: null })),
        }),
      );
      expect(await store.count('agent_memory')).toBe(0);
    });

    test('rows load ordered by key, however they were put', async () => {
      const keys = ['b', 'a', 'Z', 'ä', '10', '9', '_', '🦊', '\uffee'];
      for (const key of keys)
        await store.commit(batchOf({ entries: [chain.entry()], puts: [memory(key, 1)] }));
      await reopen();
      const expected = [...keys].sort((a, b) => (a < b ? -1 : 1));
      expect([...(await store.load()).rows.agent_memory.keys()]).toEqual(expected);
    });

    test('within a batch the last put of a key wins, also across removals', async () => {
      await store.commit(batchOf({ entries: [chain.entry()], puts: [memory('old', 0), memory('gone', 0)] }));
      await store.commit(
        batchOf({
          entries: [chain.entry()],
          puts: [
            memory('a', 1),
            memory('a', 2),
            { collection: 'agent_memory', key: 'gone', value: null },
            { collection: 'agent_memory', key: 'old', value: null },
            memory('old', 3),
            memory('brief', 1),
            { collection: 'agent_memory', key: 'brief', value: null },
          ],
        }),
      );
      const { rows } = await store.load();
      expect([...rows.agent_memory].map(([key, row]) => [key, row.value])).toEqual([
        ['a', 2],
        ['old', 3],
      ]);
      // A removed and renewed row is a new one; an updated one keeps its place.
      expect((await store.list('agent_memory', { limit: 9 })).map((row) => row.value)).toEqual([3, 2]);
    });

    test('list gives the newest first, bounded and filtered by type and value', async () => {
      for (let index = 0; index < 5; index++)
        await store.commit(
          batchOf({
            entries: [chain.entry()],
            puts: [
              refusal(`r${index}`, index % 2 === 0 ? 'ETHUSDT' : 'BTCUSDT', index === 4 ? '4' : index),
              incident(`i${index}`, index > 2),
            ],
          }),
        );
      await store.commit(batchOf({ entries: [chain.entry()], puts: [refusal('r1', 'BTCUSDT', 11)] }));
      await reopen();
      const ids = async (query: Parameters<Store['list']>[1]): Promise<string[]> =>
        (await store.list('refusals', query)).map((row) => row.id);
      expect(await ids({ limit: 3 })).toEqual(['r4', 'r3', 'r2']);
      expect(await ids({ limit: 9, where: { symbol: 'ETHUSDT' } })).toEqual(['r4', 'r2', 'r0']);
      expect(await ids({ limit: 9, where: { symbol: 'BTCUSDT', limit: 3 } })).toEqual(['r3']);
      expect(await ids({ limit: 9, where: { limit: 4 } })).toEqual([]);
      expect(await ids({ limit: 9, where: { limit: '4' } })).toEqual(['r4']);
      expect(await ids({ limit: 0 })).toEqual([]);
      expect(await ids({ limit: -1 })).toEqual([]);
      const open = await store.list('incidents', { limit: 9, open: true });
      expect(open.map((row) => row.id)).toEqual(['i4', 'i3']);
      expect(await store.list('incidents', { limit: 9, open: false, where: { id: 'i1' } })).toHaveLength(1);
      expect(await store.list('incidents', { limit: 9, where: { open: true } })).toHaveLength(2);
    });

    test('filters treat any field name and value as data', async () => {
      const puts = injectionTexts.map((text, index) => refusal(`r${index}`, text));
      await store.commit(batchOf({ entries: [chain.entry()], puts }));
      for (const text of injectionTexts.filter((each) => each.isWellFormed() && !each.includes('\0')))
        expect((await store.list('refusals', { limit: 9, where: { symbol: text } })).length).toBe(1);
      for (const text of injectionTexts)
        expect(await store.list('refusals', { limit: 9, where: { [text]: text } })).toEqual([]);
      expect(await store.count('refusals')).toBe(injectionTexts.length);
    });

    test('nothing of a refused batch is kept: gap, foreign chain, repeated entry', async () => {
      const first = chain.entry();
      await store.commit(batchOf({ entries: [first], puts: [memory('a', 1)], effects: [effect('e1')] }));
      const next = chain.entry();
      const refused = [
        [{ ...next, sequence: 3 }],
        [{ ...next, hash: 'f'.repeat(64) }],
        [first],
        [next, { ...next, sequence: 4 }],
      ];
      for (const entries of refused)
        await expect(
          store.commit(batchOf({ entries, puts: [memory('a', 2), refusal('r')], settledEffectIds: ['e1'] })),
        ).rejects.toThrow(StoreConflictError);
      expect(await store.get('agent_memory', 'a')).toMatchObject({ value: 1 });
      expect(await store.count('refusals')).toBe(0);
      expect((await store.load()).pendingEffects).toHaveLength(1);
      await store.commit(batchOf({ entries: [next], puts: [memory('a', 3)] }));
      await reopen();
      expect(await journalOf(store)).toEqual([first, next]);
      expect(await store.get('agent_memory', 'a')).toMatchObject({ value: 3 });
    });

    test('effects wait, in order, until they are settled', async () => {
      const ids = ['e1.1', 'e1.2', 'e1.10', 'e2.1'];
      await store.commit(
        batchOf({ entries: [chain.entry()], effects: ids.map(effect), settledEffectIds: ['e2.1'] }),
      );
      await store.commit(batchOf({ settledEffectIds: ['e1.2', 'unknown'] }));
      await reopen();
      expect((await store.load()).pendingEffects).toEqual([effect('e1.1'), effect('e1.10')]);
      expect((await store.load()).sequence).toBe(1);
    });

    test('a batch of ten thousand entries is one commit', async () => {
      const entries = Array.from({ length: 10_000 }, (_, index) => chain.entry(`entry ${index} 🦊`));
      const puts = entries.map((entry) => refusal(`r${entry.sequence}`));
      await store.commit(batchOf({ entries, puts }));
      await store.commit(batchOf({ entries: [chain.entry('after')] }));
      await reopen();
      expect(await store.count('refusals')).toBe(10_000);
      const journal = await journalOf(store);
      expect(journal.slice(0, 10_000)).toEqual(entries);
      expect(journal).toHaveLength(10_001);
      expect((await journalOf(store, 9_990)).map((entry) => entry.sequence)).toEqual([
        9991, 9992, 9993, 9994, 9995, 9996, 9997, 9998, 9999, 10_000, 10_001,
      ]);
      expect(await journalOf(store, 10_001)).toEqual([]);
    });

    test('many small commits are read back in order, in bounded chunks', async () => {
      const written: JournalEntry[] = [];
      for (let index = 0; index < 120; index++) {
        const entries = Array.from({ length: (index % 7) + 20 }, () => chain.entry('x'));
        written.push(...entries);
        await store.commit(batchOf({ entries }));
      }
      expect(await journalOf(store)).toEqual(written);
      expect(await journalOf(store, 1_234)).toEqual(written.slice(1_234));
    });

    test('commits asked for at once are done one after another', async () => {
      const batches = Array.from({ length: 20 }, (_, index) =>
        batchOf({ entries: [chain.entry()], puts: [memory('a', index)] }),
      );
      await Promise.all(batches.map((batch) => store.commit(batch)));
      expect(await store.get('agent_memory', 'a')).toMatchObject({ value: 19 });
      expect(await journalOf(store)).toHaveLength(20);
    });

    test('readers beside commits see whole batches only', async () => {
      await store.commit(batchOf({ entries: [chain.entry()], puts: [memory('a', 0), memory('b', 0)] }));
      const writing = (async () => {
        for (let index = 1; index <= 40; index++)
          await store.commit(
            batchOf({ entries: [chain.entry()], puts: [memory('a', index), memory('b', index)] }),
          );
      })();
      for (let index = 0; index < 40; index++) {
        const rows = await store.list('agent_memory', { limit: 2 });
        expect(rows[0]?.value).toBe(rows[1]?.value);
        const state = await store.load();
        expect(state.rows.agent_memory.get('a')).toMatchObject({ value: state.sequence - 1 });
      }
      await writing;
    });

    test('the venue book is kept apart from the state', async () => {
      const book = store.venueBook();
      expect(await book.all()).toEqual([]);
      await book.write([
        { key: 'b', value: { z: 1, a: ['\u0000', '\ud800'] } },
        { key: 'a\u0000', value: 'x' },
        { key: 'c', value: 0 },
        { key: 'c', value: false },
      ]);
      await book.write([{ key: 'absent', value: null }]);
      await reopen();
      const rows = await store.venueBook().all();
      expect(JSON.stringify(rows)).toBe(
        JSON.stringify([
          { key: 'a\u0000', value: 'x' },
          { key: 'b', value: { z: 1, a: ['\u0000', '\ud800'] } },
          { key: 'c', value: false },
        ]),
      );
      await store.venueBook().write([
        { key: 'b', value: null },
        { key: 'a\u0000', value: null },
      ]);
      expect(await store.venueBook().all()).toEqual([{ key: 'c', value: false }]);
      expect((await store.load()).sequence).toBe(0);
    });

    test('upkeep changes nothing that can be read, also beside commits', async () => {
      await store.commit(batchOf({ entries: [chain.entry()], puts: [memory('a', 0)] }));
      const upkeep = store.maintain();
      await Promise.all([
        upkeep,
        store.commit(batchOf({ entries: [chain.entry()], puts: [memory('a', 1)] })),
      ]);
      await reopen();
      expect((await store.load()).rows.agent_memory.get('a')).toMatchObject({ value: 1 });
      expect(await journalOf(store)).toHaveLength(2);
      expect(await store.journalBase()).toMatchObject({ sequence: 0, hash: genesisHash });
    });
  });
}
