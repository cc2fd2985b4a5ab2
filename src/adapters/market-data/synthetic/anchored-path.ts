// A random walk that can be entered anywhere: its level at each midnight is a weighted sum of hashed daily shocks,
// and the minutes between two midnights are a Brownian bridge. The same day is always the same to the last bit.
import { minuteMs } from '../../../shared/domain/time.ts';
import { type ClimateDay, type MarketClimate, minutesPerDay } from './market-climate.ts';
import { BlockRandom, type NoiseKey, noiseKey, normalAt } from './noise.ts';

/** What is left of a shock after a day. Prices stay near their base over years: the level is an AR(1) process. */
const dailyMemory = 0.992;
/** Days of shocks that make a level; older ones weigh less than 0.0004. */
const anchorDays = 1_000;
/** Chance of a jump per minute, about one a day, and its size against the minute's volatility. */
const jumpChance = minuteMs / 86_400_000;
const jumpVariance = 49;

export class AnchoredPath {
  readonly #climate: MarketClimate;
  readonly #shocks: NoiseKey;
  readonly #minutes: NoiseKey;
  readonly #dailyVolatility: number;
  readonly #anchors = new Map<number, number>();

  /** `dailyVolatility` is the standard deviation of the log level over a mean day. */
  constructor(seed: number, name: string, climate: MarketClimate, dailyVolatility: number) {
    this.#climate = climate;
    this.#shocks = noiseKey(seed, name, 'day');
    this.#minutes = noiseKey(seed, name, 'minute');
    this.#dailyVolatility = dailyVolatility;
  }

  /** Log level at the midnight that begins a UTC day. */
  anchor(day: number): number {
    const known = this.#anchors.get(day);
    if (known !== undefined) return known;
    let level = 0;
    let weight = this.#dailyVolatility;
    for (let back = 1; back <= anchorDays; back += 1) {
      const shock = normalAt(this.#shocks, day - back) * Math.sqrt(this.#climate.dayVariance(day - back));
      level += weight * shock;
      weight *= dailyMemory;
    }
    if (this.#anchors.size >= maxAnchors) this.#anchors.clear();
    this.#anchors.set(day, level);
    return level;
  }

  /**
   * Log level at the close of each minute of a day. Free minutes are drawn first, then what is missing to the
   * next anchor is shared out by variance, which is the exact law of a walk that must end there.
   * `factor(minute)` scales the variance of single minutes.
   */
  closes(day: number, climate: ClimateDay, factors: Float64Array | undefined): Float64Array {
    const random = new BlockRandom(this.#minutes, day);
    const scale = this.#dailyVolatility / Math.sqrt(minutesPerDay);
    const closes = new Float64Array(minutesPerDay);
    const variances = new Float64Array(minutesPerDay);
    let drawn = 0;
    let total = 0;
    for (let minute = 0; minute < minutesPerDay; minute += 1) {
      const sigma = climate.sigma[minute] as number;
      const jump = random.next() < jumpChance ? 1 + jumpVariance : 1;
      const variance = sigma * sigma * (factors === undefined ? 1 : (factors[minute] as number)) * jump;
      const step = scale * Math.sqrt(variance) * random.normal();
      closes[minute] = step;
      variances[minute] = variance;
      drawn += step;
      total += variance;
    }
    const end = this.anchor(day + 1);
    let level = this.anchor(day);
    const missing = (end - level - drawn) / total;
    for (let minute = 0; minute < minutesPerDay; minute += 1) {
      level += (closes[minute] as number) + missing * (variances[minute] as number);
      closes[minute] = level;
    }
    // Rounding must not open a seam at midnight.
    closes[minutesPerDay - 1] = end;
    return closes;
  }
}

const maxAnchors = 64;
