// Rolling statistics of a market from closes sampled on round intervals: volatility, correlation, traded value.
// Everything is a function of the samples kept, so a restart from the stored row changes nothing. It must never fill a gap.
import { dayMs, type EpochMs, hourMs } from './time.ts';

/** Samples kept of one symbol: three days of hours. */
export const maxSamples = 73;
/** Fewer common returns than these prove no correlation. */
export const minCommonReturns = 24;
/** Fewer returns than these prove no volatility. */
const minReturns = 12;
/** Samples of traded value that are averaged. */
const turnoverSamples = 24;

export interface PriceSample {
  readonly at: EpochMs;
  readonly close: number;
  /** Value traded per hour in quote currency, measured on the candle that closed at `at`; 0 where the feed gives none. */
  readonly hourly_turnover: number;
}

/** The samples with one more, oldest first; unchanged when it is not newer than the last. */
export function withSample(samples: readonly PriceSample[], sample: PriceSample): readonly PriceSample[] {
  const last = samples.at(-1);
  if (last !== undefined && sample.at <= last.at) return samples;
  return [...samples, sample].slice(-maxSamples);
}

/** Logarithmic returns by the instant at which they ended; only between samples exactly one interval apart. */
function returnsOf(samples: readonly PriceSample[], intervalMs: number): Map<EpochMs, number> {
  const returns = new Map<EpochMs, number>();
  for (let place = 1; place < samples.length; place++) {
    const before = samples[place - 1];
    const now = samples[place];
    if (before === undefined || now === undefined || now.at - before.at !== intervalMs) continue;
    returns.set(now.at, Math.log(now.close / before.close));
  }
  return returns;
}

/** Standard deviation of one day's return as a fraction, by the square root of time; undefined with too few samples. */
export function dailyVolatility(samples: readonly PriceSample[], intervalMs = hourMs): number | undefined {
  const returns = [...returnsOf(samples, intervalMs).values()];
  if (returns.length < minReturns) return undefined;
  let squares = 0;
  for (const value of returns) squares += value * value;
  return Math.sqrt((squares / returns.length) * (dayMs / intervalMs));
}

/**
 * Volatility of a day from the average range of one candle: the mean range of a driftless walk is sqrt(8/pi) of its
 * standard deviation (Feller 1951; Parkinson 1980).
 */
export function dailyVolatilityOfRange(averageTrueRange: number, price: number, candleMs: number): number {
  return (averageTrueRange / price / Math.sqrt(8 / Math.PI)) * Math.sqrt(dayMs / candleMs);
}

/** Pearson correlation of the returns that both have, -1..1; undefined when they have too few in common. */
export function correlation(
  left: readonly PriceSample[],
  right: readonly PriceSample[],
  intervalMs = hourMs,
): number | undefined {
  const other = returnsOf(right, intervalMs);
  const pairs: (readonly [number, number])[] = [];
  for (const [at, value] of returnsOf(left, intervalMs)) {
    const partner = other.get(at);
    if (partner !== undefined) pairs.push([value, partner]);
  }
  if (pairs.length < minCommonReturns) return undefined;
  const count = pairs.length;
  let sumLeft = 0;
  let sumRight = 0;
  for (const [a, b] of pairs) {
    sumLeft += a;
    sumRight += b;
  }
  const meanLeft = sumLeft / count;
  const meanRight = sumRight / count;
  let cross = 0;
  let squaresLeft = 0;
  let squaresRight = 0;
  for (const [a, b] of pairs) {
    cross += (a - meanLeft) * (b - meanRight);
    squaresLeft += (a - meanLeft) ** 2;
    squaresRight += (b - meanRight) ** 2;
  }
  const scale = Math.sqrt(squaresLeft * squaresRight);
  return scale > 0 ? Math.min(1, Math.max(-1, cross / scale)) : undefined;
}

/** Mean value traded per hour; undefined without samples or where the feed gives no volume. */
export function meanTurnover(samples: readonly PriceSample[]): number | undefined {
  const recent = samples.slice(-turnoverSamples);
  let sum = 0;
  for (const sample of recent) sum += sample.hourly_turnover;
  return sum > 0 ? sum / recent.length : undefined;
}
