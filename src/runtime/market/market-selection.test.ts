// Which source serves what: by setting, by key, and by who answers, against stand-ins of all three venues.
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { BinanceStandIn } from '../../../test/contract/market-data-support/binance-stand-in.ts';
import { CcxtStandIn } from '../../../test/contract/market-data-support/ccxt-stand-in.ts';
import { DexStandIn } from '../../../test/contract/market-data-support/dex-stand-in.ts';
import {
  OandaStandIn,
  oandaAccount,
  oandaToken,
} from '../../../test/contract/market-data-support/oanda-stand-in.ts';
import {
  TradermadeStandIn,
  tradermadeKey,
} from '../../../test/contract/market-data-support/tradermade-stand-in.ts';
import { checkExchange } from '../../adapters/market-data/ccxt/ccxt-exchange.ts';
import { loadSettings, SettingsError } from '../../shared/config/load-settings.ts';
import type { Log } from '../../shared/ports/log.ts';
import { StartRefused } from '../system/start-guards.ts';
import type { MarketHosts } from './market-candidates.ts';
import { selectMarket } from './market-selection.ts';

const nowhere = { restUrl: 'http://127.0.0.1:1', streamUrl: 'ws://127.0.0.1:1' };
const oandaKeys = { OANDA_API_KEY: oandaToken, OANDA_ACCOUNT_ID: oandaAccount };
const tradermadeKeys = { TRADERMADE_API_KEY: tradermadeKey };

let binance: BinanceStandIn;
let oanda: OandaStandIn;
let tradermade: TradermadeStandIn;
let hosts: MarketHosts;
let warnings: string[];
let exchange: CcxtStandIn;

const log: Log = {
  debug: () => {},
  info: () => {},
  warn: (fields, message) => warnings.push(`${message} ${JSON.stringify(fields)}`),
  error: () => {},
};

// Loading 61 MB of library may take longer than a test allows.
beforeAll(async () => {
  await checkExchange('binance');
}, 30_000);

beforeEach(async () => {
  warnings = [];
  const now = () => Date.UTC(2026, 3, 15, 12, 30);
  binance = new BinanceStandIn(now);
  oanda = new OandaStandIn(now);
  tradermade = new TradermadeStandIn(now);
  exchange = new CcxtStandIn(now);
  await Promise.all([binance.listen(), oanda.listen(), tradermade.listen(), exchange.listen()]);
  hosts = {
    binance: { restUrl: binance.restUrl, streamUrl: binance.streamUrl },
    ccxt: exchange.prepare,
    oanda: { restUrl: oanda.url, streamUrl: oanda.url },
    tradermade: { restUrl: tradermade.restUrl, streamUrl: tradermade.streamUrl },
  };
});
afterEach(async () => {
  await Promise.all([binance.close(), oanda.close(), tradermade.close(), exchange.close()]);
});

async function select(environment: Record<string, string>, patch: MarketHosts = {}) {
  const settings = loadSettings({ folder: '/nonexistent', environment });
  const market = await selectMarket(settings, Promise.resolve(0), log, { ...hosts, ...patch });
  return {
    market,
    served: Object.fromEntries(market.sources.map((source) => [source.name, source.symbols.join(' ')])),
  };
}

const both = { ATO_UNIVERSE: 'BTCUSDT,EURUSD,XAUUSD' };

test('without keys forex is synthetic, and that is said', async () => {
  const { market, served } = await select({ ...both, TRADERMADE_API_KEY: 'demo' });
  expect(served).toEqual({ binance: 'BTCUSDT', synthetic: 'EURUSD XAUUSD' });
  expect(market.kind).toBe('simulated');
  expect(warnings.join()).toContain('SYNTHETIC');
  expect(tradermade.requests).toEqual([]);
});

test('OANDA serves forex when its key is set, before TraderMade', async () => {
  const { market, served } = await select({ ...both, ...oandaKeys, ...tradermadeKeys });
  expect(served).toEqual({ binance: 'BTCUSDT', oanda: 'EURUSD XAUUSD' });
  expect(market.unreachable).toEqual([]);
  expect(market.kind).toBe('live');
  expect(market.universe).toEqual(['BTCUSDT', 'EURUSD', 'XAUUSD']);
  expect(warnings).toEqual([]);
});

test('OANDA with a key is kept although it is silent: no made-up prices instead', async () => {
  const { served } = await select({ ...both, ...oandaKeys }, { oanda: nowhere });
  expect(served).toEqual({ binance: 'BTCUSDT', oanda: 'EURUSD XAUUSD' });
  expect(warnings.join()).toContain('NO prices');
});

test('TraderMade serves forex when a real key is set and it answers, else the synthetic market does', async () => {
  expect((await select({ ...both, ...tradermadeKeys })).served).toEqual({
    binance: 'BTCUSDT',
    tradermade: 'EURUSD XAUUSD',
  });
  const silent = await select({ ...both, ...tradermadeKeys }, { tradermade: nowhere });
  expect(silent.served).toEqual({ binance: 'BTCUSDT', synthetic: 'EURUSD XAUUSD' });
  expect(silent.market.unreachable).toEqual(['tradermade']);
  const wrong = await select({ ...both, TRADERMADE_API_KEY: 'wrong' });
  expect(wrong.served).toEqual({ binance: 'BTCUSDT', synthetic: 'EURUSD XAUUSD' });
  expect(warnings.join()).toContain('TraderMade cannot be reached');
});

test('ATO_FOREX_SOURCE chooses exactly, also when it is silent', async () => {
  const wish = { ...both, ...oandaKeys, ...tradermadeKeys };
  expect((await select({ ...wish, ATO_FOREX_SOURCE: 'tradermade' })).served).toHaveProperty('tradermade');
  expect((await select({ ...wish, ATO_FOREX_SOURCE: 'synthetic' })).served).toHaveProperty('synthetic');
  const silent = await select({ ...wish, ATO_FOREX_SOURCE: 'tradermade' }, { tradermade: nowhere });
  expect(silent.served).toEqual({ binance: 'BTCUSDT', tradermade: 'EURUSD XAUUSD' });
});

test('nobody answers: the synthetic market alone, said loudly', async () => {
  const { market, served } = await select(both, { binance: nowhere });
  expect(served).toEqual({ synthetic: 'BTCUSDT EURUSD XAUUSD' });
  expect(market.kind).toBe('simulated');
  expect(warnings.join()).toContain('Nothing you see is a real price');
});

test('ATO_MARKET_SOURCE=binance is exactly that, and refuses to start without it', async () => {
  const only = { ...both, ATO_MARKET_SOURCE: 'binance' };
  expect((await select(only)).served).toEqual({ binance: 'BTCUSDT' });
  await expect(select(only, { binance: nowhere })).rejects.toThrow(StartRefused);
  await expect(select({ ...only, ATO_UNIVERSE: 'EURUSD' })).rejects.toThrow(/names no crypto pair/);
  const named = await select({ ...only, ...oandaKeys, ATO_FOREX_SOURCE: 'oanda' });
  expect(named.served).toEqual({ binance: 'BTCUSDT', oanda: 'EURUSD XAUUSD' });
});

test('what Binance spot does not list is not asked from it', async () => {
  const { served } = await select({ ATO_UNIVERSE: 'BTCUSDT,BTC-PERP' });
  expect(served).toEqual({ binance: 'BTCUSDT', synthetic: 'BTC-PERP' });
});

const withExchange = { ATO_UNIVERSE: 'BTCUSDT,ETHUSDT,SOLUSDT', ATO_CCXT_EXCHANGE: 'binance' };

test('a coin nobody knows is asked for at Binance: one it has is taken, a slip is refused with what was meant', async () => {
  await expect(select({ ATO_UNIVERSE: 'BTCUSDT,DOGUSDT,NOSUCHUSDT' })).rejects.toThrow(
    /Binance does not list DOGUSDT \(did you mean DOGEUSDT or .*\), NOSUCHUSDT\. Fix: /,
  );
  expect((await select({ ATO_UNIVERSE: 'BTCUSDT,NEWCOINUSDT' })).served).toEqual({
    binance: 'BTCUSDT NEWCOINUSDT',
  });
});

test('an exchange of ccxt stands by behind Binance, for what it lists', async () => {
  const { market, served } = await select(withExchange);
  expect(served).toEqual({ binance: 'BTCUSDT ETHUSDT SOLUSDT', ccxt_binance: 'BTCUSDT ETHUSDT' });
  expect(market.kind).toBe('live');
  expect(warnings).toEqual([]);
});

test('without its setting no exchange of ccxt is asked', async () => {
  await select({ ATO_UNIVERSE: 'BTCUSDT' });
  expect(exchange.requests).toEqual([]);
});

test('an exchange that is silent while Binance serves delays the start little, and is kept for later', async () => {
  exchange.restDown = { behaviour: 'hang' };
  const before = performance.now();
  const { served } = await select(withExchange);
  expect(performance.now() - before).toBeLessThan(5_000);
  expect(Object.keys(served)).toEqual(['binance', 'ccxt_binance']);
  expect(warnings.join()).toContain('stands by as soon as it does');
});

test('where Binance is silent the exchange serves, and the synthetic market what it does not list', async () => {
  const { served } = await select(withExchange, { binance: nowhere });
  expect(served).toEqual({ ccxt_binance: 'BTCUSDT ETHUSDT', synthetic: 'SOLUSDT' });
});

test('ATO_MARKET_SOURCE=ccxt is exactly that, and refuses to start without it', async () => {
  const only = { ...withExchange, ATO_MARKET_SOURCE: 'ccxt' };
  expect((await select(only)).served).toEqual({ ccxt_binance: 'BTCUSDT ETHUSDT' });
  expect(warnings.join()).toContain('left out');
  expect(binance.requests).toEqual([]);
  exchange.restDown = { status: 503 };
  await expect(select(only)).rejects.toThrow(StartRefused);
  const misspelt = select({ ...only, ATO_CCXT_EXCHANGE: 'krakn' });
  await expect(misspelt).rejects.toThrow(SettingsError);
  await expect(misspelt).rejects.toThrow(/kraken/);
});

const token = 'solana:EKpQGSJtjMFqKZ9KQanSqYXRcF8fBopzLHYxdM65zcjm';

test('tokens on chains are priced by DexScreener, with Birdeye beside it when its key is set', async () => {
  const dex = new DexStandIn();
  await dex.listen();
  dex.routes.push([/./, () => ({ body: [] })]);
  const services = { dexscreener: { baseUrl: dex.baseUrl }, birdeye: { baseUrl: dex.baseUrl } };
  const wish = { ATO_UNIVERSE: `BTCUSDT,${token}` };
  expect((await select(wish, services)).served).toEqual({ binance: 'BTCUSDT', dexscreener_prices: token });
  const keyed = await select({ ...wish, BIRDEYE_API_KEY: 'key' }, services);
  expect(keyed.served).toEqual({ binance: 'BTCUSDT', dexscreener_prices: token, birdeye_prices: token });
  expect(keyed.market.universe).toEqual(['BTCUSDT', token]);
  const silent = { dexscreener: { baseUrl: nowhere.restUrl } };
  const unpriced = await select(wish, silent);
  expect(unpriced.served).toEqual({ binance: 'BTCUSDT', synthetic: token });
  expect(unpriced.market.unreachable).toEqual(['dexscreener_prices']);
  expect(warnings.join()).toContain('DexScreener cannot be reached');
  await dex.close();
});

test.each([
  [{ ATO_MARKET_SOURCE: 'ccxt' }, 'ATO_CCXT_EXCHANGE'],
  [{ ATO_MARKET_SOURCE: 'binance', ATO_UNIVERSE: 'BTC-PERP' }, 'no crypto pair that it has'],
  [{ ATO_UNIVERSE: 'BTCUSTD' }, 'BTCUSDT'],
  [{ ATO_UNIVERSE: 'EURUSD,XAUSD' }, 'XAUUSD'],
  [{ ATO_FOREX_SOURCE: 'oanda' }, 'OANDA_API_KEY'],
  [{ ATO_FOREX_SOURCE: 'tradermade', TRADERMADE_API_KEY: 'demo' }, 'TRADERMADE_API_KEY'],
  [{ OANDA_API_KEY: 'a-token-that-is-secret' }, 'OANDA_ACCOUNT_ID'],
  [{ OANDA_ACCOUNT_ID: '12345678' }, '101-001-1234567-001'],
])('a wrong setting is refused with the fix: %j', async (environment, fix) => {
  const refused = await select(environment).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(SettingsError);
  expect(String(refused)).toContain(fix);
  expect(String(refused)).not.toContain('a-token-that-is-secret');
});
