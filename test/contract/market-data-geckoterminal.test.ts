// The GeckoTerminal source against a stand-in: new pools of each network and, token by token, who may mint and freeze.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGeckoterminalSource } from '../../src/adapters/market-data/geckoterminal/geckoterminal-source.ts';
import type { PolledSource } from '../../src/adapters/market-data/shared/polled-source.ts';
import { CandidateRecorder, DexStandIn, failures } from './market-data-support/dex-stand-in.ts';

const minuteMs = 60_000;

let venue: DexStandIn;
let sink: CandidateRecorder;
let source: PolledSource;

beforeEach(async () => {
  venue = new DexStandIn();
  await venue.listen();
  sink = new CandidateRecorder();
  source = createGeckoterminalSource({ ...venue.options, chains: ['solana', 'ethereum'] });
});
afterEach(async () => {
  await source.stop();
  await venue.close();
});

function poolOf(network: string, address: string, patch: Readonly<Record<string, unknown>> = {}) {
  return {
    id: `${network}_POOL`,
    type: 'pool',
    attributes: {
      address: 'POOL',
      name: 'DMO / SOL 0.25%',
      base_token_price_usd: '0.000181',
      reserve_in_usd: '15000.5',
      market_cap_usd: null,
      pool_created_at: '2026-10-30T15:00:00Z',
      volume_usd: { h1: '900.5', h24: '9000.1' },
      transactions: { h24: { buys: 90, sells: 70, buyers: 40, sellers: 30 } },
      ...patch,
    },
    relationships: {
      base_token: { data: { id: `${network}_${address}`, type: 'token' } },
      dex: { data: { id: 'pumpswap', type: 'dex' } },
    },
  };
}

function infoOf(address: string, patch: Readonly<Record<string, unknown>> = {}) {
  return {
    data: {
      id: `solana_${address}`,
      type: 'token',
      attributes: {
        address,
        name: 'Demo',
        symbol: 'DMO',
        mint_authority: 'no',
        freeze_authority: 'yes',
        holders: { count: 730, distribution_percentage: { top_10: '24.8966', rest: '58.693' } },
        ...patch,
      },
    },
  };
}

function serve(info: unknown = infoOf('MintOne')): void {
  const included = { id: 'solana_MintOne', type: 'token', attributes: { name: 'Demo Coin', symbol: 'DMO' } };
  venue.routes.push(
    [/solana\/new_pools$/, () => ({ body: { data: [poolOf('solana', 'MintOne')], included: [included] } })],
    [/eth\/new_pools$/, () => ({ body: { data: [poolOf('eth', '0xabc')] } })],
    [/tokens\/MintOne\/info$/, () => ({ body: info })],
  );
}

test('new pools are candidates of their chain, under the name the house gives it', async () => {
  serve();
  await source.start(sink);
  await venue.play(minuteMs);
  expect(sink.of('MintOne')[0]).toEqual({
    chain: 'solana',
    address: 'MintOne',
    origin: 'new_pool',
    name: 'Demo Coin',
    symbol: 'DMO',
    facts: {
      price_usd: 0.000181,
      liquidity_usd: 15_000.5,
      volume_h1_usd: 900.5,
      volume_h24_usd: 9_000.1,
      buys_h24: 90,
      sells_h24: 70,
      created_at: Date.UTC(2026, 9, 30, 15),
      pool: 'POOL',
      dex: 'pumpswap',
      quote_symbol: 'SOL',
    },
  });
  expect(sink.of('0xabc')[0]).toMatchObject({ chain: 'ethereum', origin: 'new_pool', symbol: 'DMO' });
  expect(venue.requests[0]?.headers.accept).toBe('application/json;version=20230302');
});

test('safety of what it found: no authority left, one still held, and how concentrated the holders are', async () => {
  serve();
  await source.start(sink);
  await venue.play(2 * minuteMs);
  expect(sink.of('MintOne').find(({ origin }) => origin === null)?.facts).toEqual({
    mint_authority: 'renounced',
    freeze_authority: 'held',
    top_10_holders_pct: 24.8966,
    holders: 730,
  });
  expect(sink.state).toBe('live');
});

test.each([
  ['another word for it', { mint_authority: 'unknown', freeze_authority: null, holders: null }],
  ['a boolean', { mint_authority: false, freeze_authority: 0, holders: null }],
])('%s is unknown, never safe', async (_name, patch) => {
  serve(infoOf('MintOne', patch));
  await source.start(sink);
  await venue.play(2 * minuteMs);
  const looked = sink.of('MintOne').filter(({ origin }) => origin === null);
  expect(looked.length).toBeGreaterThan(0);
  for (const { facts } of looked) expect(facts).toEqual({});
});

test('the safety of another token is never taken for the one asked for', async () => {
  serve(infoOf('Other'));
  await source.start(sink);
  await venue.play(2 * minuteMs);
  expect(sink.of('Other')).toEqual([]);
  expect(sink.of('MintOne').every(({ facts }) => facts.mint_authority === undefined)).toBe(true);
});

test('at most ten requests a minute go out, and a token it does not know is no failure', async () => {
  serve();
  source.watch(Array.from({ length: 30 }, (_, index) => ({ chain: 'solana', address: `Unknown${index}` })));
  await source.start(sink);
  await venue.play(10 * minuteMs);
  expect(venue.requests.length).toBeLessThanOrEqual(100);
  expect(venue.asked(/Unknown/).length).toBeGreaterThan(10);
  expect(sink.state).toBe('live');
});

test.each(failures)('%s: said, survived, and recovered from', async (_name, answer) => {
  serve();
  venue.routes.unshift([/./, () => answer]);
  await source.start(sink);
  await venue.play(5 * minuteMs);
  expect(sink.batches).toEqual([]);
  expect(sink.detail).not.toContain('fault of ours');
  venue.routes.shift();
  await venue.play(40 * minuteMs);
  expect(sink.state).toBe('live');
  expect(sink.of('MintOne').length).toBeGreaterThan(0);
});
