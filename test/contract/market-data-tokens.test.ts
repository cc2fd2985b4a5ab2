// DexScreener and Birdeye as sources of prices: quotes of followed tokens, candles built from them, silence said.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createBirdeyePrices } from '../../src/adapters/market-data/birdeye/birdeye-prices.ts';
import { createDexscreenerPrices } from '../../src/adapters/market-data/dexscreener/dexscreener-prices.ts';
import type { TokenPriceSource } from '../../src/adapters/market-data/shared/token-price-source.ts';
import { candleDefect } from '../../src/shared/domain/candle.ts';
import { DexStandIn, failures } from './market-data-support/dex-stand-in.ts';
import { RecordingSink } from './market-data-support/recording-sink.ts';

const minuteMs = 60_000;
const wif = 'EKpQGSJtjMFqKZ9KQanSqYXRcF8fBopzLHYxdM65zcjm';
const brett = '0x532f27101965dd16442E59d40670FaF5eBB142E4';
const solanaSymbol = `solana:${wif}`;
const baseSymbol = `base:${brett.toLowerCase()}`;

let venue: DexStandIn;
let sink: RecordingSink;
let source: TokenPriceSource;

beforeEach(async () => {
  venue = new DexStandIn();
  await venue.listen();
  sink = new RecordingSink();
});
afterEach(async () => {
  await source.stop();
  await venue.close();
});

function dexscreener(symbols: readonly string[] = [solanaSymbol]): TokenPriceSource {
  return createDexscreenerPrices({ ...venue.options, symbols });
}

function pairOf(chainId: string, address: string, price: string, patch: object = {}) {
  const liquidity = { usd: 80_000 };
  return { chainId, pairAddress: 'P', baseToken: { address }, priceUsd: price, liquidity, ...patch };
}

function price(): string {
  return String(2 + Math.sin(venue.clock.now() / 90_000) / 10);
}

function serve(): void {
  venue.routes.push(
    [/^\/tokens\/v1\/solana\//, () => ({ body: [pairOf('solana', wif, price())] })],
    [/^\/tokens\/v1\/base\//, () => ({ body: [pairOf('base', brett, '0.09')] })],
  );
}

test('quotes are the price with the spread of its pool around it, and whole minutes become candles', async () => {
  serve();
  source = dexscreener();
  await source.start(sink);
  await venue.play(5 * minuteMs);
  const quotes = sink.batches.flatMap((batch) => batch.quotes);
  expect(quotes.length).toBeGreaterThan(15);
  for (const { bid, ask, symbol } of quotes) {
    expect(symbol).toBe(solanaSymbol);
    expect((ask - bid) / ((ask + bid) / 2)).toBeCloseTo(0.005, 5);
  }
  expect(sink.candles.length).toBeGreaterThanOrEqual(3);
  for (const { candle, kind, happened_at, known_at } of sink.candles) {
    expect(candleDefect(candle)).toBeUndefined();
    expect(kind).toBe('live');
    expect(known_at).toBeGreaterThanOrEqual(happened_at);
  }
  const opens = sink.openTimes(solanaSymbol);
  expect(opens).toEqual(opens.map((_, index) => (opens[0] ?? 0) + index * minuteMs));
  expect(sink.lastStatus).toMatchObject({ state: 'live', health: 1 });
  expect(sink.lastStatus?.detail).toContain('spread of a small order in the pool');
  expect(await source.history(solanaSymbol, 100)).toEqual([]);
});

test('tokens of several chains are asked for chain by chain, and an address is one in any case', async () => {
  serve();
  source = dexscreener([solanaSymbol, baseSymbol]);
  await source.start(sink);
  await venue.play(minuteMs);
  const symbols = new Set(sink.batches.flatMap((batch) => batch.quotes.map(({ symbol }) => symbol)));
  expect(symbols).toEqual(new Set([solanaSymbol, baseSymbol]));
  expect(sink.quarantines).toEqual([]);
});

test('a token nobody trades is named, and the others go on', async () => {
  serve();
  const untraded = `solana:${'9'.repeat(44)}`;
  source = dexscreener([solanaSymbol, untraded]);
  await source.start(sink);
  await venue.play(minuteMs);
  expect(sink.lastStatus?.state).toBe('degraded');
  expect(sink.lastStatus?.detail).toContain(`no price of 1 symbols: ${untraded}`);
  expect(sink.batches.length).toBeGreaterThan(0);
});

test('a price that jumps and comes back never passes; one that stays is believed', async () => {
  let now = '2';
  venue.routes.push([/tokens/, () => ({ body: [pairOf('solana', wif, now)] })]);
  source = dexscreener();
  await source.start(sink);
  await venue.play(minuteMs);
  now = '200';
  await venue.play(30_000);
  now = '2';
  await venue.play(minuteMs);
  const most = () => Math.max(...sink.batches.flatMap((batch) => batch.quotes.map(({ ask }) => ask)));
  expect(most()).toBeLessThan(3);
  expect(sink.quarantines.map(({ reason }) => reason)).toContain('absurd price jump');
  now = '200';
  await venue.play(3 * minuteMs);
  expect(most()).toBeGreaterThan(150);
});

test.each(failures)('%s: unreachable is said, nothing made up, and it comes back', async (_name, answer) => {
  serve();
  source = dexscreener();
  await source.start(sink);
  await venue.play(3 * minuteMs);
  const before = sink.batches.length;
  venue.routes.unshift([/./, () => answer]);
  await venue.play(6 * minuteMs);
  expect(['unreachable', 'stale', 'blind', 'degraded']).toContain(sink.lastStatus?.state);
  expect(sink.lastStatus?.detail).not.toContain('fault of ours');
  const silent = sink.batches.length;
  expect(silent - before).toBeLessThanOrEqual(1);
  venue.routes.shift();
  await venue.play(12 * minuteMs);
  expect(sink.lastStatus?.state).toBe('live');
  expect(sink.batches.length).toBeGreaterThan(silent);
  for (const { candle } of sink.candles) expect(candleDefect(candle)).toBeUndefined();
});

test('stopped it asks nothing more, restarted it goes on', async () => {
  serve();
  source = dexscreener();
  await source.start(sink);
  await venue.play(minuteMs);
  await source.restart('test');
  await venue.play(minuteMs);
  expect(sink.lastStatus?.state).toBe('live');
  await source.stop();
  expect(venue.clock.pendingWakeAt).toBeUndefined();
  const asked = venue.requests.length;
  await venue.play(5 * minuteMs);
  expect(venue.requests.length).toBe(asked);
});

test('more than can be polled, and what is no token, is refused', () => {
  const many = Array.from({ length: 301 }, (_, index) => `base:0x${index.toString(16).padStart(40, '0')}`);
  source = dexscreener();
  expect(() => dexscreener(many)).toThrow(RangeError);
  expect(() => dexscreener(['BTCUSDT'])).toThrow(RangeError);
});

const apiKey = 'birdeye-secret-key-000';

function serveBirdeye(): void {
  venue.routes.push(
    [/^\/defi\/price$/, () => ({ body: { success: true, data: { value: Number(price()) } } })],
    [
      /^\/defi\/ohlcv$/,
      ({ query }) => {
        const from = Math.ceil(Number(query.get('time_from')) / 60) * 60;
        const items = [];
        for (let at = from; at <= Number(query.get('time_to')); at += 60)
          items.push({ unixTime: at, o: 2, h: 2.2, l: 1.9, c: 2.1, v: 500 });
        return { body: { success: true, data: { items } } };
      },
    ],
  );
}

test('Birdeye has prices and candles of the past; other chains than Solana are left out', async () => {
  serveBirdeye();
  source = createBirdeyePrices({ ...venue.options, apiKey, symbols: [solanaSymbol, baseSymbol] });
  expect(source.symbols).toEqual([solanaSymbol]);
  await source.start(sink);
  const history = source.history(solanaSymbol, 60);
  await venue.play(10_000);
  const candles = await history;
  expect(candles).toHaveLength(60);
  expect(candles.at(-1)).toMatchObject({ symbol: solanaSymbol, timeframe: '1m', close: 2.1, volume: 0 });
  await venue.play(4 * minuteMs);
  expect(sink.candles.length).toBeGreaterThanOrEqual(2);
  expect(sink.lastStatus?.state).toBe('live');
  expect(JSON.stringify(sink.statuses)).not.toContain(apiKey);
});

test('a plan without candles still has prices, and candles are built from them', async () => {
  serveBirdeye();
  venue.routes.unshift([/ohlcv/, () => ({ status: 403, body: { success: false, message: 'upgrade' } })]);
  source = createBirdeyePrices({ ...venue.options, apiKey, symbols: [solanaSymbol] });
  await source.start(sink);
  await venue.play(5 * minuteMs);
  expect(sink.candles.length).toBeGreaterThanOrEqual(2);
  expect(venue.asked(/ohlcv/).length).toBeLessThanOrEqual(2);
});
