import fc from 'fast-check';
import { ADX, ATR, BollingerBands, DonchianChannels, EMA, MACD, RSI, SMA, WSMA } from 'trading-signals';
import { expect, test } from 'vitest';
import { randomCandles } from '../../../test/support/analyst-world.ts';
import { SlidingExtreme } from './donchian.ts';
import { ExponentialMovingAverage, RollingMoments, WilderAverage } from './moving-averages.ts';
import { MovingAverageConvergenceDivergence, RelativeStrengthIndex } from './oscillators.ts';
import { DirectionalMovement } from './true-range.ts';
import { ExponentialVariance } from './volatility.ts';

const seeds = [1, 2, 3];
const length = 1_500;
/** Both sides have forgotten how they were seeded by then. */
const settled = 1_000;

function expectClose(actual: number, expected: number | null | undefined, what: string): void {
  expect(typeof expected, what).toBe('number');
  const wanted = Number(expected);
  expect(Math.abs(actual - wanted), `${what}: ${actual} against ${wanted}`).toBeLessThan(
    1e-9 * Math.max(1, Math.abs(wanted)),
  );
}

test.each(seeds)('averages, RSI, MACD and Bollinger bands agree with trading-signals (seed %i)', (seed) => {
  const own = {
    ema: new ExponentialMovingAverage(20),
    wilder: new WilderAverage(14),
    moments: new RollingMoments(20),
    rsi: new RelativeStrengthIndex(14),
    macd: new MovingAverageConvergenceDivergence(12, 26, 9),
  };
  const theirs = {
    ema: new EMA(20),
    wilder: new WSMA(14),
    sma: new SMA(20),
    bands: new BollingerBands(20, 2),
    rsi: new RSI(14),
    macd: new MACD(new EMA(12), new EMA(26), new EMA(9)),
  };
  for (const [index, { close }] of randomCandles(seed, length).entries()) {
    const ema = own.ema.update(close);
    const wilder = own.wilder.update(close);
    own.moments.update(close);
    const rsi = own.rsi.update(close);
    own.macd.update(close);
    for (const indicator of Object.values(theirs)) indicator.add(close);
    if (index < settled) continue;
    expectClose(ema, theirs.ema.getResult(), 'EMA');
    expectClose(wilder, theirs.wilder.getResult(), 'Wilder');
    expectClose(own.moments.mean, theirs.sma.getResult(), 'SMA');
    const bands = theirs.bands.getResult();
    expectClose(own.moments.mean + 2 * own.moments.standardDeviation, bands?.upper, 'upper band');
    expectClose(own.moments.mean - 2 * own.moments.standardDeviation, bands?.lower, 'lower band');
    expectClose(rsi, theirs.rsi.getResult(), 'RSI');
    const macd = theirs.macd.getResult();
    expectClose(own.macd.line, macd?.macd, 'MACD');
    expectClose(own.macd.signal, macd?.signal, 'MACD signal');
  }
});

test.each(seeds)('ATR, ADX and Donchian channels agree with trading-signals (seed %i)', (seed) => {
  const movement = new DirectionalMovement(14);
  const highest = new SlidingExtreme(20, 1);
  const lowest = new SlidingExtreme(20, -1);
  const atr = new ATR(14);
  const adx = new ADX(14);
  const donchian = new DonchianChannels(20);
  for (const [index, { high, low, close }] of randomCandles(seed, length).entries()) {
    movement.update(high, low, close);
    highest.update(high);
    lowest.update(low);
    const candle = { high, low, close };
    atr.add(candle);
    adx.add(candle);
    donchian.add(candle);
    if (index < settled) continue;
    expectClose(movement.averageTrueRange, atr.getResult(), 'ATR');
    expectClose(movement.averageDirectionalIndex, adx.getResult(), 'ADX');
    const channel = donchian.getResult();
    expectClose(highest.value, channel?.upper, 'Donchian high');
    expectClose(lowest.value, channel?.lower, 'Donchian low');
  }
});

test('an indicator says NaN exactly until it has seen its period', () => {
  const ema = new ExponentialMovingAverage(5);
  const values = [1, 2, 3, 4, 5, 6].map((value) => ema.update(value));
  expect(values.map((value) => Number.isNaN(value))).toEqual([true, true, true, true, false, false]);
  expect(values[4]).toBeCloseTo(3, 12);
  expect(values[5]).toBeCloseTo(4, 12);
});

test('a flat market gives RSI 50, ADX 0 and zero-width bands, never NaN', () => {
  const rsi = new RelativeStrengthIndex(14);
  const movement = new DirectionalMovement(14);
  const moments = new RollingMoments(20);
  let last = 0;
  for (let index = 0; index < 100; index++) {
    last = rsi.update(50);
    movement.update(50, 50, 50);
    moments.update(50);
  }
  expect(last).toBe(50);
  expect(movement.averageDirectionalIndex).toBe(0);
  expect(movement.averageTrueRange).toBe(0);
  expect(moments.standardDeviation).toBe(0);
});

test('a sliding extreme equals the extreme of the last values, whatever they are', () => {
  const values = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 120 });
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 25 }), (series, period) => {
      const highest = new SlidingExtreme(period, 1);
      const lowest = new SlidingExtreme(period, -1);
      series.forEach((value, index) => {
        highest.update(value);
        lowest.update(value);
        const window = series.slice(Math.max(0, index + 1 - period), index + 1);
        expect(highest.value).toBe(window.length < period ? Number.NaN : Math.max(...window));
        expect(lowest.value).toBe(window.length < period ? Number.NaN : Math.min(...window));
      });
    }),
  );
});

test('rolling moments do not drift: after a million values at a high price they are still exact', () => {
  const moments = new RollingMoments(20);
  const tail: number[] = [];
  for (let index = 0; index < 1_000_000; index++) {
    const value = 100_000 + Math.sin(index) * 0.01 + (index === 500_000 ? 1e9 : 0);
    moments.update(value);
    if (index >= 999_980) tail.push(value);
  }
  const mean = tail.reduce((sum, value) => sum + value, 0) / tail.length;
  const variance = tail.reduce((sum, value) => sum + (value - mean) ** 2, 0) / tail.length;
  expect(moments.mean).toBeCloseTo(mean, 8);
  expect(moments.standardDeviation).toBeCloseTo(Math.sqrt(variance), 8);
});

test('exponential variance forgets half of the past in one half-life and is unbiased from the first value', () => {
  const variance = new ExponentialVariance(10);
  variance.update(4);
  expect(variance.value).toBeCloseTo(4, 12);
  for (let index = 0; index < 1_000; index++) variance.update(4);
  for (let index = 0; index < 10; index++) variance.update(0);
  expect(variance.value).toBeCloseTo(2, 6);
});
