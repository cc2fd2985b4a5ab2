import { expect, test } from 'vitest';
import { strategy as meanReversion } from '../../examples/strategies/mean-reversion.ts';
import { trendBreakout } from './strategies/trend-breakout.ts';
import { StrategyError, validateStrategy, windowCapacity } from './strategy.ts';
import { nearestTimeframe, slowerTimeframe, timeframeLadders } from './timeframe-ladder.ts';

test.each([trendBreakout, meanReversion])('$name is a valid strategy', (strategy) => {
  expect(validateStrategy(strategy)).toBe(strategy);
});

test.each([undefined, null, 'trend', 7])('%s is told how a strategy file must look', (candidate) => {
  expect(() => validateStrategy(candidate)).toThrow(/export const strategy/);
});

test.each([
  ['name', { name: 'My Strategy' }, /name must be/],
  ['description', { description: '' }, /description must be/],
  ['normal timeframe', { timeframes: { normal: '2m', fast: '1m' } }, /timeframes\.normal must be one of 1m/],
  ['timeframes', { timeframes: null }, /timeframes\.fast/],
  ['warm-up', { warmUpCandles: windowCapacity + 1 }, /warmUpCandles must be a whole number from 1 to 256/],
  ['evaluate', { evaluate: 'yes' }, /evaluate must be a function/],
])('a wrong %s is named', (_what, change, message) => {
  expect(() => validateStrategy({ ...trendBreakout, ...change })).toThrow(message);
});

test('everything that is wrong is said at once', () => {
  const problems = () => validateStrategy({});
  expect(problems).toThrow(StrategyError);
  expect(problems).toThrow(/name .*description .*normal .*fast .*warmUpCandles .*evaluate/);
});

test('wished timeframes land on what the feed can build', () => {
  expect(nearestTimeframe('1m', '15m')).toBe('15m');
  expect(nearestTimeframe('1h', '15m')).toBe('1h');
  expect(nearestTimeframe('1m', '1d')).toBe('1h');
  expect(slowerTimeframe('1m', '15m')).toBe('1h');
  expect(slowerTimeframe('1d', '1d')).toBe('1d');
  expect(slowerTimeframe('1m', '1d')).toBe('1h');
  for (const base of ['1m', '5m', '15m', '1h'] as const)
    expect(timeframeLadders[base].length).toBeGreaterThanOrEqual(3);
});
