import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SpikeGuard, type SpikeVerdict } from './spike-guard.ts';

const crypto = { floor: 0.1, absurd: 4 };
const forex = { floor: 0.02, absurd: 0.3 };
const minuteMs = 60_000;

type Row = readonly [open: number, high: number, low: number, close: number];

/** A market that trades on: each row opens where the one before closed. */
function walk(closes: readonly number[], start = closes[0] ?? 1): Row[] {
  let open = start;
  return closes.map((close) => {
    const row: Row = [open, Math.max(open, close), Math.min(open, close), close];
    open = close;
    return row;
  });
}

function quiet(rows: number, price = 100): number[] {
  return Array.from({ length: rows }, (_, index) => price * (1 + 0.0005 * Math.sin(index)));
}

function verdicts(rows: readonly Row[], limits = crypto): SpikeVerdict[] {
  const guard = new SpikeGuard(limits, minuteMs);
  return rows.map(([open, high, low, close], index) => guard.judge(index * minuteMs, open, high, low, close));
}

const times = (row: Row, factor: number): Row => [
  row[0] * factor,
  row[1] * factor,
  row[2] * factor,
  row[3] * factor,
];

test.each([1000, 0.001, 10, 0.1, 2, 1.2, 0.85])('one row times %d is a spike', (factor) => {
  const rows = walk(quiet(60)).map((row, index) => (index === 50 ? times(row, factor) : row));
  const heard = verdicts(rows);
  expect(heard[50]).toBe('suspect');
  expect(heard[51]).toBe('returns');
  expect(heard.filter((verdict) => verdict !== 'pass')).toHaveLength(2);
});

test('before the scale is known only absurd moves are suspected', () => {
  const rows = walk(quiet(10)).map((row, index) => (index === 3 ? times(row, 1000) : row));
  expect(verdicts(rows).slice(2, 5)).toEqual(['pass', 'suspect', 'returns']);
  const double = walk(quiet(10)).map((row, index) => (index === 3 ? times(row, 2) : row));
  expect(verdicts(double).every((verdict) => verdict === 'pass')).toBe(true);
});

test('a price that goes wrong within the row is a spike too, and so is a wick', () => {
  const rows = walk(quiet(60));
  const close: Row = [100, 250, 100, 250];
  const wick: Row = [100, 100_000, 100, 100];
  const dip: Row = [100, 100, 0.1, 100];
  expect(verdicts(rows.with(50, close)).slice(49, 53)).toEqual(['pass', 'suspect', 'returns', 'pass']);
  expect(verdicts(rows.with(50, wick)).slice(49, 53)).toEqual(['pass', 'wick', 'pass', 'pass']);
  expect(verdicts(rows.with(50, dip)).slice(49, 53)).toEqual(['pass', 'wick', 'pass', 'pass']);
});

test('a real gap that stays is believed after one row, an absurd one after three', () => {
  const gap = [...walk(quiet(50)), ...walk(quiet(5, 140))];
  expect(verdicts(gap).slice(49)).toEqual(['pass', 'suspect', 'confirms', 'pass', 'pass', 'pass']);
  const redenominated = [...walk(quiet(50)), ...walk(quiet(5, 1000))];
  expect(verdicts(redenominated).slice(49)).toEqual([
    'pass',
    'suspect',
    'suspect',
    'suspect',
    'confirms',
    'pass',
  ]);
});

test('a crash and its recovery that traded on are no spike', () => {
  const fall = verdicts(walk([...quiet(50), 75, 55, 74, 98]));
  expect(fall.every((verdict) => verdict === 'pass')).toBe(true);
  const crash = verdicts(walk([...quiet(50), 30, 90, 95]));
  expect(crash.slice(50)).toEqual(['suspect', 'confirms', 'pass']);
});

test('three absurd rows in a row are a spike, the fourth is believed', () => {
  const spiked = (count: number) =>
    verdicts([...walk(quiet(50)), ...walk(quiet(count, 1e5)), ...walk(quiet(3))]).slice(50);
  expect(spiked(3)).toEqual(['suspect', 'suspect', 'suspect', 'returns', 'pass', 'pass']);
  expect(spiked(4).slice(0, 4)).toEqual(['suspect', 'suspect', 'suspect', 'confirms']);
});

test('a fault that is followed by another fault clears neither', () => {
  const rows = walk(quiet(60));
  const heard = verdicts(rows.with(50, times([100, 100, 100, 100], 1000)).with(51, [1, 1, 1, 1]));
  expect(heard.slice(49, 54)).toEqual(['pass', 'suspect', 'replaces', 'returns', 'pass']);
});

test('currencies are judged more strictly, and silence widens the limit', () => {
  const guard = new SpikeGuard(forex, minuteMs);
  for (let index = 0; index < 40; index += 1) guard.judge(index * minuteMs, 1.1, 1.1, 1.1, 1.1);
  expect(guard.limitAt(40 * minuteMs)).toBe(0.02);
  expect(guard.limitAt(39 * minuteMs + 16 * minuteMs)).toBe(0.08);
  expect(guard.limitAt(400_000 * minuteMs)).toBe(0.16);
  expect(guard.judge(40 * minuteMs, 1.14, 1.14, 1.14, 1.14)).toBe('suspect');
});

test('a series that stood still comes to life again', () => {
  const guard = new SpikeGuard(crypto, minuteMs);
  for (let index = 0; index < 100; index += 1) guard.judge(index * minuteMs, 1, 1, 1, 1);
  let price = 1;
  for (let index = 100; index < 600; index += 1) {
    const next = index % 2 === 0 ? price * 1.05 : price / 1.05;
    guard.judge(index * minuteMs, price, Math.max(price, next), Math.min(price, next), next);
    price = next;
  }
  expect(guard.limitAt(600 * minuteMs)).toBeGreaterThan(0.5);
});

test('whatever a continuous market does within its limits, nothing is held; whatever comes, at most four wait', () => {
  const factor = fc.double({ min: 0.91, max: 1.1, noNaN: true });
  fc.assert(
    fc.property(fc.array(factor, { maxLength: 200 }), (factors) => {
      let price = 100;
      const closes = factors.map((one) => {
        price = Math.min(1e6, Math.max(1e-3, price * one));
        return price;
      });
      expect(verdicts(walk(closes, 100)).every((verdict) => verdict === 'pass')).toBe(true);
    }),
  );
  const wild = fc.double({ min: 1e-9, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.tuple(wild, wild), { maxLength: 200 }), (pairs) => {
      const guard = new SpikeGuard(crypto, minuteMs);
      pairs.forEach(([open, close], index) => {
        guard.judge(index * minuteMs, open, Math.max(open, close), Math.min(open, close), close);
        expect(guard.suspects).toBeLessThanOrEqual(3);
        expect(guard.limitAt(index * minuteMs)).toBeLessThanOrEqual(4);
      });
    }),
  );
});
