// Gapless candles from a stream with holes and a venue that answers late, wrongly or not at all.
import { expect, test } from 'vitest';
import { ManualClock } from '../../../../test/contract/market-data-support/manual-clock.ts';
import type { MarketQuarantine } from '../../../shared/bus/catalogue.ts';
import type { Candle } from '../../../shared/domain/candle.ts';
import { minuteMs, secondMs } from '../../../shared/domain/time.ts';
import type { MarketDataSink } from '../../../shared/ports/market-data.ts';
import { Alarms } from './alarms.ts';
import { CandleKeeper, type CandleKeeperOptions } from './candle-keeper.ts';
import { QualityGate } from './quality-gate.ts';

const t0 = 1_700_000_040_000;

const candle = (minute: number, changes: Partial<Candle> = {}): Candle => ({
  ...{ symbol: 'BTCUSDT', timeframe: '1m', openTime: t0 + minute * minuteMs },
  ...{ open: 100, high: 101, low: 99, close: 100, volume: 1 },
  ...changes,
});

/** Lets promises that wait for nothing but each other come to their end. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A keeper that has just started, in the middle of minute 0. `venue`: the minutes it answers with, or its failure. */
function world(changes: Partial<CandleKeeperOptions> = {}) {
  const clock = new ManualClock(t0 + 30 * secondMs);
  const minutes: number[] = [];
  const reports: MarketQuarantine[] = [];
  const asked: number[] = [];
  const venue: { answer: (since: number) => readonly Candle[] | Error } = { answer: () => [] };
  const alarms = new Alarms(clock);
  const sink = {
    quarantined: (report: MarketQuarantine) => reports.push(report),
  } as unknown as MarketDataSink;
  const gate = new QualityGate(sink, { source: 'hand' });
  const keeper = new CandleKeeper({
    ...{ source: 'hand', clock, alarms, sweepAfterMs: 5 * secondMs, maxParallelFills: 2 },
    fetch: async (_, since) => {
      asked.push((since - t0) / minuteMs);
      const answer = venue.answer(since);
      if (answer instanceof Error) throw answer;
      return { candles: answer, full: false };
    },
    isUnknownSymbol: (error) => error instanceof RangeError,
    messageOf: (error) => (error as Error).message,
    emit: ({ candle: { openTime } }) => minutes.push((openTime - t0) / minuteMs),
    swept: () => undefined,
    ...changes,
  });
  keeper.start(['BTCUSDT'], sink, gate);
  keeper.begin(new AbortController().signal);
  const to = (minute: number, second: number) => clock.advanceTo(t0 + minute * minuteMs + second * secondMs);
  const take = (...given: readonly Candle[]) => keeper.take('BTCUSDT', given, clock.now());
  return { keeper, venue, minutes, reports, asked, to, take };
}

test('a hole in the stream is asked for at once, and nothing behind it is released before', async () => {
  const { venue, minutes, asked, to, take } = world();
  venue.answer = () => [candle(1), candle(2)];
  to(1, 1);
  take(candle(0));
  to(4, 1);
  take(candle(3));
  expect(minutes).toEqual([0]);
  await settled();
  expect({ minutes, asked }).toEqual({ minutes: [0, 1, 2, 3], asked: [1] });
});

test('what did not come is fetched after the minute; what cannot be real is reported and never released', async () => {
  const { keeper, venue, minutes, reports, to } = world();
  venue.answer = () => [candle(0, { low: 200 }), candle(1, { openTime: t0 + minuteMs + 1 }), candle(1)];
  keeper.setSweep();
  to(2, 5);
  await settled();
  expect(minutes).toEqual([1]);
  expect(reports.length).toBeGreaterThan(0);
});

test('a fill that fails keeps later candles back for two minutes, then gives the gap up and says how much is missing', async () => {
  const { keeper, venue, minutes, reports, to, take } = world();
  venue.answer = () => new Error('down');
  to(3, 1);
  take(candle(2));
  await settled();
  expect({ minutes, fault: keeper.restFault }).toEqual({ minutes: [], fault: 'down' });
  to(5, 2);
  await keeper.fillLagging();
  expect(minutes).toEqual([2]);
  expect(reports.at(-1)).toMatchObject({ reason: 'candles missing: back-fill failed', count: 2 });
  venue.answer = () => [];
  await keeper.fillLagging();
  expect(keeper.restFault, 'an answer clears it').toBe('');
});

test('a symbol that the venue does not know is not asked for again until it is forgiven', async () => {
  const { keeper, venue, asked, to } = world();
  venue.answer = () => new RangeError('no such symbol');
  to(2, 1);
  await keeper.fillLagging();
  await keeper.fillLagging();
  expect({ asked, unknown: keeper.unknown }).toEqual({ asked: [0], unknown: ['BTCUSDT'] });
  keeper.forgive();
  await keeper.fillLagging();
  expect(asked).toEqual([0, 0]);
});

test('where the venue fails, what only the stream has is used; where it answered, its word is the last', async () => {
  const streamed = () => [candle(0, { close: 100.5 })];
  const failing = world({ streamed });
  failing.venue.answer = () => new Error('down');
  failing.to(1, 1);
  await failing.keeper.fillLagging();
  expect(failing.minutes).toEqual([0]);
  const answering = world({ streamed });
  answering.to(1, 1);
  await answering.keeper.fillLagging();
  expect(answering.minutes, 'it said that there was none').toEqual([]);
});

test('after a restart an answer to the earlier run changes nothing', async () => {
  const { keeper, venue, minutes, to } = world();
  const run = new AbortController();
  keeper.begin(run.signal);
  venue.answer = () => {
    run.abort();
    return [candle(0)];
  };
  to(1, 1);
  await keeper.fillLagging();
  expect(minutes).toEqual([]);
});
