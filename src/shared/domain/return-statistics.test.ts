import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  correlation,
  dailyVolatility,
  dailyVolatilityOfRange,
  maxSamples,
  meanTurnover,
  minCommonReturns,
  type PriceSample,
  withSample,
} from './return-statistics.ts';
import { hourMs } from './time.ts';

/** Hourly samples whose returns are those given. */
function samples(returns: readonly number[], from = 0): readonly PriceSample[] {
  let close = 100;
  let kept: readonly PriceSample[] = [{ at: from, close, hourly_turnover: 1 }];
  returns.forEach((value, place) => {
    close *= Math.exp(value);
    kept = withSample(kept, { at: from + (place + 1) * hourMs, close, hourly_turnover: 1 });
  });
  return kept;
}

const wave = Array.from({ length: 40 }, (_, place) => 0.01 * Math.sin(place * 1.7));

test('volatility of a day is the root mean square of the hours times the root of 24', () => {
  const flips = Array.from({ length: 24 }, (_, place) => (place % 2 === 0 ? 0.01 : -0.01));
  expect(dailyVolatility(samples(flips))).toBeCloseTo(0.01 * Math.sqrt(24), 12);
  expect(dailyVolatility(samples(flips.slice(0, 11)))).toBeUndefined();
});

test('the range of a candle gives a volatility of the same size', () => {
  expect(dailyVolatilityOfRange(1.5957691216, 100, 86_400_000)).toBeCloseTo(0.01, 8);
  expect(dailyVolatilityOfRange(1, 100, hourMs)).toBeCloseTo((0.01 / 1.5957691216) * Math.sqrt(24), 8);
});

test('correlation: itself 1, its mirror -1, too little in common unknown', () => {
  expect(correlation(samples(wave), samples(wave))).toBeCloseTo(1, 12);
  expect(correlation(samples(wave), samples(wave.map((value) => -2 * value)))).toBeCloseTo(-1, 12);
  expect(correlation(samples(wave), samples(wave.slice(0, minCommonReturns - 1)))).toBeUndefined();
  expect(correlation(samples(wave), samples(wave, hourMs / 2)), 'never at the same instants').toBeUndefined();
  expect(correlation(samples(wave), samples(wave.map(() => 0))), 'a price that stands still').toBeUndefined();
});

test('no return spans a gap', () => {
  const before = samples(wave.slice(0, 20));
  const after = samples(wave.slice(0, 20), 25 * hourMs).map((sample) => ({
    ...sample,
    close: sample.close * 9,
  }));
  const joined = [...before, ...after];
  expect(dailyVolatility(joined)).toBeLessThan(0.1);
});

test('samples are bounded, rise in time, and ignore what came before', () => {
  const many = samples(Array.from({ length: 500 }, () => 0.001));
  expect(many).toHaveLength(maxSamples);
  expect(withSample(many, { at: 0, close: 1, hourly_turnover: 0 })).toBe(many);
  expect(meanTurnover(many)).toBe(1);
  expect(meanTurnover([{ at: 0, close: 1, hourly_turnover: 0 }]), 'a feed without volume').toBeUndefined();
});

test('correlation is symmetric and within -1 and 1', () => {
  const returns = fc.array(fc.double({ min: -0.2, max: 0.2, noNaN: true }), { minLength: 30, maxLength: 60 });
  fc.assert(
    fc.property(returns, returns, (left, right) => {
      const both = correlation(samples(left), samples(right));
      const reverse = correlation(samples(right), samples(left));
      expect(reverse === undefined).toBe(both === undefined);
      expect(Math.abs(both ?? 0)).toBeLessThanOrEqual(1);
      expect(reverse ?? 0).toBeCloseTo(both ?? 0, 9);
    }),
    { numRuns: 50 },
  );
});
