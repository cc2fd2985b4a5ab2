import { expect, test } from 'vitest';
import type { Candle } from './candle.ts';
import {
  bracketExit,
  poolImpact,
  priceAfterCosts,
  slippageFraction,
  stopReference,
  tradedThrough,
} from './fill-engine.ts';

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

test('when one candle reaches both, the stop is believed', () => {
  expect(bracketExit(candle(100, 110, 90, 105), 'sell', 95, 105)).toEqual({ reason: 'stop', price: 95 });
  expect(bracketExit(candle(100, 110, 96, 105), 'sell', 95, 105)).toEqual({ reason: 'target', price: 105 });
  expect(bracketExit(candle(100, 104, 96, 101), 'sell', 95, 105)).toBeUndefined();
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
