// The synthetic market as a pure function of seed, symbol and minute. It does not know what time it is,
// so it is the same market after every restart, and the caller must not ask for the future.
import type { Candle } from '../../../shared/domain/candle.ts';
import type { AssetClass } from '../../../shared/domain/instrument.ts';
import type { Quote } from '../../../shared/domain/quote.ts';
import { dayMs, type EpochMs, minuteMs } from '../../../shared/domain/time.ts';
import { AnchoredPath } from './anchored-path.ts';
import { type InstrumentProfile, profileFor } from './instrument-profile.ts';
import {
  type ClimateDay,
  MarketClimate,
  minutesPerDay,
  type Regime,
  VarianceComponent,
} from './market-climate.ts';
import { BlockRandom, type NoiseKey, noiseKey, uniformAt } from './noise.ts';

/** Volatility of each market as a whole over a mean day. */
const marketVolatility: Readonly<Record<AssetClass, number>> = { crypto: 0.025, forex: 0.004 };
/** A symbol's own excitement lasts this long and scales its own variance by 1 -+ the spread. */
const ownComponentLifeMinutes = 45;
const ownComponentSpread = 0.5;
/** Ticks of a forex venue in a mean minute. */
const forexTicksPerMinute = 80;
const maxSpreadWidening = 8;
/** Days of candles kept per symbol: today and one neighbour. */
const maxDaysPerSymbol = 2;
const maxMarketDays = 4;

/** One symbol's UTC day; a minute opens where the one before closed. */
interface SymbolDay {
  readonly firstOpen: number;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
  readonly climate: ClimateDay;
}

interface Listing {
  readonly profile: InstrumentProfile;
  readonly climate: MarketClimate;
  readonly market: AnchoredPath;
  readonly own: AnchoredPath;
  readonly ownVariance: VarianceComponent;
  readonly shapes: NoiseKey;
  readonly wiggles: NoiseKey;
  /** Exposure of the log price to the market path. */
  readonly beta: number;
  readonly days: Map<number, SymbolDay>;
}

export class SyntheticMarket {
  readonly #seed: number;
  readonly #climates: Readonly<Record<AssetClass, MarketClimate>>;
  readonly #markets: Readonly<Record<AssetClass, AnchoredPath>>;
  readonly #marketDays: Readonly<Record<AssetClass, Map<number, Float64Array>>>;
  readonly #listings = new Map<string, Listing>();

  constructor(seed: number) {
    this.#seed = seed;
    this.#climates = { crypto: new MarketClimate(seed, 'crypto'), forex: new MarketClimate(seed, 'forex') };
    this.#markets = {
      crypto: new AnchoredPath(seed, 'market crypto', this.#climates.crypto, marketVolatility.crypto),
      forex: new AnchoredPath(seed, 'market forex', this.#climates.forex, marketVolatility.forex),
    };
    this.#marketDays = { crypto: new Map(), forex: new Map() };
  }

  regimeAt(assetClass: AssetClass, at: EpochMs): Regime {
    return this.#climates[assetClass].regimeAt(at);
  }

  assetClassOf(symbol: string): AssetClass {
    return this.#listing(symbol).profile.assetClass;
  }

  isOpen(symbol: string, at: EpochMs): boolean {
    const day = Math.floor(at / dayMs);
    return this.#listing(symbol).climate.day(day).closed[Math.floor((at - day * dayMs) / minuteMs)] === 0;
  }

  /** The candle that opens at a whole minute; undefined when the market is closed then. */
  candle(symbol: string, openTime: EpochMs): Candle | undefined {
    const day = Math.floor(openTime / dayMs);
    const data = this.#day(symbol, day);
    const minute = (openTime - day * dayMs) / minuteMs;
    if (data.climate.closed[minute] !== 0) return undefined;
    return {
      symbol,
      timeframe: '1m',
      openTime,
      open: openOf(data, minute),
      high: data.high[minute] as number,
      low: data.low[minute] as number,
      close: data.close[minute] as number,
      volume: data.volume[minute] as number,
    };
  }

  /** The quote at a whole second; undefined when the market is closed then. */
  quote(symbol: string, at: EpochMs): Quote | undefined {
    const listing = this.#listing(symbol);
    const day = Math.floor(at / dayMs);
    const minute = Math.floor((at - day * dayMs) / minuteMs);
    const data = this.#day(symbol, day);
    if (data.climate.closed[minute] !== 0) return undefined;
    const middle = middleOf(listing, data, day, minute, (at % minuteMs) / 1_000);
    const { typicalSpread, stepsPerUnit } = listing.profile;
    const nervous = 0.5 + 0.5 * (data.climate.stress[minute] as number);
    const thin = 1 + Math.max(0, 1 - (data.climate.activity[minute] as number));
    const half = (middle * typicalSpread * Math.min(maxSpreadWidening, nervous * thin)) / 2;
    const bidSteps = Math.max(1, Math.floor((middle - half) * stepsPerUnit));
    const askSteps = Math.max(bidSteps + 1, Math.ceil((middle + half) * stepsPerUnit));
    return { symbol, bid: bidSteps / stepsPerUnit, ask: askSteps / stepsPerUnit, happenedAt: at };
  }

  /** Computes a day ahead of its use, so that midnight is not the busiest second. */
  prepare(symbol: string, day: number): void {
    this.#day(symbol, day);
  }

  #listing(symbol: string): Listing {
    let listing = this.#listings.get(symbol);
    if (listing === undefined) {
      const profile = profileFor(symbol);
      const climate = this.#climates[profile.assetClass];
      const ownVolatility = Math.sqrt(1 - profile.marketShare) * profile.dailyVolatility;
      const exposure =
        (Math.sqrt(profile.marketShare) * profile.dailyVolatility) / marketVolatility[profile.assetClass];
      listing = {
        profile,
        climate,
        market: this.#markets[profile.assetClass],
        own: new AnchoredPath(this.#seed, `symbol ${symbol}`, climate, ownVolatility),
        ownVariance: new VarianceComponent(
          this.#seed,
          `symbol ${symbol}`,
          ownComponentLifeMinutes,
          ownComponentSpread,
        ),
        shapes: noiseKey(this.#seed, symbol, 'shape'),
        wiggles: noiseKey(this.#seed, symbol, 'wiggle'),
        beta: profile.direction * exposure,
        days: new Map(),
      };
      this.#listings.set(symbol, listing);
    }
    return listing;
  }

  #marketCloses(assetClass: AssetClass, day: number, climate: ClimateDay): Float64Array {
    const days = this.#marketDays[assetClass];
    let closes = days.get(day);
    if (closes === undefined) {
      closes = this.#markets[assetClass].closes(day, climate, undefined);
      keep(days, day, closes, maxMarketDays);
    }
    return closes;
  }

  #day(symbol: string, day: number): SymbolDay {
    const listing = this.#listing(symbol);
    let data = listing.days.get(day);
    if (data === undefined) {
      const climate = listing.climate.day(day);
      data = computeDay(listing, day, climate, this.#marketCloses(listing.profile.assetClass, day, climate));
      keep(listing.days, day, data, maxDaysPerSymbol);
    }
    return data;
  }
}

/** Adds an entry and drops the oldest ones beyond the limit. */
function keep<Value>(entries: Map<number, Value>, key: number, value: Value, limit: number): void {
  entries.set(key, value);
  for (const oldest of entries.keys()) {
    if (entries.size <= limit) break;
    entries.delete(oldest);
  }
}

function openOf(data: SymbolDay, minute: number): number {
  return minute === 0 ? data.firstOpen : (data.close[minute - 1] as number);
}

function computeDay(
  listing: Listing,
  day: number,
  climate: ClimateDay,
  marketCloses: Float64Array,
): SymbolDay {
  const { profile, beta } = listing;
  const { stepsPerUnit } = profile;
  const variances = new Float64Array(minutesPerDay);
  let variance = listing.ownVariance.at(day * minutesPerDay);
  for (let minute = 0; minute < minutesPerDay; minute += 1) {
    if (minute > 0) variance = listing.ownVariance.after(day * minutesPerDay + minute, variance);
    variances[minute] = variance;
  }
  const ownCloses = listing.own.closes(day, climate, variances);
  const price = (level: number) =>
    Math.max(1, Math.round(profile.basePrice * Math.exp(level) * stepsPerUnit)) / stepsPerUnit;
  const firstOpen = price(beta * listing.market.anchor(day) + listing.own.anchor(day));
  const high = new Float64Array(minutesPerDay);
  const low = new Float64Array(minutesPerDay);
  const close = new Float64Array(minutesPerDay);
  const volume = new Float64Array(minutesPerDay);
  const random = new BlockRandom(listing.shapes, day);
  const deviation = profile.dailyVolatility / Math.sqrt(minutesPerDay);
  const volumeSteps = profile.notionalPerMinute === 0 ? 1 : 100_000;
  const ticks = profile.notionalPerMinute === 0;
  let open = firstOpen;
  for (let minute = 0; minute < minutesPerDay; minute += 1) {
    const shut = price(beta * (marketCloses[minute] as number) + (ownCloses[minute] as number));
    // Extremes of a Brownian bridge: solve P(max > m) = exp(-2 m (m - b) / s^2) for a uniform probability.
    const sigma = deviation * (climate.sigma[minute] as number);
    const move = (shut - open) / open;
    const up = (move + Math.sqrt(move * move - 2 * sigma * sigma * Math.log(1 - random.next()))) / 2;
    const down = (move - Math.sqrt(move * move - 2 * sigma * sigma * Math.log(1 - random.next()))) / 2;
    high[minute] = Math.max(open, shut, Math.round(open * (1 + up) * stepsPerUnit) / stepsPerUnit);
    low[minute] = Math.min(
      open,
      shut,
      Math.max(1, Math.round(open * (1 + down) * stepsPerUnit)) / stepsPerUnit,
    );
    close[minute] = shut;
    const excitement =
      (climate.activity[minute] as number) *
      (0.4 + (climate.stress[minute] as number)) *
      (0.2 + 1.6 * random.next());
    const amount = ticks ? forexTicksPerMinute * excitement : (profile.notionalPerMinute * excitement) / shut;
    volume[minute] = Math.max(1, Math.round(amount * volumeSteps)) / volumeSteps;
    open = shut;
  }
  return { firstOpen, high, low, close, volume, climate };
}

/**
 * Middle price at a second of a minute: from the open over both extremes, in an order that is hashed, towards
 * the close, with a wiggle that never leaves the candle's range.
 */
function middleOf(listing: Listing, data: SymbolDay, day: number, minute: number, second: number): number {
  const open = openOf(data, minute);
  if (second === 0) return open;
  const high = data.high[minute] as number;
  const low = data.low[minute] as number;
  const position = day * minutesPerDay + minute;
  const order = uniformAt(listing.shapes, position);
  const firstAt = 4 + Math.floor(24 * uniformAt(listing.wiggles, position));
  const secondAt = 32 + Math.floor(24 * ((order * 16) % 1));
  const first = order < 0.5 ? high : low;
  const other = order < 0.5 ? low : high;
  let from = open;
  let to = first;
  let begin = 0;
  let end = firstAt;
  if (second >= secondAt) {
    from = other;
    to = data.close[minute] as number;
    begin = secondAt;
    end = 60;
  } else if (second >= firstAt) {
    from = first;
    to = other;
    begin = firstAt;
    end = secondAt;
  }
  const way = (second - begin) / (end - begin);
  const wiggle = (uniformAt(listing.wiggles, position * 60 + second) - 0.5) * (high - low) * way * (1 - way);
  return Math.min(high, Math.max(low, from + (to - from) * way + wiggle));
}
