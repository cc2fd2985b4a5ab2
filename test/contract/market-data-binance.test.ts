// Binance's bad days, against the stand-in: real sockets, the test's clock, no sleeps.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BinanceRestError } from '../../src/adapters/market-data/binance/binance-rest.ts';
import {
  BinanceSource,
  type BinanceSourceOptions,
} from '../../src/adapters/market-data/binance/binance-source.ts';
import { BinanceStandIn } from './market-data-support/binance-stand-in.ts';
import { ManualClock } from './market-data-support/manual-clock.ts';
import { RecordingSink, until } from './market-data-support/recording-sink.ts';

const minuteMs = 60_000;
const firstMinute = Date.UTC(2026, 3, 15, 12, 30);
const symbol = 'BTCUSDT';

let clock: ManualClock;
let venue: BinanceStandIn;
let source: BinanceSource;
let sink: RecordingSink;

function build(patch: Partial<BinanceSourceOptions> = {}): BinanceSource {
  return new BinanceSource({
    symbols: [symbol],
    clock,
    restUrl: venue.restUrl,
    streamUrl: venue.streamUrl,
    random: () => 1,
    ...patch,
  });
}

beforeEach(async () => {
  clock = new ManualClock(firstMinute + 20_000);
  venue = new BinanceStandIn(() => clock.now());
  await venue.listen();
  source = build();
  sink = new RecordingSink();
});
afterEach(async () => {
  await source.stop();
  await venue.close();
});

const state = () => sink.lastStatus?.state;
const minuteAt = (index: number) => firstMinute + index * minuteMs;
const minutesSeen = () => sink.openTimes(symbol).map((openTime) => (openTime - firstMinute) / minuteMs);

async function startLive(): Promise<void> {
  await source.start(sink);
  await until(() => state() === 'live', 'live');
}

/** Keeps the clock going in small steps until something that needs both time and I/O has happened. */
function untilWithTime(condition: () => boolean, what: string, stepMs = 5): Promise<void> {
  return until(() => {
    if (condition()) return true;
    clock.advance(stepMs);
    return false;
  }, what);
}

/** A ping of the venue and our answer: the connection is known to live now. */
async function alive(): Promise<void> {
  let answered = false;
  venue.open[0]?.once('pong', () => {
    answered = true;
  });
  venue.open[0]?.ping('x');
  await until(() => answered, 'pong');
}

/** Time passes as it does at the venue, with a ping every 20 s. */
async function pass(target: number): Promise<void> {
  while (clock.now() < target) {
    clock.advanceTo(Math.min(target, clock.now() + 20_000));
    await alive();
  }
}

async function candleArrives(index: number): Promise<void> {
  await pass(minuteAt(index + 1) - 1_000);
  clock.advanceTo(minuteAt(index + 1) + 50);
  venue.sendKline(symbol, minuteAt(index), true);
  await until(() => minutesSeen().includes(index), `candle ${index}`);
}

test('only closed candles are published; those under way are not', async () => {
  await startLive();
  venue.sendKline(symbol, minuteAt(0), false);
  await candleArrives(0);
  expect(sink.candles).toHaveLength(1);
  expect(sink.candles[0]?.candle).toEqual(venue.candle(symbol, minuteAt(0)));
  expect(venue.connections).toEqual(['btcusdt@kline_1m/btcusdt@bookTicker']);
});

test('quotes are conflated to one batch a second with the last book of each symbol', async () => {
  await startLive();
  for (let index = 0; index < 200; index += 1) venue.sendBook(symbol, 100 + index / 100, 100.5 + index / 100);
  venue.sendKline(symbol, minuteAt(0), true, { t: minuteAt(-1) });
  await until(() => sink.quarantines.length > 0, 'the frame behind the books');
  clock.advance(1_000);
  expect(sink.batches).toHaveLength(1);
  expect(sink.batches[0]?.quotes).toMatchObject([{ symbol, bid: 101.99, ask: 102.49 }]);
  clock.advance(5_000);
  expect(sink.batches).toHaveLength(1);
});

test('history pages backwards over more than one page and leaves the open candle out', async () => {
  const candles = await source.history(symbol, 2_500);
  expect(candles).toHaveLength(2_500);
  expect(candles.at(-1)?.openTime).toBe(minuteAt(-1));
  expect(candles[0]?.openTime).toBe(minuteAt(-2_500));
  expect(venue.requests).toHaveLength(3);
});

test('a clock that runs ahead does not turn an open candle into a closed one', async () => {
  venue.aheadMs = -5 * minuteMs;
  const candles = await source.history(symbol, 10);
  expect(candles.at(-1)?.openTime).toBe(minuteAt(-6));
});

test('429 is obeyed to the second and nothing is sent meanwhile', async () => {
  venue.staged.push({
    status: 429,
    headers: { 'retry-after': '30' },
    body: '{"code":-1003,"msg":"Too many requests."}',
  });
  const refused = await source.history(symbol, 5).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(BinanceRestError);
  expect(refused).toMatchObject({ fault: 'rate-limited', retryAt: clock.now() + 30_000 });
  clock.advance(29_000);
  await expect(source.history(symbol, 5)).rejects.toMatchObject({ fault: 'rate-limited' });
  expect(venue.requests).toHaveLength(1);
  clock.advance(1_000);
  expect(await source.history(symbol, 5)).toHaveLength(5);
});

test('418 is a ban: obeyed also without Retry-After, and shown in the status', async () => {
  await startLive();
  venue.staged.push({ status: 418 });
  await expect(source.history(symbol, 5)).rejects.toMatchObject({
    fault: 'rate-limited',
    retryAt: clock.now() + 5 * minuteMs,
  });
  venue.sendKline(symbol, minuteAt(0), false);
  clock.advance(30_000);
  expect(sink.lastStatus).toMatchObject({ state: 'degraded', health: 0.5 });
  expect(sink.lastStatus?.detail).toContain('REST closed to us until');
});

test('the weight the venue counts is kept under the budget by waiting for the next minute', async () => {
  source = build({ weightBudgetPerMinute: 100 });
  venue.usedWeight = 98;
  expect(await source.history(symbol, 5)).toHaveLength(5);
  let done = false;
  const waiting = source.history(symbol, 5).then((candles) => {
    done = true;
    return candles;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(done).toBe(false);
  expect(venue.requests).toHaveLength(1);
  venue.usedWeight = 0;
  clock.advanceTo(minuteAt(1));
  expect(await waiting).toHaveLength(5);
});

const passing = [
  ['a server error', { status: 502, body: '<html>bad gateway</html>' }],
  ['a web page', { status: 200, body: '<html><body>maintenance</body></html>' }],
  ['cut off JSON', { behaviour: 'truncate' }],
  ['wrong types', { status: 200, body: '[[1,2,3]]' }],
  ['a number that is none', { status: 200, body: '[[1776256200000,"NaN","1","1","1","1",1776256259999]]' }],
  ['a reset connection', { behaviour: 'reset' }],
  ['no answer at all', { behaviour: 'hang' }],
] as const;
for (const [what, answer] of passing) {
  test(`${what} is asked again, and given up after three times`, async () => {
    venue.staged.push(answer);
    let candles = 0;
    void source.history(symbol, 5).then((found) => {
      candles = found.length;
    });
    await untilWithTime(() => candles === 5, 'the second answer', 50);
    expect(venue.requests).toHaveLength(2);
    venue.staged.push(answer, answer, answer);
    let fault: unknown;
    source.history(symbol, 5).catch((error: unknown) => {
      fault = error;
    });
    await untilWithTime(() => fault !== undefined, 'the fault', 50);
    expect(fault).toBeInstanceOf(BinanceRestError);
    expect(['unreachable', 'malformed']).toContain((fault as BinanceRestError).fault);
    expect(venue.requests).toHaveLength(5);
  });
}

test('a symbol the venue does not know is named in the status and not asked for again', async () => {
  source = build({ symbols: [symbol, 'NOSUCHUSDT'] });
  await startLive();
  clock.advanceTo(minuteAt(1) + 50);
  venue.sendKline(symbol, minuteAt(0), true);
  await until(() => minutesSeen().length === 1, 'the candle');
  clock.advanceTo(minuteAt(1) + 8_000);
  await until(() => state() === 'degraded', 'degraded');
  expect(sink.lastStatus?.detail).toContain('unknown symbols: NOSUCHUSDT');
  const asked = venue.requests.length;
  venue.sendKline(symbol, minuteAt(1), false);
  clock.advanceTo(minuteAt(2) + 8_000);
  expect(venue.requests.slice(asked).filter((request) => request.includes('NOSUCH'))).toEqual([]);
});

test('after a lost connection missed candles are filled in order, before the live ones, none twice', async () => {
  await startLive();
  await candleArrives(0);
  for (const socket of venue.open) socket.terminate();
  await until(() => state() !== 'live', 'the loss');
  expect(state()).toBe('stale');
  venue.refuseSockets = true;
  venue.restDown = true;
  await untilWithTime(() => clock.now() > minuteAt(4) + 30_000, 'the outage', 500);
  expect(state()).toBe('unreachable');
  expect(sink.lastStatus?.health).toBe(0);
  expect(minutesSeen()).toEqual([0]);
  venue.refuseSockets = false;
  venue.restDown = false;
  await untilWithTime(() => minutesSeen().includes(3) && state() === 'live', 'recovery', 50);
  const next = minutesSeen().length;
  venue.sendKline(symbol, minuteAt(next - 1), true);
  await candleArrives(next);
  expect(minutesSeen()).toEqual(Array.from({ length: next + 1 }, (_, index) => index));
});

test('while the websocket is refused candles come by REST, each minute', async () => {
  venue.refuseSockets = true;
  await source.start(sink);
  await untilWithTime(() => minutesSeen().length === 3, 'three candles by REST', 20);
  expect(minutesSeen()).toEqual([0, 1, 2]);
  expect(sink.lastStatus).toMatchObject({ state: 'degraded' });
  expect(sink.lastStatus?.detail).toContain('candles by REST only');
});

test('reconnects back off to one a minute instead of hammering', async () => {
  venue.refuseSockets = true;
  venue.restDown = true;
  await source.start(sink);
  await untilWithTime(() => venue.handshakes.length === 10, 'ten handshakes', 100);
  const waits = venue.handshakes.slice(1).map((at, index) => (at - venue.handshakes[index]!) / 1_000);
  const least = [1, 2, 4, 8, 16, 32, 60, 60, 60];
  for (const [index, seconds] of least.entries()) {
    expect(waits[index]).toBeGreaterThanOrEqual(seconds);
    expect(waits[index]).toBeLessThan(seconds + 15);
  }
  expect(state()).toBe('unreachable');
});

test('a socket that is open but silent is given up after a minute and replaced', async () => {
  await startLive();
  await candleArrives(0);
  const first = venue.sockets[0];
  clock.advance(59_000);
  expect(venue.sockets).toHaveLength(1);
  clock.advance(1_001);
  expect(sink.statuses.some((status) => status.detail.includes('no frame for 60 s'))).toBe(true);
  await untilWithTime(() => venue.open.length === 1 && venue.sockets.length === 2, 'a new connection');
  await until(() => first?.readyState === first?.CLOSED, 'the end of the old one');
});

test('pings keep a quiet connection, which then calls itself blind', async () => {
  await startLive();
  await pass(clock.now() + 100_000);
  expect(venue.sockets).toHaveLength(1);
  expect(sink.statuses.some((status) => status.state === 'blind')).toBe(true);
});

test('the connection is renewed before its 24 hours end, without a gap between old and new', async () => {
  await startLive();
  const renewedBy = clock.now() + 23 * 3_600_000;
  clock.jumpTo(renewedBy - 30_000);
  await alive();
  clock.advance(29_999);
  await alive();
  expect(venue.sockets).toHaveLength(1);
  clock.advanceTo(renewedBy);
  await until(() => venue.sockets.length === 2 && venue.open.length === 1, 'the replacement');
  expect(venue.sockets[1]?.readyState).toBe(1);
});

test('a shutdown notice dials the replacement at once', async () => {
  await startLive();
  venue.send({ e: 'serverShutdown', E: clock.now() });
  await until(() => venue.sockets.length === 2 && venue.open.length === 1, 'the replacement');
  await candleArrives(0);
  expect(sink.statuses.every((status) => ['degraded', 'live'].includes(status.state))).toBe(true);
});

test('duplicate and out-of-order frames are never published twice or backwards', async () => {
  await startLive();
  await candleArrives(0);
  await candleArrives(1);
  venue.sendKline(symbol, minuteAt(1), true);
  venue.sendKline(symbol, minuteAt(0), true);
  await candleArrives(2);
  expect(minutesSeen()).toEqual([0, 1, 2]);
  expect(sink.quarantines.map((report) => report.reason)).toEqual([
    'duplicate candle',
    'time runs backwards',
  ]);
});

test('a candle that skips minutes waits until the gap before it is filled', async () => {
  await startLive();
  await candleArrives(0);
  // REST is down when the sweep looks for the missing minute, and back when the next candle comes.
  venue.restDown = true;
  await pass(minuteAt(3) + 50);
  expect(minutesSeen()).toEqual([0]);
  venue.restDown = false;
  venue.sendKline(symbol, minuteAt(2), true);
  await untilWithTime(() => minutesSeen().length >= 3, 'the filled gap', 1);
  expect(minutesSeen()).toEqual([0, 1, 2]);
});

test('a gap that cannot be filled is given up after two minutes and reported with its size', async () => {
  await startLive();
  await candleArrives(0);
  venue.restDown = true;
  await pass(minuteAt(3) + 50);
  venue.sendKline(symbol, minuteAt(2), true);
  for (let index = 3; index <= 8 && !minutesSeen().includes(2); index += 1)
    await pass(minuteAt(index + 1) + 50);
  await untilWithTime(() => minutesSeen().includes(2), 'the candle behind the gap', 20);
  expect(minutesSeen()).not.toContain(1);
  expect(sink.quarantines).toMatchObject([{ reason: 'candles missing: back-fill failed', count: 1 }]);
});

test('garbage on the socket is reported and does no harm', async () => {
  await startLive();
  venue.send('not json at all');
  venue.send({ stream: 'btcusdt@kline_1m', data: { e: 'kline', E: 'yesterday' } });
  venue.send('{"stream":"btcusdt@bookTicker","data":{"u":1,"s":"BTCUSDT","b":"x","a":"2"}}');
  venue.sendKline('DOGEUSDT', minuteAt(0), true);
  venue.send({ result: null, id: 1 });
  await candleArrives(0);
  clock.advance(1_000);
  expect(sink.quarantines.map((report) => report.reason).sort()).toEqual([
    'a candle of a symbol not asked for',
    'a frame does not have a documented shape',
    'a frame is not JSON',
  ]);
  expect(minutesSeen()).toEqual([0]);
});

test('absurd candles are kept out', async () => {
  await startLive();
  await candleArrives(0);
  await pass(minuteAt(2) + 50);
  venue.sendKline(symbol, minuteAt(1), true, { o: '9', h: '9', l: '9', c: '9' });
  venue.sendKline(symbol, minuteAt(0), true, { t: minuteAt(-1) });
  await until(() => sink.quarantines.length > 0, 'the frame behind the spike');
  await candleArrives(2);
  expect(minutesSeen()).toEqual([0, 2]);
  expect(sink.quarantines[1]?.reason).toBe('price spike: no later row stayed there');
});

test('a venue ahead of our clock degrades us, and no candle is known before it closed on our clock', async () => {
  venue.aheadMs = 3_000;
  await startLive();
  clock.advanceTo(minuteAt(1) - 3_000);
  venue.sendKline(symbol, minuteAt(0), true);
  await until(() => source.clockSkewMs !== undefined, 'the skew');
  expect(source.clockSkewMs).toBe(-3_000);
  expect(sink.candles).toEqual([]);
  clock.advanceTo(minuteAt(1));
  expect(sink.candles).toHaveLength(1);
  expect(sink.candles[0]?.known_at).toBe(minuteAt(1));
  clock.advance(30_000);
  expect(sink.lastStatus).toMatchObject({ state: 'degraded' });
  expect(sink.lastStatus?.detail).toContain('our clock is 3000 ms behind');
});

test('unreachable hosts answer no within the time given', async () => {
  expect(await source.reachable(1_000)).toBe(true);
  const nobody = build({ restUrl: 'http://127.0.0.1:1' });
  expect(await nobody.reachable(1_000)).toBe(false);
  venue.staged.push({ behaviour: 'hang' });
  expect(await source.reachable(50)).toBe(false);
});

test('stop in the middle of a back-fill publishes nothing more', async () => {
  await startLive();
  venue.staged.push({ behaviour: 'hang' });
  clock.advanceTo(minuteAt(1) + 8_000);
  await until(() => venue.requests.length === 1, 'the request');
  await source.stop();
  const seen = sink.order.length;
  expect(clock.pendingWakeAt).toBe(undefined);
  clock.advance(10 * minuteMs);
  await new Promise((resolve) => setImmediate(resolve));
  expect(sink.order).toHaveLength(seen);
});
