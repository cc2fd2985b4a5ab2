import { expect, test } from 'vitest';
import { TradeTally } from './trade-tally.ts';

const hourMs = 3_600_000;
const start = Date.UTC(2026, 10, 1, 12, 30);

test('a day is claimed only once a whole day was heard, and covers no more than a day', () => {
  const tally = new TradeTally(10);
  for (let hour = 0; hour < 24; hour += 1) {
    tally.note('A', 'buy', start + hour * hourMs);
    if (hour % 2 === 0) tally.note('A', 'sell', start + hour * hourMs);
    expect(tally.take(start + hour * hourMs)).toEqual([]);
  }
  const at = start + 24 * hourMs;
  tally.note('A', 'buy', at);
  // The first half hour lies more than a day back by the hour it belongs to.
  expect(tally.take(at)[0]?.facts).toEqual({ buys_h24: 24, sells_h24: 11 });
  expect(tally.take(at), 'nothing new').toEqual([]);
  tally.note('A', 'sell', at + 48 * hourMs);
  expect(tally.take(at + 48 * hourMs)[0]?.facts).toEqual({ buys_h24: 0, sells_h24: 1 });
});

test('tokens are bounded: the one first heard makes room', () => {
  const tally = new TradeTally(2);
  for (const mint of ['A', 'B', 'C']) tally.note(mint, 'buy', start);
  const later = start + 25 * hourMs;
  for (const mint of ['B', 'C']) tally.note(mint, 'buy', later);
  expect(tally.take(later).map(({ address }) => address)).toEqual(['B', 'C']);
});
