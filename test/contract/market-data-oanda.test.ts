// OANDA's bad days, against the stand-in: real HTTP streams, the test's clock, no sleeps.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OandaSource, type OandaSourceOptions } from '../../src/adapters/market-data/oanda/oanda-source.ts';
import { VenueError } from '../../src/adapters/market-data/shared/venue-error.ts';
import { truthOf } from './market-data-support/forex-stand-in.ts';
import { ManualClock } from './market-data-support/manual-clock.ts';
import { OandaStandIn, oandaAccount, oandaToken } from './market-data-support/oanda-stand-in.ts';
import { RecordingSink, until } from './market-data-support/recording-sink.ts';

const minuteMs = 60_000;
const firstMinute = Date.UTC(2026, 3, 15, 12, 30);
const symbol = 'EURUSD';

let clock: ManualClock;
let venue: OandaStandIn;
let source: OandaSource;
let sink: RecordingSink;

function build(patch: Partial<OandaSourceOptions> = {}): OandaSource {
  return new OandaSource({
    symbols: [symbol],
    clock,
    token: oandaToken,
    account: oandaAccount,
    host: 'practice',
    restUrl: venue.url,
    streamUrl: venue.url,
    random: () => 1,
    ...patch,
  });
}

beforeEach(async () => {
  clock = new ManualClock(firstMinute + 20_000);
  venue = new OandaStandIn(() => clock.now());
  await venue.listen();
  source = build();
  sink = new RecordingSink();
});
afterEach(async () => {
  await source.stop();
  await venue.close();
  // Whatever went wrong, no word of it may carry a secret.
  const said = JSON.stringify([sink.statuses, sink.quarantines]);
  expect(said).not.toContain(oandaToken);
  expect(said).not.toContain(oandaAccount);
});

const state = () => sink.lastStatus?.state;
const minutesSeen = () => sink.openTimes(symbol).map((openTime) => (openTime - firstMinute) / minuteMs);
const minuteAt = (index: number) => firstMinute + index * minuteMs;

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

/** A price every few seconds until the target, each heard. */
async function pass(target: number): Promise<void> {
  while (clock.now() < target) {
    clock.advanceTo(Math.min(target, clock.now() + 9_000));
    const before = sink.batches.length;
    venue.sendPrice('EUR_USD', truthOf(symbol, Math.floor(clock.now() / minuteMs) * minuteMs).close);
    await untilWithTime(() => sink.batches.length > before, 'a quote', 1);
  }
}

test('a status says what is wrong with a key, and a wrong key is not tried again until a restart', async () => {
  source = build({ token: 'wrong-token' });
  await source.start(sink);
  await until(() => state() === 'unreachable', 'the refusal');
  expect(sink.lastStatus?.detail).toContain('refused: HTTP 401');
  expect(sink.lastStatus?.health).toBe(0);
  const dialled = venue.requests.length;
  for (let index = 0; index < 50; index += 1) {
    clock.advance(minuteMs / 10);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(venue.requests.slice(dialled)).toEqual([]);
  expect(JSON.stringify(sink.statuses)).not.toContain('wrong-token');
  await source.restart('key changed');
  await until(
    () => venue.requests.filter((request) => request.endsWith('/instruments')).length === 2,
    'again',
  );
});

test('an instrument the account lacks is left out of the stream and named', async () => {
  source = build({ symbols: [symbol, 'SEKJPY'] });
  await source.start(sink);
  await until(() => venue.open.length === 1, 'the stream');
  await until(() => sink.lastStatus?.detail.includes('by pricing stream') === true, 'the status');
  expect(venue.dialled[0]?.instruments).toBe('EUR_USD');
  expect(sink.lastStatus).toMatchObject({ state: 'degraded' });
  expect(sink.lastStatus?.detail).toContain('not served: SEKJPY');
});

test('heartbeats keep a quiet stream; silence of 20 s ends it and it is replaced', async () => {
  await startLive();
  for (let index = 0; index < 8; index += 1) {
    clock.advance(5_000);
    const before = source.clockSkewMs;
    venue.aheadMs = index + 1;
    venue.heartbeat();
    await until(() => source.clockSkewMs !== before, 'the heartbeat');
  }
  expect(venue.dialled).toHaveLength(1);
  clock.advance(20_000);
  expect(sink.statuses.some((status) => status.detail.includes('nothing heard for 20 s'))).toBe(true);
  await untilWithTime(() => venue.open.length === 1 && venue.dialled.length === 2, 'a new stream');
});

test('a connected stream without quotes in open hours calls itself blind', async () => {
  await startLive();
  venue.restDown = true;
  for (let index = 1; index < 80; index += 1) {
    clock.advance(4_000);
    // The least difference of the clocks tells when the heartbeat was heard.
    venue.aheadMs = index;
    venue.heartbeat();
    await until(() => source.clockSkewMs === -index, 'the heartbeat');
  }
  expect(venue.dialled).toHaveLength(1);
  expect(sink.statuses.some((status) => status.state === 'blind')).toBe(true);
});

test('after an outage missed candles are filled in order, none twice', async () => {
  await startLive();
  await pass(minuteAt(1) + 3_000);
  await until(() => minutesSeen().length === 1, 'the first candle');
  venue.refuseStreams = { status: 503, body: '<html>maintenance</html>' };
  venue.restDown = true;
  for (const stream of venue.open) stream.destroy();
  await untilWithTime(() => clock.now() > minuteAt(5) + 30_000, 'the outage', 500);
  expect(state()).toBe('unreachable');
  expect(minutesSeen()).toEqual([0]);
  venue.refuseStreams = undefined;
  venue.restDown = false;
  await untilWithTime(() => minutesSeen().includes(4) && state() === 'live', 'recovery', 50);
  await pass(minuteAt(8) + 3_000);
  await untilWithTime(() => minutesSeen().includes(7), 'fresh candles', 1);
  expect(minutesSeen()).toEqual(minutesSeen().map((_, index) => index));
  expect(sink.quarantines).toEqual([]);
});

test('while REST is down candles are built from quotes, and what is lost is counted', async () => {
  await startLive();
  await pass(minuteAt(1) + 3_000);
  await until(() => minutesSeen().length === 1, 'the first candle');
  venue.restDown = true;
  await pass(minuteAt(6));
  expect(minutesSeen().length).toBeGreaterThan(1);
  expect(minutesSeen()).toEqual(minutesSeen().map((_, index) => index));
  expect(sink.lastStatus?.state).toBe('degraded');
  expect(sink.lastStatus?.detail).toContain('REST: HTTP 503');
});

test('a minute in which nobody traded is a hole of the venue, not a fault', async () => {
  venue.quietMinutes.add(minuteAt(1));
  await startLive();
  await pass(minuteAt(4) + 3_000);
  await untilWithTime(() => minutesSeen().includes(3), 'the candle after the hole', 1);
  expect(minutesSeen()).toEqual([0, 2, 3]);
  expect(sink.quarantines).toEqual([]);
});

test('reconnects back off to one a minute', async () => {
  venue.refuseStreams = { status: 429, body: '{"errorMessage":"too many streams"}' };
  await source.start(sink);
  await untilWithTime(() => venue.dialled.length === 9, 'nine tries', 100);
  const waits = venue.dialled.slice(1).map(({ at }, index) => (at - (venue.dialled[index]?.at ?? 0)) / 1_000);
  for (const [index, seconds] of [1, 2, 4, 8, 16, 32, 60, 60].entries()) {
    expect(waits[index]).toBeGreaterThanOrEqual(seconds);
    expect(waits[index]).toBeLessThan(seconds + 15);
  }
});

test('429 of REST is obeyed to the second and nothing is sent meanwhile', async () => {
  venue.staged.push({ status: 429, headers: { 'retry-after': '30' }, body: '{}' });
  await expect(source.history(symbol, 5)).rejects.toMatchObject({
    fault: 'rate-limited',
    retryAt: clock.now() + 30_000,
  });
  clock.advance(29_000);
  await expect(source.history(symbol, 5)).rejects.toMatchObject({ fault: 'rate-limited' });
  expect(venue.requests).toHaveLength(1);
  clock.advance(1_000);
  expect(await source.history(symbol, 5)).toHaveLength(5);
});

test.each([
  ['a web page', { status: 200, body: '<html><body>maintenance</body></html>' }],
  ['cut off JSON', { behaviour: 'truncate' }],
  ['another shape', { status: 200, body: '{"candles":"none"}' }],
  ['a reset connection', { behaviour: 'reset' }],
  ['no answer at all', { behaviour: 'hang' }],
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

test('garbage, foreign symbols, crossed and impossible prices never get through', async () => {
  await startLive();
  venue.send('not json\n{"type":"PRICE"}\n\n');
  venue.sendPrice('USD_JPY', 150);
  venue.sendPrice('EUR_USD', 1.5, { bids: [{ price: '1.6' }], asks: [{ price: '1.5' }] });
  await untilWithTime(() => sink.quarantines.length >= 4, 'the reports', 10);
  venue.sendPrice('EUR_USD', 1.5, { bids: [{ price: '-1' }], asks: [{ price: 'NaN' }] });
  venue.sendPrice('EUR_USD', 1.5, { tradeable: false });
  venue.sendPrice('EUR_USD', 1.5, { bids: [] });
  await untilWithTime(() => sink.statuses.some((status) => status.state === 'stale'), 'closed', 500);
  expect(sink.batches).toEqual([]);
  expect(sink.quarantines.map((report) => report.reason).sort()).toEqual([
    'a line does not have a documented shape',
    'a line is not JSON',
    'a quote of a symbol not asked for',
    'crossed quote',
  ]);
});

test('a frame cut in two is put together', async () => {
  await startLive();
  const line = JSON.stringify({
    type: 'PRICE',
    instrument: 'EUR_USD',
    time: new Date(clock.now()).toISOString(),
    bids: [{ price: '1.5' }],
    asks: [{ price: '1.5001' }],
  });
  venue.send(line.slice(0, 40));
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  venue.send(`${line.slice(40)}\n`);
  await untilWithTime(() => sink.batches.length === 1, 'the quote', 1);
  expect(sink.batches[0]?.quotes).toMatchObject([{ bid: 1.5, ask: 1.5001 }]);
});

test('the weekend is not a fault: live, healthy, nothing missing on Monday', async () => {
  const fridayClose = Date.UTC(2026, 3, 17, 21);
  clock.jumpTo(fridayClose - 90_000);
  await startLive();
  await pass(fridayClose + 3_000);
  await untilWithTime(() => sink.candles.length === 2, 'the last candles of the week', 1);
  // The venue keeps the stream with heartbeats only; here it drops it and comes back on Sunday.
  clock.advance(3_600_000);
  await untilWithTime(() => venue.open.length === 1 && state() === 'live', 'the weekend', 100);
  expect(sink.lastStatus).toMatchObject({ state: 'live', health: 1 });
  expect(sink.lastStatus?.detail).toContain('forex week closed');
  const asked = venue.requests.length;
  clock.advance(30 * minuteMs);
  expect(venue.requests.slice(asked).filter((request) => request.includes('/candles'))).toEqual([]);
  const opening = Date.UTC(2026, 3, 19, 21);
  clock.jumpTo(opening - 10_000);
  clock.advance(1);
  await untilWithTime(() => venue.open.length === 1 && clock.now() > opening, 'the opening', 100);
  await pass(opening + 2 * minuteMs + 3_000);
  await untilWithTime(() => sink.candles.at(-1)?.candle.openTime === opening + minuteMs, 'Sunday candles', 1);
  expect(sink.quarantines).toEqual([]);
});

test('a venue ahead of our clock degrades us and is measured', async () => {
  venue.aheadMs = 4_000;
  await source.start(sink);
  await until(() => source.clockSkewMs !== undefined, 'the skew');
  expect(source.clockSkewMs).toBe(-4_000);
  clock.advance(10_000);
  venue.sendPrice('EUR_USD', 1.5);
  await untilWithTime(() => sink.batches.length === 1, 'the quote', 1);
  expect(sink.batches[0]?.quotes[0]?.happenedAt).toBeLessThanOrEqual(clock.now());
  await untilWithTime(
    () => state() === 'degraded' && sink.lastStatus?.detail.includes('behind') === true,
    'skewed',
    100,
  );
});

test('stop in the middle of a request publishes nothing more', async () => {
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

test('unreachable hosts and refused keys answer no', async () => {
  expect(await source.reachable(1_000)).toBe(true);
  expect(await build({ restUrl: 'http://127.0.0.1:1' }).reachable(1_000)).toBe(false);
  expect(await build({ token: 'wrong' }).reachable(1_000)).toBe(false);
  venue.staged.push({ behaviour: 'hang' });
  expect(await source.reachable(50)).toBe(false);
});
