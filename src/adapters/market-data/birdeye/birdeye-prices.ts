// Birdeye as a source of prices, with the user's key: stands by behind DexScreener, is compared with it, and has the
// candles that DexScreener lacks. One slow request per token: it is for a handful of them.
import { instrumentFor } from '../../../shared/domain/instrument.ts';
import { secondMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import { Alarms } from '../shared/alarms.ts';
import { TokenPriceSource } from '../shared/token-price-source.ts';
import { BirdeyeApi } from './birdeye-api.ts';
import { birdeyeChain, defaultBaseUrl, pingPath } from './birdeye-limits.ts';

const pollEveryMs = 30 * secondMs;

export interface BirdeyePricesOptions {
  /** Tokens of Solana, such as `solana:<token address>`; others are left out. */
  readonly symbols: readonly string[];
  readonly apiKey: string;
  /** For this source alone: a clock has one wake-up. */
  readonly clock: Clock;
  readonly baseUrl?: string;
  readonly fetch?: typeof fetch;
  readonly random?: () => number;
}

/** Throws RangeError for more symbols than can be polled. */
export function createBirdeyePrices(options: BirdeyePricesOptions): TokenPriceSource {
  const { clock, apiKey } = options;
  const symbols = options.symbols.filter((symbol) => instrumentFor(symbol)?.chain === birdeyeChain);
  const alarms = new Alarms(clock);
  const api = new BirdeyeApi({
    baseUrl: options.baseUrl ?? defaultBaseUrl,
    apiKey,
    chain: birdeyeChain,
    clock,
    alarms,
    fetch: options.fetch ?? fetch,
  });
  const addressOf = (symbol: string) => instrumentFor(symbol)?.address ?? '';
  return new TokenPriceSource({
    // The discovery of the same service has a state of its own.
    name: 'birdeye_prices',
    symbols,
    clock,
    alarms,
    http: api.http,
    group: 'price',
    pingPath,
    pollEveryMs,
    portions: symbols.map((symbol) => [symbol]),
    ask: async (portion, signal) => {
      const [symbol = ''] = portion;
      const { observations, faults } = await api.price(addressOf(symbol), signal);
      const price = observations[0]?.facts.price_usd;
      return { prices: price === undefined ? [] : [{ symbol, price }], faults };
    },
    minutes: async (symbol, from, to, signal) => {
      const { candles } = await api.candles(addressOf(symbol), '1m', from, to, signal);
      return candles.map((candle) => ({ ...candle, symbol }));
    },
    random: options.random ?? Math.random,
  });
}
