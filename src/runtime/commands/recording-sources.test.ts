// What a source named to `ato record` means, against stand-ins.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DexStandIn } from '../../../test/contract/market-data-support/dex-stand-in.ts';
import {
  OandaStandIn,
  oandaAccount,
  oandaToken,
} from '../../../test/contract/market-data-support/oanda-stand-in.ts';
import { loadSettings, SettingsError } from '../../shared/config/load-settings.ts';
import type { MarketHosts } from '../market/market-candidates.ts';
import { StartRefused } from '../system/start-guards.ts';
import { isSourceName, marketOf } from './recording-sources.ts';

const token = 'solana:EKpQGSJtjMFqKZ9KQanSqYXRcF8fBopzLHYxdM65zcjm';
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const nowhere = 'http://127.0.0.1:1';
const keys = { OANDA_API_KEY: oandaToken, OANDA_ACCOUNT_ID: oandaAccount };

let oanda: OandaStandIn;
let dex: DexStandIn;
let hosts: MarketHosts;

beforeEach(async () => {
  oanda = new OandaStandIn(() => Date.UTC(2026, 3, 15, 12, 30));
  dex = new DexStandIn();
  dex.routes.push([/./, () => ({ body: [] })]);
  await Promise.all([oanda.listen(), dex.listen()]);
  hosts = { oanda: { restUrl: oanda.url, streamUrl: oanda.url }, dexscreener: { baseUrl: dex.baseUrl } };
});
afterEach(() => Promise.all([oanda.close(), dex.close()]));

async function served(name: string, environment: Record<string, string>, patch: MarketHosts = {}) {
  const wish = { ATO_UNIVERSE: `BTCUSDT,EURUSD,${token}`, ...environment };
  const settings = loadSettings({ folder: '/nonexistent', environment: wish });
  const { sources } = await marketOf(name, settings, Promise.resolve(0), log, { ...hosts, ...patch });
  return Object.fromEntries(sources.map((source) => [source.name, source.symbols.join(' ')]));
}

test('a source by its own name is that source alone, for the symbols it has', async () => {
  expect(await served('oanda', keys)).toEqual({ oanda: 'EURUSD' });
  expect(await served('dexscreener', {})).toEqual({ dexscreener_prices: token });
  expect(await served('synthetic', {})).toEqual({ synthetic: `BTCUSDT EURUSD ${token}` });
  expect(['oanda', 'tradermade', 'dexscreener', 'binance', 'yahoo'].map(isSourceName)).toEqual([
    true,
    true,
    true,
    true,
    false,
  ]);
});

test('without its key, without a symbol, or silent it is refused, never replaced by made-up prices', async () => {
  await expect(served('oanda', {})).rejects.toThrow(/needs OANDA_API_KEY/);
  await expect(served('tradermade', {})).rejects.toThrow(SettingsError);
  await expect(served('oanda', { ...keys, ATO_UNIVERSE: 'BTCUSDT' })).rejects.toThrow(/no symbol/);
  await expect(served('dexscreener', {}, { dexscreener: { baseUrl: nowhere } })).rejects.toThrow(
    StartRefused,
  );
});
