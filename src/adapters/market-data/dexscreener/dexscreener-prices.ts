// DexScreener as a source of prices: the deepest pool of each followed token, thirty tokens a request. It has no
// candles and no stream of prices.
import type { CandidateObservation } from '../../../shared/domain/candidate.ts';
import { canonicalSymbol, instrumentFor } from '../../../shared/domain/instrument.ts';
import { secondMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import { Alarms } from '../shared/alarms.ts';
import { PoliteHttp } from '../shared/polite-http.ts';
import { type TokenPrice, TokenPriceSource } from '../shared/token-price-source.ts';
import { DexscreenerApi, maxAddressesPerRequest } from './dexscreener-api.ts';
import { defaultBaseUrl, spacingMs } from './dexscreener-limits.ts';

/** The service caches pairs for 30 s; half of that, so that a change is seen soon after it is there. */
const pollEveryMs = 15 * secondMs;

export interface DexscreenerPricesOptions {
  /** Such as `solana:<token address>`. */
  readonly symbols: readonly string[];
  /** For this source alone: a clock has one wake-up. */
  readonly clock: Clock;
  readonly baseUrl?: string;
  readonly fetch?: typeof fetch;
  readonly random?: () => number;
}

/** Throws RangeError for more symbols than can be polled, or one that is no token on a chain. */
export function createDexscreenerPrices(options: DexscreenerPricesOptions): TokenPriceSource {
  const { clock, symbols } = options;
  const alarms = new Alarms(clock);
  const http = new PoliteHttp({
    baseUrl: options.baseUrl ?? defaultBaseUrl,
    clock,
    alarms,
    fetch: options.fetch ?? fetch,
    spacingMs,
  });
  const api = new DexscreenerApi(http);
  return new TokenPriceSource({
    // The discovery of the same service has a state of its own.
    name: 'dexscreener_prices',
    symbols,
    clock,
    alarms,
    http,
    group: 'fast',
    pingPath: '/token-boosts/top/v1',
    pollEveryMs,
    portions: portionsOf(symbols),
    ask: async (portion, signal) => {
      const [first = ''] = portion;
      const addresses = portion.map((symbol) => tokenOf(symbol).address);
      const { observations, faults } = await api.tokens(tokenOf(first).chain, addresses, signal);
      return { prices: observations.flatMap((seen) => priceOf(seen, portion)), faults };
    },
    random: options.random ?? Math.random,
  });
}

function tokenOf(symbol: string): { readonly chain: string; readonly address: string } {
  const { chain, address } = instrumentFor(symbol) ?? {};
  if (chain === undefined || address === undefined)
    throw new RangeError(`DexScreener: ${symbol} is no token on a chain`);
  return { chain, address };
}

/** A request is about one chain. */
function portionsOf(symbols: readonly string[]): readonly (readonly string[])[] {
  const byChain = Map.groupBy(symbols, (symbol) => tokenOf(symbol).chain);
  return [...byChain.values()].flatMap((ofChain) =>
    Array.from({ length: Math.ceil(ofChain.length / maxAddressesPerRequest) }, (_, portion) =>
      ofChain.slice(portion * maxAddressesPerRequest, (portion + 1) * maxAddressesPerRequest),
    ),
  );
}

function priceOf(seen: CandidateObservation, portion: readonly string[]): readonly TokenPrice[] {
  const symbol = canonicalSymbol(`${seen.chain}:${seen.address}`);
  const { price_usd: price, liquidity_usd: poolValue } = seen.facts;
  if (price === undefined || !portion.includes(symbol)) return [];
  return [poolValue === undefined || !(poolValue > 0) ? { symbol, price } : { symbol, price, poolValue }];
}
