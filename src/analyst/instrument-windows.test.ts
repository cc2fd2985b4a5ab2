import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomCandles, startTime } from '../../test/support/analyst-world.ts';
import { type Candle, closeTimeOf } from '../shared/domain/candle.ts';
import { instrumentFor } from '../shared/domain/instrument.ts';
import { baseCapacity, InstrumentWindows } from './instrument-windows.ts';
import { indicatorNames } from './strategy.ts';
import { timeframeLadders } from './timeframe-ladder.ts';

function emptyWindows(): InstrumentWindows {
  return new InstrumentWindows(instrumentFor('BTCUSDT')!, '1m');
}

/** Every number a strategy or the market analyzer could read. */
function fingerprint(windows: InstrumentWindows): unknown {
  return {
    price: windows.price,
    closedThrough: windows.closedThrough,
    annualised: windows.volatility.annualised,
    activity: windows.volatility.activity,
    windows: timeframeLadders['1m'].map((timeframe) => {
      const view = windows.view(timeframe)!;
      return Array.from({ length: view.size }, (_, ago) => [
        view.openTime(ago),
        view.open(ago),
        view.high(ago),
        view.low(ago),
        view.close(ago),
        view.volume(ago),
        view.coverage(ago),
        ...indicatorNames.map((name) => view.indicator(name, ago)),
      ]);
    }),
  };
}

function inOrder(candles: readonly Candle[]): InstrumentWindows {
  const windows = emptyWindows();
  for (const candle of candles) windows.add(candle, 'recorded');
  return windows;
}

test('splitting into history and live, overlapping in any way and arriving in any order, leaves no trace', () => {
  const cases = fc.record({
    seed: fc.integer(),
    count: fc.integer({ min: 2, max: 700 }),
    gapChance: fc.constantFrom(0, 0.1),
    cut: fc.double({ min: 0, max: 1, noNaN: true }),
    overlap: fc.integer({ min: 0, max: 30 }),
    meanwhile: fc.integer({ min: 0, max: 50 }),
  });
  fc.assert(
    fc.property(cases, ({ seed, count, gapChance, cut, overlap, meanwhile }) => {
      const candles = randomCandles(seed, count, { gapChance });
      fc.pre(candles.length > 0);
      const at = Math.floor(cut * candles.length);
      const history = candles.slice(0, Math.min(candles.length, at + overlap));
      const live = candles.slice(at);
      const windows = emptyWindows();
      for (const candle of live.slice(0, meanwhile)) windows.add(candle, 'recorded');
      windows.merge(history, 'recorded', closeTimeOf(candles.at(-1)!));
      for (const candle of live.slice(meanwhile)) windows.add(candle, 'recorded');
      expect(fingerprint(windows)).toEqual(fingerprint(inOrder(candles)));
    }),
    { numRuns: 60 },
  );
});

test('history in several unordered pieces fills holes as if it had always been there', () => {
  const candles = randomCandles(7, 600);
  const windows = emptyWindows();
  for (const candle of candles.slice(400)) windows.add(candle, 'recorded');
  const now = closeTimeOf(candles.at(-1)!);
  windows.merge(candles.slice(150, 300).reverse(), 'recorded', now);
  windows.merge(candles.slice(0, 200), 'recorded', now);
  windows.merge(candles.slice(250), 'recorded', now);
  expect(fingerprint(windows)).toEqual(fingerprint(inOrder(candles)));
});

test('late and duplicate candles change nothing and are counted', () => {
  const candles = randomCandles(3, 120);
  const windows = inOrder(candles);
  const before = fingerprint(windows);
  expect(windows.add(candles[60]!, 'recorded')).toBe(false);
  expect(windows.add({ ...candles.at(-1)!, close: 1 }, 'recorded')).toBe(false);
  expect(windows.merge(candles, 'recorded', closeTimeOf(candles.at(-1)!))).toBe(0);
  expect(fingerprint(windows)).toEqual(before);
  expect(windows.counts).toEqual({ accepted: 120, late: 121, defective: 1, rebuilds: 0 });
});

test('impossible candles, foreign timeframes and times off the grid are refused and counted', () => {
  const [first] = randomCandles(3, 1);
  const windows = emptyWindows();
  const bad: Candle[] = [
    { ...first!, high: 1 },
    { ...first!, close: Number.NaN },
    { ...first!, timeframe: '5m' },
    { ...first!, openTime: first!.openTime + 1 },
  ];
  for (const candle of bad) expect(windows.add(candle, 'live')).toBe(false);
  expect(windows.counts.defective).toBe(4);
  expect(windows.closedThrough).toBe(0);
});

test('a candle of history that had not closed when the history was known is not taken', () => {
  const candles = randomCandles(5, 10);
  const windows = emptyWindows();
  const underWay = candles.at(-1)!;
  expect(windows.merge(candles, 'live', underWay.openTime + 30_000)).toBe(9);
  expect(windows.closedThrough).toBe(underWay.openTime);
  expect(windows.add(underWay, 'live')).toBe(true);
});

test('a change from simulated to live prices begins anew instead of mixing two series', () => {
  const simulated = randomCandles(1, 100);
  const live = randomCandles(2, 50, { from: startTime + 100 * 60_000 });
  const windows = emptyWindows();
  for (const candle of simulated) windows.add(candle, 'simulated');
  for (const candle of live) windows.add(candle, 'live');
  expect(windows.merge(simulated, 'simulated', closeTimeOf(live.at(-1)!))).toBe(0);
  expect(windows.view('1m')?.size).toBe(50);
  const fresh = emptyWindows();
  for (const candle of live) fresh.add(candle, 'live');
  expect(fingerprint(windows)).toEqual(fingerprint(fresh));
});

test('memory is bounded, and history older than a full memory is left out', () => {
  const candles = randomCandles(9, baseCapacity + 500);
  const windows = inOrder(candles.slice(100));
  const before = fingerprint(windows);
  expect(windows.merge(candles.slice(0, 100), 'recorded', closeTimeOf(candles.at(-1)!))).toBe(0);
  expect(fingerprint(windows)).toEqual(before);
  expect(windows.view('1m')?.size).toBe(256);
});
