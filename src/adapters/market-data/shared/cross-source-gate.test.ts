import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CrossSourceGate } from './cross-source-gate.ts';

const t0 = 1_700_000_000_000;
const symbol = 'BTCUSDT';

test('a lone source is never judged', () => {
  const gate = new CrossSourceGate();
  expect([100, 900, 1].map((price, index) => gate.admits('a', symbol, price, t0 + index))).toEqual([
    true,
    true,
    true,
  ]);
});

test('the one that jumps away from two that agree is kept out for as long as they agree', () => {
  const gate = new CrossSourceGate();
  for (const source of ['a', 'b', 'c']) expect(gate.admits(source, symbol, 100, t0)).toBe(true);
  for (let second = 1; second < 30; second += 1) {
    expect(gate.admits('a', symbol, 107, t0 + second * 1_000)).toBe(false);
    expect(gate.admits('b', symbol, 100.1, t0 + second * 1_000)).toBe(true);
    expect(gate.admits('c', symbol, 99.9, t0 + second * 1_000)).toBe(true);
  }
  expect(gate.admits('a', symbol, 100.2, t0 + 31_000)).toBe(true);
});

test('between two, a single spike is kept out and a lasting move is believed', () => {
  const gate = new CrossSourceGate();
  expect(gate.admits('a', symbol, 100, t0)).toBe(true);
  expect(gate.admits('b', symbol, 100, t0)).toBe(true);
  expect(gate.admits('a', symbol, 140, t0 + 1_000)).toBe(false);
  expect(gate.admits('a', symbol, 100, t0 + 2_000)).toBe(true);
  const moved = [1, 2, 3, 4, 5].map((second) => gate.admits('a', symbol, 140, t0 + 2_000 + second * 1_000));
  expect(moved).toEqual([false, false, false, true, true]);
  expect(gate.admits('b', symbol, 140, t0 + 8_000)).toBe(true);
});

test('an old price of another source says nothing, and forex is judged more strictly than crypto', () => {
  const gate = new CrossSourceGate();
  gate.admits('a', symbol, 100, t0);
  expect(gate.admits('b', symbol, 200, t0 + 121_000)).toBe(true);
  gate.admits('a', 'EURUSD', 1.1, t0);
  expect(gate.admits('b', 'EURUSD', 1.13, t0)).toBe(false);
  gate.admits('a', 'ETHUSDT', 1.1, t0);
  expect(gate.admits('b', 'ETHUSDT', 1.13, t0)).toBe(true);
});

test('sources that agree within the limit are always let through', () => {
  const step = fc.record({
    source: fc.constantFrom('a', 'b', 'c'),
    price: fc.double({ min: 99, max: 101, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const gate = new CrossSourceGate();
      for (const [index, { source, price }] of steps.entries())
        expect(gate.admits(source, symbol, price, t0 + index * 500)).toBe(true);
    }),
  );
});
