// The memory of signals taken: bounded, expiring, and the same after a restart.
import { expect, test } from 'vitest';
import type { StateReader, Turn } from '../kernel/agent.ts';
import { maxRememberedSignals } from './limits.ts';
import { SignalBook } from './signal-book.ts';

/** Rows as the store keeps them: in the order in which they were first put. */
function rowsAndTurn(): {
  rows: Map<string, { value: unknown }>;
  at: (now: number) => Turn;
  state: StateReader;
} {
  const rows = new Map<string, { value: unknown }>();
  const at = (now: number) =>
    ({
      now,
      put: (_: string, key: string, row: { value: unknown }) => void rows.set(key, row),
      remove: (_: string, key: string) => void rows.delete(key),
    }) as unknown as Turn;
  return { rows, at, state: { all: () => rows.entries() } as unknown as StateReader };
}

test('a signal is known until it expires, then its row is gone', () => {
  const { rows, at } = rowsAndTurn();
  const book = new SignalBook();
  book.remember('a', 100, at(0));
  expect(book.has('a')).toBe(true);
  book.remember('b', 300, at(100));
  expect(book.has('a')).toBe(false);
  expect([...rows.keys()]).toEqual(['trading_ai/signal/b']);
});

test('a burst forgets the oldest instead of growing without end', () => {
  const { rows, at } = rowsAndTurn();
  const book = new SignalBook();
  for (let index = 0; index <= maxRememberedSignals; index++) book.remember(`s${index}`, 1e9, at(0));
  expect(rows.size).toBe(maxRememberedSignals);
  expect([book.has('s0'), book.has('s1'), book.has(`s${maxRememberedSignals}`)]).toEqual([false, true, true]);
});

test('after a restart from its rows it knows the same and forgets in the same order', () => {
  const { at, state } = rowsAndTurn();
  const book = new SignalBook();
  for (const [id, expiry] of [
    ['a', 500],
    ['b', 100],
    ['c', 500],
  ] as const)
    book.remember(id, expiry, at(0));
  const restored = new SignalBook();
  restored.restore(state);
  for (const id of ['a', 'b', 'c']) expect(restored.has(id)).toBe(book.has(id));
  const removed = (of: SignalBook): string[] => {
    const gone: string[] = [];
    const turn = { now: 600, put: () => undefined, remove: (_: string, key: string) => void gone.push(key) };
    of.remember('d', 900, turn as unknown as Turn);
    return gone;
  };
  expect(removed(restored)).toEqual(removed(book));
});
