// The CCXT source against a stand-in exchange: the real ccxt, real sockets, the test's clock.
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { CcxtError } from '../../src/adapters/market-data/ccxt/ccxt-errors.ts';
import { openExchange } from '../../src/adapters/market-data/ccxt/ccxt-exchange.ts';
import { CcxtSource, type CcxtSourceOptions } from '../../src/adapters/market-data/ccxt/ccxt-source.ts';
import { candleDefect } from '../../src/shared/domain/candle.ts';
import { marketDataContract } from './market-data.contract.ts';
import { CcxtStandIn } from './market-data-support/ccxt-stand-in.ts';
import { ManualClock } from './market-data-support/manual-clock.ts';
import { RecordingSink, until } from './market-data-support/recording-sink.ts';

const minuteMs = 60_000;
const firstMinute = Date.UTC(2026, 3, 15, 12, 30);
const symbol = 'BTCUSDT';

// Loading 61 MB of library may take longer than a test allows an exchange.
beforeAll(async () => {
  await openExchange('binance');
}, 30_000);

for (const websocket of [true, false]) {
  marketDataContract(`ccxt binance by ${websocket ? 'websocket' : 'polling'}`, async () => {
    const clock = new ManualClock(firstMinute + 20_000);
    const venue = new CcxtStandIn(() => clock.now());
    await venue.listen();
    const inner = newSource(venue, clock, {
      websocket,
      symbols: [symbol, 'ETHUSDT'],
      prepare: async (exchange) => {
        await venue.prepare(exchange);
        // ccxt's pace is kept on real timers: by polling, nothing would come within the test's minutes.
        exchange.enableRateLimit = websocket;
      },
    });
    let batches = 0;
    let arrived = 0;
    let wanted = 0;
    const start = inner.start.bind(inner);
    inner.start = (sink) =>
      start({
        candle: (event) => {
          arrived += 1;
          sink.candle(event);
        },
        quotes: (batch) => {
          batches += 1;
          sink.quotes(batch);
        },
        status: (status) => sink.status(status),
        quarantined: (report) => sink.quarantined(report),
      });
    const play = async (minutes: number) => {
      for (let minute = 0; minute < minutes; minute += 1) {
        const stopped = clock.pendingWakeAt === undefined;
        const openTime = Math.floor(clock.now() / minuteMs) * minuteMs;
        clock.advanceTo(openTime + minuteMs / 2);
        const before = batches;
        let step = 0;
        await until(() => {
          if (stopped || batches > before) return true;
          step += 1;
          if (step % 20 === 0) venue.sendBook(symbol, 100, 100.1);
          if (clock.now() < openTime + minuteMs - 1_000) clock.advance(1);
          return false;
        }, 'a quote batch');
        clock.advanceTo(openTime + minuteMs + 3_500);
        if (!stopped) wanted += inner.symbols.length;
        await until(() => stopped || arrived >= wanted, 'the candles of the minute');
      }
    };
    return { source: inner, clock, play, close: () => venue.close() };
  });
}

let clock: ManualClock;
let venue: CcxtStandIn;
let source: CcxtSource;
let sink: RecordingSink;

function newSource(at: CcxtStandIn, on: ManualClock, patch: Partial<CcxtSourceOptions> = {}): CcxtSource {
  return new CcxtSource({
    exchange: 'binance',
    symbols: [symbol],
    clock: on,
    random: () => 0,
    prepare: async (exchange) => {
      await at.prepare(exchange);
      // ccxt's pace is kept on real timers, while the minutes here pass in moments.
      exchange.enableRateLimit = false;
    },
    ...patch,
  });
}

beforeEach(async () => {
  clock = new ManualClock(firstMinute + 20_000);
  venue = new CcxtStandIn(() => clock.now());
  await venue.listen();
  source = newSource(venue, clock);
  sink = new RecordingSink();
});
afterEach(async () => {
  await source.stop();
  await venue.close();
});

const state = () => sink.lastStatus?.state;
const minutesSeen = () => sink.openTimes(symbol).map((openTime) => (openTime - firstMinute) / minuteMs);
const minuteAt = (index: number) => firstMinute + index * minuteMs;
const reasons = () => sink.quarantines.map((report) => report.reason);

/** Keeps the clock going in small steps until something that needs both time and I/O has happened. */
function untilWithTime(condition: () => boolean, what: string, stepMs = 5): Promise<void> {
  return until(() => {
    if (condition()) return true;
    clock.advance(stepMs);
    return false;
  }, what);
}

async function sweep(index: number): Promise<void> {
  clock.advanceTo(minuteAt(index + 1) + 3_000);
  await untilWithTime(() => minutesSeen().includes(index), `candle ${index}`, 2);
}

test('an exchange that ccxt does not know is refused with the nearest names', async () => {
  const wrong = newSource(venue, clock, { exchange: 'krakn' });
  await expect(wrong.reachable(5_000)).rejects.toThrow(/"krakn" is not an exchange.*kraken/);
});

test('symbols the venue does not list are named and not claimed', async () => {
  source = newSource(venue, clock, { symbols: [symbol, 'NOSUCHUSDT'] });
  expect(await source.reachable(5_000)).toBe(true);
  expect(source.symbols).toEqual([symbol]);
  await source.start(sink);
  await untilWithTime(
    () => sink.lastStatus?.detail.includes('not listed: NOSUCHUSDT') === true,
    'the detail',
  );
});

test('an address that does not answer is unreachable, is tried again, and works when it comes back', async () => {
  venue.restDown = { status: 503, body: '<html>down</html>' };
  await source.start(sink);
  expect(state()).toBe('unreachable');
  await untilWithTime(() => /no list of markets/.test(sink.lastStatus?.detail ?? ''), 'a reason', 100);
  venue.restDown = undefined;
  await untilWithTime(() => venue.subscriptions.length > 0, 'the subscription', 100);
  venue.sendBook(symbol, 100, 100.1);
  await untilWithTime(() => state() === 'live', 'live');
});

test('REST has the last word on a closed candle; the stream alone never closes one early', async () => {
  await source.start(sink);
  await untilWithTime(() => venue.subscriptions.length >= 2, 'the subscriptions');
  expect([...venue.subscriptions].sort()).toEqual(['btcusdt@bookTicker', 'btcusdt@kline_1m']);
  venue.sendKline(symbol, minuteAt(0), { c: '101.5' });
  venue.sendKline(symbol, minuteAt(1));
  venue.sendBook(symbol, 100, 100.1);
  await untilWithTime(() => sink.batches.length > 0, 'the quote behind the candles');
  expect(minutesSeen()).toEqual([]);
  await sweep(0);
  const [open, high, low, close, volume] = venue.price(symbol, minuteAt(0));
  expect(sink.candles[0]?.candle).toMatchObject({ open, high, low, close, volume });
});

test('while REST is down, candles that a newer one has ended come from the stream', async () => {
  await source.start(sink);
  await untilWithTime(() => venue.subscriptions.length >= 2, 'the subscriptions');
  venue.restDown = { status: 503, body: 'down' };
  venue.sendKline(symbol, minuteAt(0));
  clock.advanceTo(minuteAt(1) + 1_000);
  venue.sendKline(symbol, minuteAt(1));
  await untilWithTime(() => minutesSeen().includes(0), 'the candle', 50);
  await untilWithTime(() => state() === 'degraded', 'degraded');
  venue.restDown = undefined;
  await sweep(1);
  expect(minutesSeen().slice(0, 2)).toEqual([0, 1]);
});

test('an outage is filled in afterwards, in order, each candle once', async () => {
  await source.start(sink);
  await untilWithTime(() => venue.subscriptions.length >= 2, 'the subscriptions');
  await sweep(0);
  venue.restDown = { behaviour: 'reset' };
  venue.refuseSockets = true;
  for (const socket of venue.sockets) socket.terminate();
  const outageEnds = clock.now() + 4 * minuteMs;
  await untilWithTime(() => clock.now() > outageEnds, 'four minutes', 500);
  const before = minutesSeen().length;
  expect(['stale', 'unreachable', 'blind']).toContain(state());
  venue.restDown = undefined;
  venue.refuseSockets = false;
  await untilWithTime(() => minutesSeen().length >= before + 4, 'the back-fill', 500);
  expect(minutesSeen()).toEqual(minutesSeen().map((_, index) => index));
});

test('too many requests: nothing is sent until Retry-After has passed', async () => {
  await source.start(sink);
  await untilWithTime(() => venue.subscriptions.length >= 2, 'the subscriptions');
  venue.staged.push({
    status: 429,
    headers: { 'Retry-After': '90' },
    body: '{"code":-1003,"msg":"slow down"}',
  });
  clock.advanceTo(minuteAt(1) + 3_000);
  await until(() => sink.lastStatus?.detail.includes('closed to us until') === true, 'the pause');
  const before = venue.requests.length;
  clock.advanceTo(minuteAt(2) + 3_000);
  await new Promise((resolve) => setImmediate(resolve));
  expect(venue.requests).toHaveLength(before);
  await untilWithTime(() => minutesSeen().length >= 2, 'the candles afterwards', 200);
  expect(minutesSeen().slice(0, 2)).toEqual([0, 1]);
});

const garbage: readonly [string, string][] = [
  ['a page of HTML', '<!doctype html><html><body>Attention required</body></html>'],
  ['truncated JSON', '[[1776256200000,"100.0","1'],
  ['another type', '{"klines":true}'],
  ['wrong cells', '[[null,"a",{},[],"NaN","-1"],[1776256200000],"x",17]'],
  ['nothing', ''],
];
test.each(garbage)('an answer that is %s harms nobody', async (_name, body) => {
  await source.start(sink);
  await untilWithTime(() => venue.subscriptions.length >= 2, 'the subscriptions');
  venue.staged.push(...Array.from({ length: 3 }, () => ({ path: /klines/, body })));
  await untilWithTime(() => minutesSeen().length >= 2, 'the candles afterwards', 200);
  expect(minutesSeen().slice(0, 2)).toEqual([0, 1]);
  for (const { candle } of sink.candles) expect(candleDefect(candle)).toBe(undefined);
});

test('impossible stream rows are quarantined with their reason and do not block the next ones', async () => {
  await source.start(sink);
  await untilWithTime(() => venue.subscriptions.length >= 2, 'the subscriptions');
  venue.sendKline(symbol, minuteAt(0), { l: '-5' });
  venue.sendKline(symbol, minuteAt(900_000));
  venue.sendKline(symbol, minuteAt(0) + 1_234);
  venue.send('{"e":"kline","s":"BTCUSDT","k":{"t":"x","i":"1m"}}');
  venue.sendBook(symbol, 101, 100);
  venue.sendBook(symbol, 100, 100.1);
  await untilWithTime(() => reasons().length >= 3, 'three reasons');
  await sweep(0);
  expect(minutesSeen()[0]).toBe(0);
  for (const { candle } of sink.candles) expect(candleDefect(candle)).toBe(undefined);
  for (const batch of sink.batches)
    for (const quote of batch.quotes) expect(quote.bid).toBeLessThanOrEqual(quote.ask);
});

test('history pages over more rows than one answer carries', async () => {
  const candles = await source.history(symbol, 1_200);
  expect(candles).toHaveLength(1_200);
  expect(candles.at(-1)?.openTime).toBe(minuteAt(-1));
  venue.restDown = { status: 503, body: 'down' };
  const failing = source.history(symbol, 10).catch((error: unknown) => error);
  let error: unknown;
  void failing.then((value) => {
    error = value;
  });
  await untilWithTime(() => error !== undefined, 'the refusal', 100);
  expect(error).toBeInstanceOf(CcxtError);
  expect(error).toMatchObject({ fault: 'unreachable' });
});

test('a venue whose clock runs ahead cannot make a candle known before its end', async () => {
  venue.aheadMs = 20_000;
  source = newSource(venue, clock, { websocket: false });
  await source.start(sink);
  await untilWithTime(() => sink.candles.length >= 2, 'two candles', 100);
  for (const event of sink.candles) expect(event.known_at).toBeGreaterThanOrEqual(event.happened_at);
  expect(source.clockSkewMs).toBeLessThan(-15_000);
});
