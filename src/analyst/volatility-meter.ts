// How much an instrument moves now, and relative to its own normal. It knows nothing of direction.
import type { Timeframe } from '../shared/domain/candle.ts';
import { timeframeMs } from '../shared/domain/candle.ts';
import type { AssetClass } from '../shared/domain/instrument.ts';
import { dayMs, hourMs } from '../shared/domain/time.ts';
import { ExponentialVariance } from './indicators/volatility.ts';

/** The short memory spans an hour, but at least this many candles. */
const minimumShortCandles = 12;
/** The normal is remembered this many times longer (one hour against three days). */
const normalMultiple = 72;
/** A normal is trusted after this many short spans (one hour: a full day, so that each hour of it has been seen). */
const normalWarmUpMultiple = 24;
/** A return across more missing candles than this is a reopening, not volatility of the candles between. */
const maxGapCandles = 60;
/** Trading time in a year: always for crypto, five days of seven for forex. */
const tradingYearMs: Readonly<Record<AssetClass, number>> = { crypto: 365 * dayMs, forex: 260 * dayMs };

export class VolatilityMeter {
  readonly #baseMs: number;
  readonly #perYear: number;
  readonly #shortCandles: number;
  readonly #short: ExponentialVariance;
  readonly #normal: ExponentialVariance;
  #previousOpenTime = -1;
  #previousClose = 0;

  constructor(base: Timeframe, assetClass: AssetClass) {
    this.#baseMs = timeframeMs[base];
    this.#perYear = tradingYearMs[assetClass] / this.#baseMs;
    this.#shortCandles = Math.max(minimumShortCandles, Math.round(hourMs / this.#baseMs));
    this.#short = new ExponentialVariance(this.#shortCandles);
    this.#normal = new ExponentialVariance(this.#shortCandles * normalMultiple);
  }

  update(openTime: number, close: number): void {
    const steps = (openTime - this.#previousOpenTime) / this.#baseMs;
    if (this.#previousOpenTime >= 0 && steps <= maxGapCandles) {
      const change = Math.log(close / this.#previousClose);
      // Variance grows with time: a return over k candles counts as k-th part per candle.
      const squared = (change * change) / steps;
      this.#short.update(squared);
      this.#normal.update(squared);
    }
    this.#previousOpenTime = openTime;
    this.#previousClose = close;
  }

  /** Annualised volatility of the short memory as a fraction; NaN before warm-up. */
  get annualised(): number {
    if (this.#short.count < this.#shortCandles) return Number.NaN;
    return Math.sqrt(this.#short.value * this.#perYear);
  }

  /** Short-term volatility relative to normal; 1 is normal; NaN before warm-up. */
  get activity(): number {
    const normal = this.#normal.value;
    if (this.#normal.count < this.#shortCandles * normalWarmUpMultiple || !(normal > 0)) return Number.NaN;
    return Math.sqrt(this.#short.value / normal);
  }
}
