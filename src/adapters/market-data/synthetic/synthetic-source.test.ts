import { expect, test } from 'vitest';
import { ManualClock } from '../../../../test/contract/market-data-support/manual-clock.ts';
import { RecordingSink } from '../../../../test/contract/market-data-support/recording-sink.ts';
import { dayMs, minuteMs } from '../../../shared/domain/time.ts';
import { syntheticCandles } from './synthetic-candles.ts';
import { SyntheticSource } from './synthetic-source.ts';

const wednesday = Date.UTC(2026, 3, 15, 12, 30, 20);
const saturday = Date.UTC(2026, 3, 18, 12, 0, 0);

test('one batch a second with every symbol, and the very candles of the simulation', async () => {
  const clock = new ManualClock(wednesday);
  const symbols = ['BTCUSDT', 'EURUSD'];
  const source = new SyntheticSource({ seed: 3, symbols, clock });
  const sink = new RecordingSink();
  await source.start(sink);
  clock.advance(10 * minuteMs);
  expect(sink.batches).toHaveLength(600);
  expect(sink.batches.every((batch) => batch.quotes.length === 2)).toBe(true);
  const from = Math.floor(wednesday / minuteMs) * minuteMs;
  const expected = [
    ...syntheticCandles({ seed: 3, symbols, from, to: from + 10 * minuteMs, timeframe: '1m' }),
  ];
  expect(sink.candles.map((event) => event.candle)).toEqual(expected.map((event) => event.candle));
  expect(
    sink.statuses.every(
      (status) => status.state === 'simulated' && status.detail.includes('not a real market'),
    ),
  ).toBe(true);
});

test('another process started later sees the same market', async () => {
  const early = new SyntheticSource({
    seed: 3,
    symbols: ['BTCUSDT'],
    clock: new ManualClock(wednesday - 3 * dayMs),
  });
  const earlySink = new RecordingSink();
  await early.start(earlySink);
  const clock = new ManualClock(wednesday);
  const late = new SyntheticSource({ seed: 3, symbols: ['BTCUSDT'], clock });
  const other = new SyntheticSource({ seed: 4, symbols: ['BTCUSDT'], clock });
  const before = await late.history('BTCUSDT', 500);
  const lateSink = new RecordingSink();
  await late.start(lateSink);
  clock.advance(2 * minuteMs);
  const again = await late.history('BTCUSDT', 502);
  expect(again.slice(0, 500)).toEqual(before);
  expect(again.slice(500)).toEqual(lateSink.candles.map((event) => event.candle));
  expect(await other.history('BTCUSDT', 500)).not.toEqual(before);
});

test('after a long sleep only the last two hours are caught up, in order, and quotes are of now', async () => {
  const clock = new ManualClock(wednesday);
  const source = new SyntheticSource({ seed: 3, symbols: ['BTCUSDT'], clock });
  const sink = new RecordingSink();
  await source.start(sink);
  clock.jumpTo(wednesday + dayMs);
  clock.advance(0);
  const times = sink.openTimes('BTCUSDT');
  expect(times).toHaveLength(120);
  expect(times).toEqual(times.map((_, index) => times[0]! + index * minuteMs));
  expect(times.at(-1)).toBe(Math.floor((wednesday + dayMs) / minuteMs) * minuteMs - minuteMs);
  expect(sink.batches).toHaveLength(1);
  expect(sink.batches[0]?.quotes[0]?.happenedAt).toBe(wednesday + dayMs);
});

test('a closed forex market is silent and says so, and history reaches back over the weekend', async () => {
  const clock = new ManualClock(saturday);
  const source = new SyntheticSource({ seed: 3, symbols: ['EURUSD'], clock });
  const sink = new RecordingSink();
  await source.start(sink);
  clock.advance(5 * minuteMs);
  expect(sink.candles).toEqual([]);
  expect(sink.batches).toEqual([]);
  expect(sink.lastStatus?.detail).toContain('market closed');
  const history = await source.history('EURUSD', 300);
  expect(history).toHaveLength(300);
  expect(new Date(history.at(-1)!.openTime).toISOString()).toBe('2026-04-17T20:59:00.000Z');
});

test('a sink that throws does not silence the market', async () => {
  const clock = new ManualClock(wednesday);
  const source = new SyntheticSource({ seed: 3, symbols: ['BTCUSDT'], clock });
  let calls = 0;
  await source.start({
    candle: () => {},
    status: () => {},
    quarantined: () => {},
    quotes: () => {
      calls += 1;
      throw new Error('sink');
    },
  });
  expect(() => clock.advance(1_000)).toThrow('sink');
  expect(() => clock.advance(1_000)).toThrow('sink');
  expect(calls).toBe(2);
});
