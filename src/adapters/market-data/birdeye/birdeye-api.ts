// Birdeye's endpoints with the user's key. The key travels in a header and must never appear in a message or log.
import type { Candle, Timeframe } from '../../../shared/domain/candle.ts';
import { type EpochMs, secondMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { Alarms } from '../shared/alarms.ts';
import type { Decoded, DecodeFault } from '../shared/lenient-json.ts';
import { PoliteHttp } from '../shared/polite-http.ts';
import { decodeCandles, decodeOverview, decodePrice, judgeBirdeye } from './birdeye-schemas.ts';

/** One request per second and account on the free plan; a little slower, because others may share the key. */
const spacingMs = { price: 2_500, overview: 2_500, candles: 2_500 };

/** Case matters: `1M` would be a month. */
const candleTypes: Readonly<Partial<Record<Timeframe, string>>> = {
  '1m': '1m',
  '5m': '5m',
  '15m': '15m',
  '1h': '1H',
  '4h': '4H',
  '1d': '1D',
};

export interface BirdeyeApiOptions {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly chain: string;
  readonly clock: Clock;
  readonly alarms: Alarms;
  readonly fetch: typeof fetch;
}

export class BirdeyeApi {
  readonly http: PoliteHttp;
  readonly #chain: string;

  constructor({ baseUrl, apiKey, chain, clock, alarms, fetch }: BirdeyeApiOptions) {
    this.#chain = chain;
    const headers = { 'x-api-key': apiKey, 'x-chain': chain };
    this.http = new PoliteHttp({ baseUrl, clock, alarms, fetch, spacingMs, headers, judge: judgeBirdeye });
  }

  /** Price and liquidity of one token. All methods throw HttpFault. */
  async price(address: string, signal: AbortSignal): Promise<Decoded> {
    const query = new URLSearchParams({ address, include_liquidity: 'true' });
    return decodePrice(await this.http.json('price', `/defi/price?${query}`, signal), this.#chain, address);
  }

  /** Market of one token; not part of the free plan. */
  async overview(address: string, signal: AbortSignal): Promise<Decoded> {
    const query = new URLSearchParams({ address });
    const body = await this.http.json('overview', `/defi/token_overview?${query}`, signal);
    return decodeOverview(body, this.#chain, address);
  }

  /** Candles between two instants. Throws RangeError for a timeframe that Birdeye does not have. */
  async candles(
    address: string,
    timeframe: Timeframe,
    from: EpochMs,
    to: EpochMs,
    signal: AbortSignal,
  ): Promise<{ readonly candles: readonly Candle[]; readonly faults: readonly DecodeFault[] }> {
    const type = candleTypes[timeframe];
    if (type === undefined) throw new RangeError(`Birdeye has no candles of ${timeframe}`);
    const query = new URLSearchParams({
      address,
      type,
      time_from: String(Math.floor(from / secondMs)),
      time_to: String(Math.floor(to / secondMs)),
    });
    return decodeCandles(await this.http.json('candles', `/defi/ohlcv?${query}`, signal), address, timeframe);
  }
}
