import fc from 'fast-check';
import { expect, test } from 'vitest';
import { candle } from '../../test/support/api-rows.ts';
import { maxCandleSeries, maxCandlesPerSymbol, RecentCandles } from './recent-candles.ts';

const event = (minute: number, close = 101, symbol = 'BTCUSDT') => ({
  source: 'tape',
  kind: 'recorded' as const,
  candle: candle(minute * 60_000, { close, symbol }),
  happened_at: minute * 60_000,
  known_at: minute * 60_000,
});

test('property: whatever comes in whatever order, times rise strictly and the last word of each time stays', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 9 }))),
      (input) => {
        const recent = new RecentCandles();
        const last = new Map<number, number>();
        for (const [minute, close] of input) {
          recent.add(event(minute, close));
          last.set(minute * 60_000, close);
        }
        const kept = recent.of('BTCUSDT')?.candles ?? [];
        expect(kept.map((row) => [row.openTime, row.close])).toEqual(
          [...last].sort(([left], [right]) => left - right),
        );
      },
    ),
  );
});

test('a year of candles keeps only the newest', () => {
  const recent = new RecentCandles();
  for (let minute = 1; minute <= 5_000; minute++) recent.add(event(minute));
  const kept = recent.of('BTCUSDT')?.candles ?? [];
  expect(kept.length).toBeLessThanOrEqual(maxCandlesPerSymbol + 250);
  expect(kept.length).toBeGreaterThanOrEqual(maxCandlesPerSymbol);
  expect(kept.at(-1)?.openTime).toBe(5_000 * 60_000);
});

test('history fills in before and between, and timeframes stay apart', () => {
  const recent = new RecentCandles();
  recent.add(event(5));
  const candles = [
    candle(3 * 60_000),
    candle(4 * 60_000),
    candle(0, { openTime: 300_000 * 3, timeframe: '5m' }),
  ];
  recent.addHistory({ source: 'venue', kind: 'live', symbol: 'BTCUSDT', candles, known_at: 1 });
  expect(recent.of('BTCUSDT')?.candles.map((row) => row.openTime / 60_000)).toEqual([3, 4, 5]);
  expect(recent.of('BTCUSDT', '5m')?.candles).toHaveLength(1);
  expect(recent.of('BTCUSDT', '1h')).toBeUndefined();
});

test('the number of series is bounded', () => {
  const recent = new RecentCandles();
  for (let index = 0; index <= maxCandleSeries; index++) recent.add(event(1, 1, `S${index}`));
  expect(recent.of(`S${maxCandleSeries - 1}`)).toBeDefined();
  expect(recent.of(`S${maxCandleSeries}`)).toBeUndefined();
});
