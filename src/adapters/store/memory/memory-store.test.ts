// What only the memory store promises: bounded records for long simulations, and a synchronous commit.
import { expect, test } from 'vitest';
import { chainHash, genesisHash } from '../../../kernel/journal.ts';
import type { AnyPut } from '../../../shared/bus/collections.ts';
import { emptyChainHash, nextChainHash, StoreConflictError } from '../../../shared/db/journal-chain.ts';
import { MemoryStore } from './memory-store.ts';

function equityPut(at: number): AnyPut {
  const value = { at, cash: 1, equity: 1, peak_equity: 1, drawdown_pct: 0, open_positions: 0 };
  return { collection: 'equity', key: `k${at}`, value };
}

function commitPuts(store: MemoryStore, puts: readonly AnyPut[]): void {
  store.commitNow({ entries: [], puts, effects: [], settledEffectIds: [] });
}

test('the chain is the kernel’s own chain', () => {
  expect(emptyChainHash).toBe(genesisHash);
  expect(nextChainHash(genesisHash, '{"n":1}')).toBe(chainHash(genesisHash, '{"n":1}'));
});

test('recordLimit keeps the newest records and every row that a start restores', async () => {
  const store = new MemoryStore({ recordLimit: 100 });
  for (let index = 0; index < 1_000; index++) {
    commitPuts(store, [
      equityPut(index),
      { collection: 'alarms', key: `a${index}`, value: { owner: 'health_ai', name: `${index}`, due_at: 1 } },
    ]);
  }
  const kept = await store.list('equity', { limit: 1_000 });
  expect(kept.length).toBeGreaterThanOrEqual(100);
  expect(kept.length).toBeLessThanOrEqual(126);
  expect(kept[0]?.at).toBe(999);
  expect(await store.count('alarms')).toBe(1_000);
});

test('keepRows false keeps no row and still checks the chain', async () => {
  const store = new MemoryStore({ keepRows: false });
  commitPuts(store, [
    equityPut(1),
    { collection: 'alarms', key: 'a', value: { owner: 'health_ai', name: 'a', due_at: 1 } },
  ]);
  expect([await store.count('equity'), await store.count('alarms')]).toEqual([0, 0]);
  const entry = { sequence: 2, at: 5, line: 'x', hash: nextChainHash(emptyChainHash, 'x') };
  const gap = { entries: [entry], puts: [], effects: [], settledEffectIds: [] };
  expect(() => store.commitNow(gap)).toThrow(StoreConflictError);
});

test('keepRecords false keeps only what a start restores', async () => {
  const store = new MemoryStore({ keepRecords: false });
  commitPuts(store, [
    equityPut(1),
    { collection: 'agent_memory', key: 'm', value: { agent: 'health_ai', value: 1 } },
  ]);
  expect(await store.count('equity')).toBe(0);
  expect(await store.count('agent_memory')).toBe(1);
});

test('keepJournal false still refuses a gap and reports the tip', async () => {
  const store = new MemoryStore({ keepJournal: false });
  const hash = nextChainHash(emptyChainHash, 'x');
  const entry = { sequence: 1, at: 5, line: 'x', hash };
  store.commitNow({ entries: [entry], puts: [], effects: [], settledEffectIds: [] });
  expect(await store.load()).toMatchObject({ sequence: 1, hash, lastAt: 5 });
  const gap = { sequence: 3, at: 5, line: 'y', hash: nextChainHash(hash, 'y') };
  expect(() => store.commitNow({ entries: [gap], puts: [], effects: [], settledEffectIds: [] })).toThrow(
    StoreConflictError,
  );
  for await (const chunk of store.journal(0)) expect(chunk).toEqual([]);
});
