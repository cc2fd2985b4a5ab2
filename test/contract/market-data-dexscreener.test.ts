// The DexScreener source against a stand-in that replays documented answers and seen failures.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DexscreenerApi } from '../../src/adapters/market-data/dexscreener/dexscreener-api.ts';
import { createDexscreenerSource } from '../../src/adapters/market-data/dexscreener/dexscreener-source.ts';
import { Alarms } from '../../src/adapters/market-data/shared/alarms.ts';
import { PoliteHttp } from '../../src/adapters/market-data/shared/polite-http.ts';
import type { PolledSource } from '../../src/adapters/market-data/shared/polled-source.ts';
import { CandidateRecorder, DexStandIn, failures } from './market-data-support/dex-stand-in.ts';

const minuteMs = 60_000;
const mint = 'So1MintOne1111111111111111111111111111111111';

let venue: DexStandIn;
let sink: CandidateRecorder;
let source: PolledSource;

beforeEach(async () => {
  venue = new DexStandIn();
  await venue.listen();
  sink = new CandidateRecorder();
  source = createDexscreenerSource({ ...venue.options, chains: ['solana'] });
});
afterEach(async () => {
  await source.stop();
  await venue.close();
});

function pairOf(address: string, patch: Readonly<Record<string, unknown>> = {}) {
  return {
    chainId: 'solana',
    dexId: 'pumpswap',
    url: 'https://dexscreener.com/solana/POOL',
    pairAddress: 'POOL1',
    baseToken: { address, name: 'Demo', symbol: 'DMO' },
    quoteToken: { address: 'So111', name: 'Wrapped SOL', symbol: 'SOL' },
    priceNative: '0.0000012',
    priceUsd: '0.00018',
    txns: { m5: { buys: 3, sells: 1 }, h24: { buys: 90, sells: 70 } },
    volume: { h1: 900.5, h24: 9_000.1 },
    priceChange: null,
    liquidity: { usd: 15_000, base: 1.1e8, quote: 55.2 },
    marketCap: 180_000,
    pairCreatedAt: 1_790_000_000_000,
    boosts: { active: 10 },
    ...patch,
  };
}

function serve(pairs: unknown = [pairOf(mint)]): void {
  const profile = { chainId: 'solana', tokenAddress: mint, url: 'https://x', links: null };
  const elsewhere = { chainId: 'tron', tokenAddress: 'TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t', totalAmount: 10 };
  venue.routes.push(
    [/^\/token-profiles\/latest\/v1$/, () => ({ body: [profile] })],
    [
      /^\/token-boosts\/latest\/v1$/,
      () => ({ body: [{ ...profile, amount: 10, totalAmount: 50 }, elsewhere] }),
    ],
    [/^\/token-boosts\/top\/v1$/, () => ({ body: { ...profile, totalAmount: 60 } })],
    [/^\/tokens\/v1\/solana\//, () => ({ body: pairs })],
  );
}

test('profiles and boosts are reasons to look; the market of what they name is asked for', async () => {
  serve();
  await source.start(sink);
  await venue.play(2 * minuteMs);
  const seen = sink.of(mint);
  expect(seen.map(({ origin }) => origin)).toEqual(expect.arrayContaining(['profile', 'boost', null]));
  expect(seen.find(({ origin }) => origin === 'boost')?.facts).toEqual({ boosts: 50 });
  expect(seen.find(({ origin }) => origin === null)).toEqual({
    chain: 'solana',
    address: mint,
    origin: null,
    name: 'Demo',
    symbol: 'DMO',
    facts: {
      price_usd: 0.00018,
      liquidity_usd: 15_000,
      volume_h1_usd: 900.5,
      volume_h24_usd: 9_000.1,
      market_cap_usd: 180_000,
      buys_h24: 90,
      sells_h24: 70,
      created_at: 1_790_000_000_000,
      boosts: 10,
      pool: 'POOL1',
      dex: 'pumpswap',
      quote_symbol: 'SOL',
    },
  });
  expect(sink.batches.flatMap((batch) => batch.observations).every(({ chain }) => chain === 'solana')).toBe(
    true,
  );
  expect(sink.state).toBe('live');
  expect(sink.quarantines).toEqual([]);
});

test('the deepest pool speaks for a token, and the curve it left behind does not', async () => {
  serve([
    pairOf(mint, { dexId: 'pumpfun', priceUsd: '9', liquidity: { usd: 99_000 } }),
    pairOf(mint, { pairAddress: 'SMALL', priceUsd: '0.0002', liquidity: { usd: 10 } }),
    pairOf(mint, { pairAddress: 'DEEP', priceUsd: '0.00018', liquidity: { usd: 20_000 } }),
    pairOf(mint, { pairAddress: 'CURVE', priceUsd: '0.1', liquidity: null }),
  ]);
  await source.start(sink);
  await venue.play(minuteMs);
  const market = sink.of(mint).filter(({ origin }) => origin === null);
  expect(market.length).toBeGreaterThan(0);
  for (const { facts } of market) expect(facts).toMatchObject({ pool: 'DEEP', price_usd: 0.00018 });
});

test('an empty answer in any of its forms is no fault', async () => {
  const forms = [[], { schemaVersion: '1.0.0', pairs: null }, { schemaVersion: '1.0.0', pairs: [] }];
  let turn = 0;
  serve();
  venue.routes.unshift([
    /^\/tokens\/v1\//,
    () => {
      turn += 1;
      return { body: forms[turn % forms.length] };
    },
  ]);
  await source.start(sink);
  await venue.play(3 * minuteMs);
  expect(turn).toBeGreaterThan(3);
  expect(sink.state).toBe('live');
  expect(sink.quarantines).toEqual([]);
});

test('at most thirty addresses are asked for at once, each in turn, within the smaller published limit', async () => {
  serve();
  source.watch(Array.from({ length: 70 }, (_, index) => ({ chain: 'solana', address: `mint${index}` })));
  await source.start(sink);
  await venue.play(3 * minuteMs);
  const asked = venue.asked(/^\/tokens\/v1\//).map(({ path }) => (path.split('/').at(-1) ?? '').split(','));
  expect(Math.max(...asked.map((names) => names.length))).toBe(30);
  expect(new Set(asked.flat()).size).toBe(71);
  expect(venue.requests.length).toBeLessThan(3 * 30);
});

test('told to wait it waits, says until when, and goes on by itself', async () => {
  serve();
  let limited = true;
  const answer = () => ({ status: 429, headers: { 'retry-after': '300' }, body: 'slow down' });
  venue.routes.unshift([/./, () => (limited ? answer() : { status: 404 })]);
  await source.start(sink);
  source.watch([{ chain: 'solana', address: mint }]);
  await venue.play(minuteMs);
  const before = venue.requests.length;
  expect(before).toBeLessThanOrEqual(2);
  await venue.play(3 * minuteMs);
  expect(venue.requests.length).toBe(before);
  expect(sink.state).toBe('stale');
  expect(sink.detail).toContain('closed to us until');
  limited = false;
  venue.routes.shift();
  await venue.play(20 * minuteMs);
  expect(sink.state).toBe('live');
});

test.each(failures)('%s: said, survived, and recovered from', async (_name, answer) => {
  serve();
  venue.routes.unshift([/./, () => answer]);
  await source.start(sink);
  source.watch([{ chain: 'solana', address: mint }]);
  await venue.play(5 * minuteMs);
  expect(['unreachable', 'degraded', 'live', 'stale']).toContain(sink.state);
  expect(sink.batches.flatMap((batch) => batch.observations)).toEqual([]);
  expect(sink.detail).not.toContain('fault of ours');
  if (sink.state === 'live') expect(sink.quarantines.length).toBeGreaterThan(0);
  venue.routes.shift();
  await venue.play(40 * minuteMs);
  expect(sink.state).toBe('live');
  expect(sink.of(mint).length).toBeGreaterThan(0);
});

test('a service that never answers is given up in ten seconds and asked again', async () => {
  venue.routes.push([/./, () => ({ behaviour: 'hang' })]);
  const hanging = createDexscreenerSource({ ...venue.options, chains: ['solana'], fetch });
  await hanging.start(sink);
  for (let step = 0; step < 400; step += 1) {
    venue.clock.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(sink.state).toBe('unreachable');
  expect(venue.requests.length).toBeGreaterThan(4);
  await hanging.stop();
  expect(venue.clock.pendingWakeAt).toBeUndefined();
});

test('what cannot be true is kept out with its reason, and hostile names lose their markup', async () => {
  serve([
    pairOf(mint, {
      baseToken: {
        address: mint,
        name: '<script>alert(1)</script>\u202eevil\u0000',
        symbol: '💥'.repeat(60),
      },
    }),
    pairOf('mintNegative', { priceUsd: '-1' }),
    pairOf('mintHuge', { priceUsd: '1e30' }),
    pairOf('mintNan', { priceUsd: 'NaN' }),
    pairOf('mintFuture', { pairCreatedAt: venue.clock.now() + 86_400_000 }),
    pairOf('../../etc/passwd'),
    'not a pair',
  ]);
  await source.start(sink);
  await venue.play(minuteMs);
  const seen = sink.batches.flatMap((batch) => batch.observations);
  expect(new Set(seen.map(({ address }) => address))).toEqual(new Set([mint]));
  const named = seen.filter(({ origin }) => origin === null);
  for (const { name, symbol } of named) {
    expect(name).not.toMatch(/[<>\p{Cc}\p{Cf}]/u);
    expect([...symbol].length).toBeLessThanOrEqual(24);
  }
  const reasons = new Set(sink.quarantines.map(({ reason }) => reason));
  expect(reasons).toContain('the price is not a possible price');
  expect(reasons).toContain('the pool was created in the future');
  expect(reasons).toContain('the token address is not an address');
});

test('search, pairs by pool and all pools of a token are asked as documented', async () => {
  venue.routes.push([/./, () => ({ body: { schemaVersion: '1.0.0', pairs: [pairOf(mint)] } })]);
  const { clock, baseUrl } = venue;
  const alarms = new Alarms(clock);
  const http = new PoliteHttp({ baseUrl, clock, alarms, fetch: venue.fetch, spacingMs: { fast: 0 } });
  const api = new DexscreenerApi(http);
  const { signal } = new AbortController();
  for (const answer of [
    await api.search('SOL/USDC & more', signal),
    await api.pairs('solana', ['POOL1', 'POOL/2'], signal),
    await api.tokenPairs('solana', mint, signal),
  ])
    expect(answer.observations.map(({ address }) => address)).toEqual([mint]);
  expect(venue.requests.map(({ path, query }) => `${path} ${query.get('q') ?? ''}`)).toEqual([
    '/latest/dex/search SOL/USDC & more',
    '/latest/dex/pairs/solana/POOL1,POOL%2F2 ',
    `/token-pairs/v1/solana/${mint} `,
  ]);
});

test('stopped it asks nothing more, and started again it goes on', async () => {
  serve();
  await source.start(sink);
  await venue.play(minuteMs);
  await source.stop();
  const asked = venue.requests.length;
  expect(venue.clock.pendingWakeAt).toBeUndefined();
  await venue.play(10 * minuteMs);
  expect(venue.requests.length).toBe(asked);
  await source.start(sink);
  await source.restart('test');
  await venue.play(minuteMs);
  expect(venue.requests.length).toBeGreaterThan(asked);
});

test('it is reachable when it answers at all, refusals of the moment included', async () => {
  serve();
  expect(await source.reachable(2_000)).toBe(true);
  venue.routes.unshift([/./, () => ({ status: 429 })]);
  expect(await source.reachable(2_000)).toBe(true);
  venue.routes.unshift([/./, () => ({ status: 503 })]);
  expect(await source.reachable(2_000)).toBe(false);
  await venue.close();
  expect(await source.reachable(2_000)).toBe(false);
  await venue.listen();
});
