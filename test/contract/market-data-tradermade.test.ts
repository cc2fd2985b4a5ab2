// TraderMade's bad days and small plans, against the stand-in: real sockets, the test's clock, no sleeps.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { VenueError } from '../../src/adapters/market-data/shared/venue-error.ts';
import { pollIntervalMs } from '../../src/adapters/market-data/tradermade/tradermade-plan.ts';
import {
  TradermadeSource,
  type TradermadeSourceOptions,
} from '../../src/adapters/market-data/tradermade/tradermade-source.ts';
import { truthOf } from './market-data-support/forex-stand-in.ts';
import { ManualClock } from './market-data-support/manual-clock.ts';
import { RecordingSink, until } from './market-data-support/recording-sink.ts';
import {
  TradermadeStandIn,
  tradermadeKey,
  tradermadeStreamKey,
} from './market-data-support/tradermade-stand-in.ts';

const minuteMs = 60_000;
const firstMinute = Date.UTC(2026, 3, 15, 12, 30);
const symbol = 'EURUSD';
/** Enough for a price every five seconds. */
const bigPlan = 10_000_000;

let clock: ManualClock;
let venue: TradermadeStandIn;
let source: TradermadeSource;
let sink: RecordingSink;

function build(patch: Partial<TradermadeSourceOptions> = {}): TradermadeSource {
  return new TradermadeSource({
    symbols: [symbol],
    clock,
    key: tradermadeKey,
    streamKey: tradermadeStreamKey,
    requestsPerMonth: 1_000,
    restUrl: venue.restUrl,
    streamUrl: venue.streamUrl,
    random: () => 1,
    ...patch,
  });
}

beforeEach(async () => {
  clock = new ManualClock(firstMinute + 20_000);
  venue = new TradermadeStandIn(() => clock.now());
  await venue.listen();
  source = build();
  sink = new RecordingSink();
});
afterEach(async () => {
  await source.stop();
  await venue.close();
  const said = JSON.stringify([sink.statuses, sink.quarantines]);
  for (const secret of [tradermadeKey, encodeURIComponent(tradermadeKey), tradermadeStreamKey])
    expect(said).not.toContain(secret);
});

const state = () => sink.lastStatus?.state;
const detail = () => sink.lastStatus?.detail ?? '';
const minuteAt = (index: number) => firstMinute + index * minuteMs;
const minutesSeen = () => sink.openTimes(symbol).map((openTime) => (openTime - firstMinute) / minuteMs);
const asked = (endpoint: string) => venue.requests.filter((request) => request.includes(endpoint));

async function startLive(): Promise<void> {
  await source.start(sink);
  await until(() => state() === 'live', 'live');
}

function untilWithTime(condition: () => boolean, what: string, stepMs = 5): Promise<void> {
  return until(() => {
    if (condition()) return true;
    clock.advance(stepMs);
    return false;
  }, what);
}

async function pass(target: number): Promise<void> {
  while (clock.now() < target) {
    clock.advanceTo(Math.min(target, clock.now() + 9_000));
    const before = sink.batches.length;
    venue.tickMinute(symbol, Math.floor(clock.now() / minuteMs) * minuteMs);
    await untilWithTime(() => sink.batches.length > before, 'a quote', 1);
  }
}

test('candles of watched minutes come from quotes without a request; the first, seen in part, is asked for', async () => {
  await startLive();
  expect(detail()).toContain('one-minute candles built from quotes');
  await pass(minuteAt(4) + 3_000);
  await untilWithTime(() => minutesSeen().length === 4, 'four candles', 1);
  expect(minutesSeen()).toEqual([0, 1, 2, 3]);
  expect(sink.candles.map((event) => event.candle)).toEqual(
    [0, 1, 2, 3].map((index) => truthOf(symbol, minuteAt(index))),
  );
  expect(asked('timeseries')).toHaveLength(1);
  expect(asked('live')).toHaveLength(0);
});

test('after a lost connection the gap is asked for once and filled in order', async () => {
  await startLive();
  await pass(minuteAt(2) + 3_000);
  await untilWithTime(() => minutesSeen().length === 2, 'two candles', 1);
  const before = asked('timeseries').length;
  venue.refuseSockets = true;
  for (const socket of venue.open) socket.terminate();
  await untilWithTime(() => clock.now() > minuteAt(9), 'the outage', 500);
  expect(state()).toBe('unreachable');
  expect(asked('timeseries')).toHaveLength(before);
  venue.refuseSockets = false;
  await untilWithTime(() => venue.open.length === 1 && state() === 'live', 'recovery', 50);
  const back = Math.floor((clock.now() - firstMinute) / minuteMs);
  await pass(minuteAt(back + 3) + 3_000);
  await untilWithTime(() => minutesSeen().includes(back + 2), 'fresh candles', 1);
  expect(minutesSeen()).toEqual(minutesSeen().map((_, index) => index));
  expect(asked('timeseries').length - before).toBe(1);
  expect(sink.quarantines).toEqual([]);
});

test('a plan without minute series: candles from quotes only, the gap is not invented, and it is said', async () => {
  venue.planHasSeries = false;
  await startLive();
  await pass(minuteAt(4) + 3_000);
  await untilWithTime(() => minutesSeen().length >= 3, 'candles', 1);
  expect(minutesSeen()).toEqual([1, 2, 3]);
  expect(detail()).toContain('no minute series');
  expect(await source.history(symbol, 10)).toEqual([]);
  expect(asked('timeseries').length).toBeLessThanOrEqual(3);
});

test('a refused login is said and not tried again before a restart', async () => {
  venue.rejectLogin = true;
  await source.start(sink);
  await untilWithTime(() => detail().includes('login refused'), 'the refusal', 1);
  await untilWithTime(() => clock.now() > minuteAt(10), 'time', 1_000);
  expect(venue.handshakes).toHaveLength(1);
  venue.rejectLogin = false;
  await source.restart('new key');
  await untilWithTime(() => state() === 'live', 'live', 1);
  expect(venue.handshakes).toHaveLength(2);
});

test('denied symbols and those over the limit of the plan are named', async () => {
  source = build({ symbols: [symbol, 'SEKJPY', 'USDJPY'] });
  venue.symbolLimit = 2;
  await source.start(sink);
  await untilWithTime(() => state() === 'degraded' && detail().includes('not served'), 'the names', 1);
  expect(venue.subscribed).toEqual(['EURUSD:QUOTE', 'SEKJPY:QUOTE']);
  expect(detail()).toContain('not served: SEKJPY, USDJPY');
});

test('a large plan without streaming key polls, and builds candles from what it polled', async () => {
  source = build({ streamKey: undefined, requestsPerMonth: bigPlan });
  await source.start(sink);
  await until(() => state() === 'live', 'the first poll');
  expect(detail()).toContain('polling every 5 s');
  expect(detail()).toContain('built from quotes');
  await untilWithTime(() => minutesSeen().length >= 3, 'three candles', 20);
  expect(minutesSeen()).toEqual([0, 1, 2]);
  expect(asked('timeseries')).toHaveLength(1);
  expect(asked('live').length).toBeLessThan(50);
});

test('the free plan: a price every 40 minutes, no candles, and the status says so', async () => {
  source = build({ streamKey: undefined });
  await source.start(sink);
  await until(() => detail().includes('by polling'), 'the first poll');
  expect(detail()).toContain('too few requests for one-minute candles');
  for (let polls = 1; polls <= 5; polls += 1) {
    expect(asked('live')).toHaveLength(polls);
    await untilWithTime(() => sink.batches.length === polls, 'the price', 1);
    clock.advance(pollIntervalMs(1_000) - 2_000);
    expect(asked('live')).toHaveLength(polls);
    clock.advance(2_000);
    await until(() => asked('live').length === polls + 1, 'the next poll');
  }
  await untilWithTime(() => sink.batches.length === 6, 'the last price', 1);
  expect(detail()).toContain('too few requests');
  expect(sink.candles).toEqual([]);
  expect(sink.batches.length).toBe(asked('live').length);
});

test('polling never uses up the month', () => {
  const openMsPerMonth = (30.4375 * 86_400_000 * 120) / 168;
  for (const granted of [1_000, 10_000, 1_000_000]) {
    const polls = openMsPerMonth / pollIntervalMs(granted);
    expect(polls).toBeLessThanOrEqual(granted * 0.8);
  }
});

test('a wrong key is said, without the key, and not asked about again', async () => {
  source = build({ streamKey: undefined, key: 'wrong-key', requestsPerMonth: bigPlan });
  await source.start(sink);
  await until(() => state() === 'unreachable', 'the refusal');
  expect(detail()).toContain('api key is invalid');
  const before = venue.requests.length;
  await untilWithTime(() => clock.now() > minuteAt(5), 'time', 1_000);
  expect(venue.requests).toHaveLength(before);
});

test.each([
  ['403', { status: 403, body: '{"message":"data not available"}' }],
  ['204', { status: 204 }],
])(
  '%s in open hours means that the market is closed: stale, no alarm, asked again later',
  async (_what, answer) => {
    source = build({ streamKey: undefined, requestsPerMonth: bigPlan });
    venue.staged.push(answer);
    await source.start(sink);
    await until(() => state() === 'stale', 'closed');
    expect(detail()).toContain('the venue says the market is closed');
    await untilWithTime(() => state() === 'live', 'open again', 10);
  },
);

test('at the weekend nothing is asked and nothing is wrong', async () => {
  clock.jumpTo(Date.UTC(2026, 3, 18, 12));
  source = build({ streamKey: undefined, requestsPerMonth: bigPlan });
  await source.start(sink);
  await untilWithTime(() => clock.now() > Date.UTC(2026, 3, 18, 14), 'two hours', 1_000);
  expect(sink.lastStatus).toMatchObject({ state: 'live', health: 1 });
  expect(detail()).toContain('forex week closed');
  expect(venue.requests).toEqual([]);
  expect(sink.quarantines).toEqual([]);
});

test('history reaches over the weekend in pieces of two days', async () => {
  clock.jumpTo(Date.UTC(2026, 3, 20, 1));
  const candles = await source.history(symbol, 600);
  expect(candles).toHaveLength(600);
  expect(candles.at(-1)?.openTime).toBe(Date.UTC(2026, 3, 20, 0, 59));
  expect(candles[0]?.openTime).toBeLessThan(Date.UTC(2026, 3, 17, 21));
  expect(venue.requests.length).toBeLessThanOrEqual(3);
});

test('the budget is kept: history gives way before the month is spent', async () => {
  let refused = 0;
  for (let index = 0; index < 40; index += 1) await source.history(symbol, 5).catch(() => (refused += 1));
  expect(refused).toBeGreaterThan(20);
  expect(venue.requests.length).toBeLessThan(20);
});

test.each([
  ['a web page', { status: 200, body: '<html><body>maintenance</body></html>' }],
  ['cut off JSON', { behaviour: 'truncate' }],
  ['another shape', { status: 200, body: '{"quotes":{"date":1}}' }],
  ['a reset connection', { behaviour: 'reset' }],
  ['a 500 for a key of the wrong kind', { status: 500, body: '' }],
] as const)('%s is a fault of the venue, not a crash', async (_what, answer) => {
  venue.staged.push(answer, answer, answer);
  let fault: unknown;
  source.history(symbol, 5).catch((error: unknown) => {
    fault = error;
  });
  await untilWithTime(() => fault !== undefined, 'the fault', 50);
  expect(fault).toBeInstanceOf(VenueError);
  expect(['unreachable', 'malformed']).toContain((fault as VenueError).fault);
});

test('garbage, foreign symbols and impossible prices never get through', async () => {
  await startLive();
  venue.send('<html>');
  venue.send({ type: 'news', text: 'unknown' });
  venue.tick('USDJPY', 150);
  venue.tick(symbol, 1.5, { b: '1.6', a: '1.5' });
  await untilWithTime(() => sink.quarantines.length === 4, 'the reports', 10);
  venue.tick(symbol, 1.5, { b: '-1' });
  venue.tick(symbol, 1.5, { ts: 'yesterday' });
  venue.tick(symbol, 1.5, { b: 1.5, a: 1.5001 });
  await untilWithTime(() => sink.batches.length === 1, 'a number is read too', 1);
  expect(sink.batches[0]?.quotes).toMatchObject([{ bid: 1.5, ask: 1.5001 }]);
  expect(new Set(sink.quarantines.map((report) => report.reason))).toEqual(
    new Set([
      'a frame is not JSON',
      'a frame does not have a documented shape',
      'a quote of a symbol not asked for',
      'crossed quote',
      'a quote has no readable time',
    ]),
  );
});

test('a last price from long ago is no data of now and makes no candle', async () => {
  await startLive();
  venue.tick(symbol, 1.5, { t: 'LAST_QUOTE', ts: '20260414-20:59:59.000' });
  await untilWithTime(() => sink.batches.length === 1, 'the old quote', 1);
  expect(sink.batches[0]?.quotes[0]?.happenedAt).toBe(Date.UTC(2026, 3, 14, 20, 59, 59));
  clock.advance(31_000);
  expect(sink.lastStatus?.lastDataAt).toBe(Date.UTC(2026, 3, 14, 20, 59, 59));
});

test('a socket that is open but silent is given up and replaced', async () => {
  await startLive();
  clock.jumpTo(clock.now() + 76_000);
  clock.advance(1);
  expect(sink.statuses.some((status) => status.detail.includes('nothing heard for 75 s'))).toBe(true);
  await untilWithTime(() => venue.sockets.length === 2 && venue.open.length === 1, 'a new connection');
});

test('stop in the middle of everything publishes nothing more', async () => {
  await startLive();
  venue.staged.push({ behaviour: 'hang' });
  await pass(minuteAt(1) + 3_000);
  await source.stop();
  const seen = sink.order.length;
  expect(clock.pendingWakeAt).toBe(undefined);
  clock.advance(10 * minuteMs);
  await new Promise((resolve) => setImmediate(resolve));
  expect(sink.order).toHaveLength(seen);
});
