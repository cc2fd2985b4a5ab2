import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomCandles, startTime } from '../../test/support/analyst-world.ts';
import { type Candle, type Timeframe, timeframeMs } from '../shared/domain/candle.ts';
import { CandleAggregator } from './candle-aggregator.ts';
import { TimeframeWindow } from './timeframe-window.ts';

interface Bucket {
  readonly openTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly coverage: number;
}

/** Aggregation as one would write it on paper; the last bucket counts only when its end has been seen. */
function naive(candles: readonly Candle[], timeframe: Timeframe): Bucket[] {
  const bucketMs = timeframeMs[timeframe];
  const groups = Map.groupBy(candles, (candle) => Math.floor(candle.openTime / bucketMs) * bucketMs);
  const buckets = [...groups].map(([openTime, members]) => ({
    openTime,
    open: members[0]!.open,
    high: Math.max(...members.map((candle) => candle.high)),
    low: Math.min(...members.map((candle) => candle.low)),
    close: members.at(-1)!.close,
    volume: members.reduce((sum, candle) => sum + candle.volume, 0),
    coverage: (members.length * 60_000) / bucketMs,
  }));
  const knownThrough = candles.at(-1)!.openTime + 60_000;
  return buckets.filter((bucket) => bucket.openTime + bucketMs <= knownThrough);
}

function held(window: TimeframeWindow): Bucket[] {
  const { view } = window;
  return Array.from({ length: view.size }, (_, index) => {
    const ago = view.size - 1 - index;
    return {
      openTime: view.openTime(ago),
      open: view.open(ago),
      high: view.high(ago),
      low: view.low(ago),
      close: view.close(ago),
      volume: view.volume(ago),
      coverage: view.coverage(ago),
    };
  });
}

test('aggregated candles equal a naive aggregation, at every moment, with any gaps and any start', () => {
  const cases = fc.record({
    seed: fc.integer(),
    count: fc.integer({ min: 1, max: 400 }),
    gapChance: fc.constantFrom(0, 0.05, 0.5, 0.95),
    offsetMinutes: fc.integer({ min: 0, max: 1_440 }),
    timeframe: fc.constantFrom<Timeframe>('5m', '15m', '1h', '4h', '1d'),
  });
  fc.assert(
    fc.property(cases, ({ seed, count, gapChance, offsetMinutes, timeframe }) => {
      const candles = randomCandles(seed, count, { gapChance, from: startTime + offsetMinutes * 60_000 });
      const window = new TimeframeWindow(timeframe);
      const aggregator = new CandleAggregator(60_000, timeframeMs[timeframe], window);
      candles.forEach((candle, index) => {
        const { openTime, open, high, low, close, volume } = candle;
        aggregator.add(openTime, open, high, low, close, volume);
        if (index % 37 === 0 || index === candles.length - 1)
          expect(held(window)).toEqual(naive(candles.slice(0, index + 1), timeframe));
      });
    }),
    { numRuns: 60 },
  );
});

test('a bucket closes with its last base candle, not with the first of the next', () => {
  const window = new TimeframeWindow('5m');
  const aggregator = new CandleAggregator(60_000, 300_000, window);
  const sizes = randomCandles(1, 6).map(({ openTime, open, high, low, close, volume }) => {
    aggregator.add(openTime, open, high, low, close, volume);
    return window.view.size;
  });
  expect(sizes).toEqual([0, 0, 0, 0, 1, 1]);
});

test('a bucket without base candles gives no candle; a thin one says how thin it is', () => {
  const window = new TimeframeWindow('5m');
  const aggregator = new CandleAggregator(60_000, 300_000, window);
  for (const minute of [0, 1, 11, 15]) aggregator.add(startTime + minute * 60_000, 1, 1, 1, 1, 0);
  expect(held(window).map((bucket) => [(bucket.openTime - startTime) / 60_000, bucket.coverage])).toEqual([
    [0, 0.4],
    [10, 0.2],
  ]);
});
