// The Birdeye source against a stand-in: one slow key, errors in its own way, and a key that is never shown.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createBirdeyeSource } from '../../src/adapters/market-data/birdeye/birdeye-source.ts';
import type { PolledSource } from '../../src/adapters/market-data/shared/polled-source.ts';
import { CandidateRecorder, DexStandIn, failures } from './market-data-support/dex-stand-in.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const mint = 'MintOne';
const apiKey = 'birdeye-secret-key-000';

let venue: DexStandIn;
let sink: CandidateRecorder;
let source: PolledSource;

beforeEach(async () => {
  venue = new DexStandIn();
  await venue.listen();
  sink = new CandidateRecorder();
  source = createBirdeyeSource({ ...venue.options, apiKey });
});
afterEach(async () => {
  await source.stop();
  await venue.close();
  const said = JSON.stringify([sink.statuses, sink.quarantines, sink.batches]);
  expect(said).not.toContain(apiKey);
});

const price = { success: true, data: { value: 0.00042, liquidity: 15_000.5, updateUnixTime: 1_790_000_000 } };
const overview = {
  success: true,
  data: {
    address: mint,
    name: 'Demo',
    symbol: 'DMO',
    price: 0.00042,
    liquidity: null,
    mc: 420_000,
    v1hUSD: 900,
    v24hUSD: 9_000,
    buy24h: 90,
    sell24h: 70,
    holder: 500,
  },
};

function serve(): void {
  venue.routes.push(
    [/^\/defi\/price$/, () => ({ body: price })],
    [/^\/defi\/token_overview$/, () => ({ body: overview })],
  );
}

async function run(ms = 2 * minuteMs): Promise<void> {
  await source.start(sink);
  source.watch([{ chain: 'solana', address: mint }]);
  await venue.play(ms);
}

test('price, liquidity and overview of watched tokens, with the key in a header only', async () => {
  serve();
  await run();
  const facts = Object.assign({}, ...sink.of(mint).map((one) => one.facts));
  expect(facts).toEqual({
    price_usd: 0.00042,
    liquidity_usd: 15_000.5,
    market_cap_usd: 420_000,
    volume_h1_usd: 900,
    volume_h24_usd: 9_000,
    buys_h24: 90,
    sells_h24: 70,
    holders: 500,
  });
  for (const { headers, path, query } of venue.requests) {
    expect(headers['x-api-key']).toBe(apiKey);
    expect(headers['x-chain']).toBe('solana');
    expect(`${path}?${query}`).not.toContain(apiKey);
  }
  expect(sink.state).toBe('live');
});

test('it finds nothing by itself: without a watched token it asks nothing', async () => {
  serve();
  await source.start(sink);
  await venue.play(10 * minuteMs);
  expect(venue.requests).toEqual([]);
});

test('a used-up quota arrives as 400 and parks the endpoint for hours', async () => {
  venue.routes.push([
    /./,
    () => ({ status: 400, body: { success: false, message: 'Compute units usage limit exceeded' } }),
  ]);
  await run(hourMs);
  expect(venue.requests.length).toBe(2);
  expect(sink.state).toBe('stale');
  expect(sink.detail).toContain('quota used up');
  venue.routes.shift();
  serve();
  await venue.play(7 * hourMs);
  expect(sink.state).toBe('live');
});

test('an endpoint that is not in the plan parks alone', async () => {
  serve();
  venue.routes.unshift([
    /overview/,
    () => ({ status: 403, body: { success: false, message: 'upgrade your plan' } }),
  ]);
  await run(10 * minuteMs);
  expect(venue.asked(/overview/).length).toBe(1);
  expect(venue.asked(/price/).length).toBeGreaterThan(10);
  expect(sink.state).toBe('degraded');
  expect(sink.detail).toContain('not in this plan');
});

test('a failure that arrives with status 200 is one', async () => {
  venue.routes.push([/./, () => ({ body: { success: false, message: `bad ${apiKey}`.slice(0, 3) } })]);
  await run();
  expect(sink.batches).toEqual([]);
  expect(sink.state).toBe('unreachable');
});

test('the numbers of another token are never taken for those of the one asked for', async () => {
  serve();
  venue.routes.unshift([
    /overview/,
    () => ({ body: { ...overview, data: { ...overview.data, address: 'Other', price: 99 } } }),
  ]);
  await run();
  expect(sink.of('Other')).toEqual([]);
  expect(sink.of(mint).every(({ facts }) => facts.price_usd !== 99)).toBe(true);
  expect(sink.quarantines.map(({ reason }) => reason)).toContain('an answer about another token');
});

test('a token that is not indexed has no price', async () => {
  venue.routes.push(
    [/price/, () => ({ body: { success: true, data: null } })],
    [/overview/, () => ({ body: { ...overview, data: { ...overview.data, price: 0 } } })],
  );
  await run();
  expect(sink.of(mint).every(({ facts }) => facts.price_usd === undefined)).toBe(true);
});

test.each(failures)('%s: said, survived, and recovered from', async (_name, answer) => {
  serve();
  venue.routes.unshift([/./, () => answer]);
  await run(5 * minuteMs);
  expect(sink.batches).toEqual([]);
  expect(sink.detail).not.toContain('fault of ours');
  venue.routes.shift();
  await venue.play(90 * minuteMs);
  expect(sink.state).toBe('live');
  expect(sink.of(mint).length).toBeGreaterThan(0);
});
