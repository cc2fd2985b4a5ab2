// What stores with retention promise: what is pruned is folded into a base from which the rest still replays.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chainHash, genesisHash } from '../../src/kernel/journal.ts';
import type { AnyPut } from '../../src/shared/bus/collections.ts';
import { dayMs } from '../../src/shared/domain/time.ts';
import type { JournalBaseReader, JournalEntry, Store } from '../../src/shared/ports/store.ts';
import { batchOf } from './store.contract.ts';

export interface RetentionSubject {
  make(retentionDays: number): Store & JournalBaseReader;
  dispose(): Promise<void>;
}

const beginAt = 1_700_000_000_000;

export function retentionContract(name: string, makeSubject: () => Promise<RetentionSubject>): void {
  describe(`${name} prunes its journal honestly`, () => {
    let subject: RetentionSubject;
    let store: Store & JournalBaseReader;
    let sequence = 0;
    let hash = genesisHash;

    beforeEach(async () => {
      sequence = 0;
      hash = genesisHash;
      subject = await makeSubject();
      store = subject.make(10);
      await store.open();
    });

    afterEach(async () => {
      await store.close();
      await subject.dispose();
    });

    async function commitDay(
      day: number,
      kind: 'kernel.started' | 'market.candle',
      puts: AnyPut[],
    ): Promise<void> {
      const line = JSON.stringify({
        n: ++sequence,
        i: { message_type: kind, at: beginAt + day * dayMs },
        ...(puts.length === 0 ? {} : { p: puts }),
      });
      hash = chainHash(hash, line);
      const entry = { sequence, at: beginAt + day * dayMs, line, hash };
      await store.commit(batchOf({ entries: [entry], puts }));
    }

    async function retained(): Promise<JournalEntry[]> {
      const base = await store.journalBase();
      const entries: JournalEntry[] = [];
      for await (const chunk of store.journal(base.sequence)) entries.push(...chunk);
      let chain = base.hash;
      for (const entry of entries) {
        chain = chainHash(chain, entry.line);
        expect(entry.hash).toBe(chain);
      }
      expect(chain).toBe(hash);
      return entries;
    }

    function memory(key: string, value: unknown): AnyPut {
      return { collection: 'agent_memory', key, value: { agent: 'health_ai', value } };
    }

    test('nothing younger than the retention goes', async () => {
      await commitDay(0, 'kernel.started', [memory('a', 0)]);
      for (let day = 1; day <= 10; day++) await commitDay(day, 'market.candle', []);
      await store.maintain();
      expect(await retained()).toHaveLength(11);
    });

    test('the cut is just before a start, and the base holds the state as of there', async () => {
      await commitDay(0, 'kernel.started', [memory('a\u0000', 0), memory('b', 0)]);
      await commitDay(1, 'market.candle', [
        memory('a\u0000', 1),
        { collection: 'agent_memory', key: 'b', value: null },
      ]);
      await commitDay(2, 'kernel.started', [memory('c', 2)]);
      for (let day = 3; day <= 14; day++) await commitDay(day, 'market.candle', [memory('a\u0000', day)]);
      await store.maintain();
      const entries = await retained();
      expect(entries[0]?.sequence).toBe(3);
      const base = await store.journalBase();
      expect([...base.rows.agent_memory]).toEqual([['a\u0000', { agent: 'health_ai', value: 1 }]]);
      await expect(async () => {
        for await (const chunk of store.journal(0)) expect(chunk).toEqual([]);
      }).rejects.toThrow(/no longer kept/);
      await store.maintain();
      expect((await retained())[0]?.sequence).toBe(3);
      expect((await store.load()).rows.agent_memory.get('a\u0000')).toMatchObject({ value: 14 });
    });

    test('a process that never restarts is cut at twice the retention', async () => {
      await commitDay(0, 'kernel.started', [memory('a', 0)]);
      for (let day = 1; day <= 25; day++) await commitDay(day, 'market.candle', [memory('a', day)]);
      await store.maintain();
      const kept: number[] = [];
      for await (const chunk of store.journal(15)) kept.push(...chunk.map((entry) => entry.sequence));
      expect(kept[0]).toBe(16);
      await expect(store.journal(14)[Symbol.asyncIterator]().next()).rejects.toThrow(
        /up to 15 are no longer/,
      );
      // Nothing can be replayed yet: the base is the end. With the next start it is just before that.
      expect(await store.journalBase()).toMatchObject({ sequence: 26, hash });
      await commitDay(26, 'kernel.started', [memory('b', 1)]);
      expect((await retained()).map((entry) => entry.sequence)).toEqual([27]);
      const { rows } = await store.journalBase();
      expect([...rows.agent_memory]).toEqual([['a', { agent: 'health_ai', value: 25 }]]);
    });

    test('a start inside a batch is a place to cut', async () => {
      const entries = ['market.candle', 'kernel.started', 'market.candle'].map((kind, index) => {
        const line = JSON.stringify({ n: ++sequence, i: { message_type: kind, at: beginAt + index } });
        hash = chainHash(hash, line);
        return { sequence, at: beginAt + index, line, hash };
      });
      await store.commit(batchOf({ entries }));
      await commitDay(15, 'market.candle', []);
      await store.maintain();
      expect((await retained()).map((entry) => entry.sequence)).toEqual([2, 3, 4]);
    });

    test('retention 0 keeps all', async () => {
      await store.close();
      store = subject.make(0);
      await store.open();
      await commitDay(0, 'kernel.started', []);
      await commitDay(400, 'kernel.started', []);
      await store.maintain();
      expect(await retained()).toHaveLength(2);
    });
  });
}
