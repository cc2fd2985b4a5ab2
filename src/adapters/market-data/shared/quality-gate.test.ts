import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecordingSink } from '../../../../test/contract/market-data-support/recording-sink.ts';
import type { CandleEvent } from '../../../shared/bus/catalogue.ts';
import { candleDefect } from '../../../shared/domain/candle.ts';
import { QualityGate } from './quality-gate.ts';

const t0 = 1_700_000_040_000;

function candleEvent(index: number, close = 100, patch: Partial<CandleEvent['candle']> = {}): CandleEvent {
  const openTime = t0 + index * 60_000;
  const at = openTime + 60_000;
  const candle = {
    symbol: 'BTCUSDT',
    timeframe: '1m' as const,
    openTime,
    open: close,
    high: close,
    low: close,
    close,
    volume: 1,
  };
  return { source: 'test', kind: 'live', candle: { ...candle, ...patch }, happened_at: at, known_at: at };
}

function gate(): { gate: QualityGate; sink: RecordingSink } {
  const sink = new RecordingSink();
  return { gate: new QualityGate(sink, { source: 'test' }), sink };
}

test('defective, duplicate, backwards and future candles are dropped and reported', () => {
  const { gate: one, sink } = gate();
  expect(one.candle(candleEvent(1))).toBe(true);
  expect(one.candle(candleEvent(1))).toBe(false);
  expect(one.candle(candleEvent(0))).toBe(false);
  expect(one.candle(candleEvent(2, 100, { high: 90 }))).toBe(false);
  expect(one.candle(candleEvent(2, 100, { openTime: t0 + 120_001 }))).toBe(false);
  expect(one.candle({ ...candleEvent(2), known_at: t0 + 179_999 })).toBe(false);
  expect(one.candle(candleEvent(2))).toBe(true);
  expect(sink.quarantines.map((report) => report.reason)).toEqual([
    'duplicate candle',
    'time runs backwards',
    'high is below low',
    'open time is off the timeframe grid',
    'candle comes from the future',
  ]);
  expect(sink.candles).toHaveLength(2);
});

test('one absurd price is dropped, a lasting new level is believed late and whole', () => {
  const { gate: one, sink } = gate();
  const published = () => sink.candles.map(({ candle }) => candle.close);
  for (const [index, close] of [100, 900, 101, 1, 102].entries()) one.candle(candleEvent(index, close));
  expect(published()).toEqual([100, 101, 102]);
  const rise = [1000, 1001, 1002, 1003, 1004];
  expect(rise.map((close, index) => one.candle(candleEvent(index + 5, close)))).toEqual([
    false,
    false,
    false,
    true,
    true,
  ]);
  expect(published()).toEqual([100, 101, 102, ...rise]);
  // What waited is known no earlier than what made it believable.
  expect(sink.candles.slice(3, 7).map((event) => event.known_at)).toEqual(
    Array.from({ length: 4 }, () => candleEvent(8).known_at),
  );
  expect(sink.quarantines[0]).toMatchObject({ reason: 'price spike: no later row stayed there', count: 1 });
  expect(one.dropped).toBe(2);
});

test('quotes are judged by how the candles moved of late, and the next quote clears a move', () => {
  const { gate: one, sink } = gate();
  for (let index = 0; index < 40; index += 1) one.candle(candleEvent(index, 100 + (index % 2) / 10));
  const at = t0 + 40 * 60_000;
  const offer = (price: number, after: number) =>
    one.quotes({
      source: 'test',
      known_at: at + after,
      quotes: [{ symbol: 'BTCUSDT', bid: price, ask: price, happenedAt: at + after }],
    });
  const bids = () => sink.batches.map((batch) => batch.quotes[0]?.bid);
  for (const [after, price] of [100, 150, 101, 150, 151].entries()) offer(price, after);
  expect(bids()).toEqual([100, 101, 151]);
});

test('a flood of the same fault is one report a minute with the count', () => {
  const { gate: one, sink } = gate();
  one.candle(candleEvent(10));
  for (let repeat = 0; repeat < 50; repeat += 1) one.candle(candleEvent(10));
  expect(sink.quarantines).toHaveLength(1);
  one.candle({ ...candleEvent(10), known_at: t0 + 13 * 60_000 });
  expect(sink.quarantines.map((report) => report.count)).toEqual([1, 50]);
  expect(one.dropped).toBe(51);
});

test('crossed, empty, jumping and old quotes are taken out of the batch', () => {
  const { gate: one, sink } = gate();
  const quote = (symbol: string, bid: number, ask: number, happenedAt = t0) => ({
    symbol,
    bid,
    ask,
    happenedAt,
  });
  one.quotes({
    source: 'test',
    known_at: t0,
    quotes: [quote('A', 1, 1.1), quote('B', 2, 1.9), quote('C', 0, 1)],
  });
  expect(sink.batches.at(-1)?.quotes.map((one) => one.symbol)).toEqual(['A']);
  one.quotes({
    source: 'test',
    known_at: t0,
    quotes: [quote('A', 1, 1.1, t0 - 1), quote('B', 1, 1), quote('A', 9, 9)],
  });
  expect(sink.batches.at(-1)?.quotes.map((one) => one.symbol)).toEqual(['B']);
  one.quotes({ source: 'test', known_at: t0, quotes: [quote('A', 1, 1, t0 + 60_000)] });
  expect(sink.batches).toHaveLength(2);
  expect(sink.quarantines.map((report) => report.reason)).toEqual([
    'crossed quote',
    'a price is not above zero',
    'time runs backwards',
    'absurd price jump',
    'quote comes from the future',
  ]);
});

test('zero volume: a moved price is refused, a quiet minute is not, an endless silence is', () => {
  const { gate: one, sink } = gate();
  const quiet = (index: number, patch = {}) => one.candle(candleEvent(index, 100, { volume: 0, ...patch }));
  expect(quiet(0, { high: 101 })).toBe(true); // never gave a volume: a feed without volumes
  expect(one.candle(candleEvent(1))).toBe(true);
  expect(quiet(2, { high: 101 })).toBe(false);
  const silence = Array.from({ length: 40 }, (_, index) => quiet(3 + index));
  expect(silence.indexOf(false)).toBe(30);
  expect(one.candle(candleEvent(43))).toBe(true);
  expect(quiet(44)).toBe(true);
  expect([...new Set(sink.quarantines.map((report) => report.reason))]).toEqual([
    'zero volume but the price moved',
    'zero volume for too long',
  ]);
});

test('a spike inside the candle and an absurd spread are refused', () => {
  const { gate: one, sink } = gate();
  expect(one.candle(candleEvent(0, 100, { high: 501 }))).toBe(false);
  expect(one.candle(candleEvent(0, 100, { low: 19 }))).toBe(false);
  expect(one.candle(candleEvent(0, 100, { low: 21, high: 499 }))).toBe(true);
  one.quotes({ source: 'test', known_at: t0, quotes: [{ symbol: 'A', bid: 1, ask: 6, happenedAt: t0 }] });
  expect(sink.batches).toHaveLength(0);
  expect(sink.quarantines.map((report) => report.reason)).toEqual([
    'absurd spike inside the candle',
    'absurd spread',
  ]);
});

test('counts kept back are said with later good data, none is lost', () => {
  const { gate: one, sink } = gate();
  one.candle(candleEvent(10));
  for (let repeat = 0; repeat < 50; repeat += 1) one.candle(candleEvent(10));
  for (let index = 11; index < 14; index += 1) one.candle(candleEvent(index));
  expect(sink.quarantines.reduce((sum, report) => sum + report.count, 0)).toBe(one.dropped);
});

test('whatever comes in, what goes out is sound and strictly ascending', () => {
  const price = fc.oneof(
    fc.double({ min: 0.1, max: 1000 }),
    fc.constantFrom(0, -1, Number.NaN, Number.POSITIVE_INFINITY),
  );
  const input = fc.record({
    index: fc.integer({ min: 0, max: 20 }),
    open: price,
    high: price,
    low: price,
    close: price,
  });
  fc.assert(
    fc.property(fc.array(input, { maxLength: 60 }), (inputs) => {
      const { gate: one, sink } = gate();
      for (const { index, ...prices } of inputs) one.candle(candleEvent(index, 1, prices));
      const waiting = inputs.length - sink.candles.length - one.dropped;
      expect(waiting).toBeGreaterThanOrEqual(0);
      expect(waiting).toBeLessThanOrEqual(3);
      const times = sink.openTimes('BTCUSDT');
      expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
      for (const event of sink.candles) expect(candleDefect(event.candle)).toBe(undefined);
    }),
  );
});
