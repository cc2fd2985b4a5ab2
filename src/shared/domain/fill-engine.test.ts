import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Candle } from './candle.ts';
import {
  poolImpact,
  poolSpread,
  priceAfterCosts,
  priceThroughBook,
  slippageFraction,
  stopReference,
  tradedThrough,
} from './fill-engine.ts';
import { bookDepth, maxDepthLevels } from './quote.ts';

function candle(open: number, high: number, low: number, close: number): Candle {
  return { symbol: 'BTCUSDT', timeframe: '1m', openTime: 60_000, open, high, low, close, volume: 10 };
}

test('a stop reached inside the candle is triggered at its own price, on both sides', () => {
  expect(stopReference(candle(100, 101, 94, 99), 'sell', 95)).toBe(95);
  expect(stopReference(candle(100, 106, 99, 101), 'buy', 105)).toBe(105);
  expect(stopReference(candle(100, 101, 96, 99), 'sell', 95)).toBeUndefined();
});

test('a candle that opens beyond the stop fills at the open, never at the better stop price', () => {
  expect(stopReference(candle(90, 93, 88, 92), 'sell', 95)).toBe(90);
  expect(stopReference(candle(110, 112, 108, 109), 'buy', 105)).toBe(110);
});

test('a limit needs the price to trade through; a touch is not enough', () => {
  expect(tradedThrough(candle(100, 105, 99, 101), 'sell', 105)).toBe(false);
  expect(tradedThrough(candle(100, 105.01, 99, 101), 'sell', 105)).toBe(true);
  expect(tradedThrough(candle(100, 101, 95, 99), 'buy', 95)).toBe(false);
  expect(tradedThrough(candle(100, 101, 94.99, 99), 'buy', 95)).toBe(true);
});

test('costs always go against the trader and grow with size and volatility', () => {
  const model = { base: 0.0001, volatilityShare: 0.1, impact: 0.5 };
  const small = slippageFraction(model, 0.001, 0.01);
  expect(slippageFraction(model, 0.001, 0.1)).toBeGreaterThan(small);
  expect(slippageFraction(model, 0.002, 0.01)).toBeGreaterThan(small);
  expect(slippageFraction(model, 0, 0)).toBe(0.0001);
  expect(priceAfterCosts('buy', 100, small)).toBeGreaterThan(100);
  expect(priceAfterCosts('sell', 100, small)).toBeLessThan(100);
});

test('a pool takes what its curve says: x * y stays the same, and nobody can buy it empty', () => {
  const [poolValue, price] = [20_000, 2];
  // 5,000 base units against 10,000 quote units.
  for (const quantity of [1, 50, 500, 1_500]) {
    const paid = quantity * priceAfterCosts('buy', price, poolImpact('buy', quantity, price, poolValue));
    expect((5_000 - quantity) * (10_000 + paid)).toBeCloseTo(5_000 * 10_000, 3);
    const received =
      quantity * priceAfterCosts('sell', price, poolImpact('sell', quantity, price, poolValue));
    expect((5_000 + quantity) * (10_000 - received)).toBeCloseTo(5_000 * 10_000, 3);
  }
  expect(poolImpact('buy', 5_000, price, poolValue)).toBe(Number.POSITIVE_INFINITY);
});

test('the spread of a pool is what a hundred dollars pay to go in and out: the deeper, the less', () => {
  expect(poolSpread(100_000)).toBeCloseTo(0.004, 5);
  expect(poolSpread(1_000_000)).toBeCloseTo(0.0004, 6);
  for (const tiny of [0, 1, 150]) expect(poolSpread(tiny)).toBe(0.9);
});

test('an order walks through the book, and pays the last level and more for what the book does not hold', () => {
  const asks = [
    [100, 2],
    [101, 3],
  ] as const;
  const beyond = () => 0.01;
  expect(priceThroughBook('buy', asks, 1, beyond)).toBe(100);
  expect(priceThroughBook('buy', asks, 4, beyond)).toBeCloseTo((200 + 202) / 4, 12);
  expect(priceThroughBook('buy', asks, 10, beyond)).toBeCloseTo((200 + 303 + 5 * 101 * 1.01) / 10, 12);
  expect(priceThroughBook('sell', [[99, 1]], 3, beyond)).toBeCloseTo((99 + 2 * 99 * 0.99) / 3, 12);
});

test('a larger order never gets a better average from a book', () => {
  const level = fc.tuple(
    fc.double({ min: 1, max: 2, noNaN: true }),
    fc.double({ min: 0.1, max: 5, noNaN: true }),
  );
  fc.assert(
    fc.property(
      fc.array(level, { minLength: 1, maxLength: 10 }),
      fc.double({ min: 0.01, max: 50, noNaN: true }),
      fc.double({ min: 0.01, max: 50, noNaN: true }),
      (levels, one, other) => {
        const depth = bookDepth(levels, levels);
        const [small, large] = [Math.min(one, other), Math.max(one, other)];
        const price = (side: 'buy' | 'sell', quantity: number) =>
          priceThroughBook(side, (side === 'buy' ? depth?.asks : depth?.bids) ?? [], quantity, () => 0.001);
        expect(price('buy', large)).toBeGreaterThanOrEqual(price('buy', small) - 1e-9);
        expect(price('sell', large)).toBeLessThanOrEqual(price('sell', small) + 1e-9);
      },
    ),
  );
});

test('a book is sorted, bounded and free of what is no level', () => {
  const many = Array.from({ length: 30 }, (_, place) => [100 + place, 1] as const);
  const depth = bookDepth(
    [
      [98, 1],
      [99, 2],
      [97, 0],
    ],
    [...many].reverse(),
  );
  expect(depth?.bids).toEqual([
    [99, 2],
    [98, 1],
  ]);
  expect(depth?.asks).toHaveLength(maxDepthLevels);
  expect(depth?.asks[0]).toEqual([100, 1]);
  expect(bookDepth([[99, Number.NaN]], many)).toBeUndefined();
  expect(bookDepth([], many)).toBeUndefined();
});
