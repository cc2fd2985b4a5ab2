// The real sources a paper run can choose from, per asset class, best first. A new source is one row here.
import { BinanceSource } from '../../adapters/market-data/binance/binance-source.ts';
import { createBirdeyePrices } from '../../adapters/market-data/birdeye/birdeye-prices.ts';
import { CcxtSource, type CcxtSourceOptions } from '../../adapters/market-data/ccxt/ccxt-source.ts';
import { createDexscreenerPrices } from '../../adapters/market-data/dexscreener/dexscreener-prices.ts';
import { OandaSource } from '../../adapters/market-data/oanda/oanda-source.ts';
import { TradermadeSource } from '../../adapters/market-data/tradermade/tradermade-source.ts';
import type { Settings } from '../../shared/config/settings.ts';
import type { AssetClass } from '../../shared/domain/instrument.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { MarketDataSource } from '../../shared/ports/market-data.ts';

/** Where venues live, for tests with stand-ins; empty in production. */
export interface MarketHosts {
  readonly binance?: { readonly restUrl: string; readonly streamUrl: string };
  readonly oanda?: { readonly restUrl: string; readonly streamUrl: string };
  readonly dexscreener?: { readonly baseUrl: string };
  readonly birdeye?: { readonly baseUrl: string };
  /** Changes a freshly opened exchange of ccxt. */
  readonly ccxt?: NonNullable<CcxtSourceOptions['prepare']>;
  readonly tradermade?: { readonly restUrl: string; readonly streamUrl: string };
}

/** A live source that also measures the venue's clock. */
export interface LiveSource extends MarketDataSource {
  /** Own clock minus the venue's, milliseconds; undefined while unknown. */
  readonly clockSkewMs: number | undefined;
  /** False when the venue says that it has no such symbol; absent where it tells so itself. */
  lists?(symbol: string): Promise<boolean>;
}

export interface Candidate {
  readonly name: string;
  /** How people know it. */
  readonly title: (settings: Settings) => string;
  /** The setting that is missing before it can be used; undefined when nothing is. */
  readonly missing: (settings: Settings) => string | undefined;
  /**
   * A key that was set is a wish: a venue that happens to be silent at the start is waited for, instead of a whole
   * run on prices of another kind.
   */
  readonly keptWhenSilent: boolean;
  /**
   * Follows symbols that an earlier candidate serves too: takes over when that one is silent, and is compared with it.
   * While an earlier one serves them all, the start does not wait long for it, and it may answer later.
   */
  readonly standsBy: boolean;
  readonly reachableTimeoutMs: number;
  readonly build: (
    settings: Settings,
    symbols: readonly string[],
    clock: Clock,
    hosts: MarketHosts,
  ) => LiveSource;
}

export const reachableTimeoutMs = 1_500;
/** An exchange's list of markets may be megabytes. */
const marketListTimeoutMs = 10_000;

const binance: Candidate = {
  name: 'binance',
  title: () => 'Binance',
  reachableTimeoutMs,
  standsBy: false,
  keptWhenSilent: false,
  missing: () => undefined,
  build: (_settings, symbols, clock, hosts) => new BinanceSource({ symbols, clock, ...hosts.binance }),
};

const ccxt: Candidate = {
  name: 'ccxt',
  title: (settings) => settings.ATO_CCXT_EXCHANGE ?? 'ccxt',
  reachableTimeoutMs: marketListTimeoutMs,
  standsBy: true,
  keptWhenSilent: false,
  missing: ({ ATO_CCXT_EXCHANGE }) => (ATO_CCXT_EXCHANGE === undefined ? 'ATO_CCXT_EXCHANGE' : undefined),
  build: ({ ATO_CCXT_EXCHANGE: exchange = '' }, symbols, clock, hosts) =>
    new CcxtSource({
      exchange,
      // Binance under its own name is taken already.
      name: exchange === 'binance' ? 'ccxt_binance' : exchange,
      symbols,
      clock,
      ...(hosts.ccxt === undefined ? {} : { prepare: hosts.ccxt }),
    }),
};

const oanda: Candidate = {
  name: 'oanda',
  title: () => 'OANDA',
  reachableTimeoutMs,
  standsBy: false,
  keptWhenSilent: true,
  missing: ({ OANDA_API_KEY, OANDA_ACCOUNT_ID }) =>
    OANDA_API_KEY === undefined
      ? 'OANDA_API_KEY'
      : OANDA_ACCOUNT_ID === undefined
        ? 'OANDA_ACCOUNT_ID'
        : undefined,
  build: (settings, symbols, clock, hosts) =>
    new OandaSource({
      symbols,
      clock,
      token: settings.OANDA_API_KEY ?? '',
      account: settings.OANDA_ACCOUNT_ID ?? '',
      host: settings.ATO_OANDA_HOST,
      ...hosts.oanda,
    }),
};

const tradermade: Candidate = {
  name: 'tradermade',
  title: () => 'TraderMade',
  reachableTimeoutMs,
  standsBy: false,
  keptWhenSilent: false,
  // "demo" is what env.example carries: it means the synthetic forex feed.
  missing: ({ TRADERMADE_API_KEY }) =>
    (TRADERMADE_API_KEY ?? 'demo').toLowerCase() === 'demo' ? 'TRADERMADE_API_KEY' : undefined,
  build: (settings, symbols, clock, hosts) =>
    new TradermadeSource({
      symbols,
      clock,
      key: settings.TRADERMADE_API_KEY ?? '',
      streamKey: settings.TRADERMADE_STREAM_KEY,
      requestsPerMonth: settings.ATO_TRADERMADE_REQUESTS_PER_MONTH,
      ...hosts.tradermade,
    }),
};

/** Tokens on chains, by the deepest pool of each. */
const dexscreener: Candidate = {
  name: 'dexscreener',
  title: () => 'DexScreener',
  reachableTimeoutMs,
  standsBy: false,
  keptWhenSilent: false,
  missing: () => undefined,
  build: (_settings, symbols, clock, hosts) =>
    createDexscreenerPrices({ symbols, clock, ...hosts.dexscreener }),
};

/** Compared with DexScreener, and the only one of the two that has candles of the past. */
const birdeye: Candidate = {
  name: 'birdeye',
  title: () => 'Birdeye',
  reachableTimeoutMs,
  standsBy: true,
  keptWhenSilent: false,
  missing: ({ BIRDEYE_API_KEY }) => (BIRDEYE_API_KEY === undefined ? 'BIRDEYE_API_KEY' : undefined),
  build: ({ BIRDEYE_API_KEY: apiKey = '' }, symbols, clock, hosts) =>
    createBirdeyePrices({ symbols, clock, apiKey, ...hosts.birdeye }),
};

export const candidates: Readonly<Record<AssetClass, readonly Candidate[]>> = {
  crypto: [binance, ccxt, dexscreener, birdeye],
  forex: [oanda, tradermade],
};

/**
 * What the settings want for an asset class: `auto` takes the first that is set up and answers, else the synthetic
 * market; a name takes exactly that; `none` leaves the symbols out.
 */
export type Wish = 'auto' | 'synthetic' | 'none' | (string & {});

export function wishFor(assetClass: AssetClass, settings: Settings): Wish {
  const { ATO_MARKET_SOURCE, ATO_FOREX_SOURCE } = settings;
  if (assetClass === 'crypto') return ATO_MARKET_SOURCE;
  // ATO_MARKET_SOURCE=binance means exactly that, unless forex was asked for by name.
  if (ATO_MARKET_SOURCE !== 'auto' && ATO_FOREX_SOURCE === 'auto') return 'none';
  return ATO_FOREX_SOURCE;
}
