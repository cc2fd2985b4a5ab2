// The fixed set of indicators of one timeframe, updated once per closed candle and written into a ring.
// It must stay O(1) per candle and must never read a later candle.
import { SlidingExtreme } from './indicators/donchian.ts';
import { ExponentialMovingAverage, RollingMoments } from './indicators/moving-averages.ts';
import { MovingAverageConvergenceDivergence, RelativeStrengthIndex } from './indicators/oscillators.ts';
import { DirectionalMovement } from './indicators/true-range.ts';
import { ExponentialVariance } from './indicators/volatility.ts';
import { NumericRing } from './ring.ts';
import { type IndicatorName, indicatorCapacity, indicatorNames } from './strategy.ts';

const columnOf = Object.fromEntries(indicatorNames.map((name, column) => [name, column])) as Readonly<
  Record<IndicatorName, number>
>;
const bollingerWidth = 2;
const shortHalfLife = 10;
const normalHalfLife = 100;
/** Returns needed before the volatility ratio means anything. */
const ratioWarmUp = 50;

export class IndicatorBank {
  readonly #ring = new NumericRing(indicatorCapacity, indicatorNames.length);
  readonly #ema20 = new ExponentialMovingAverage(20);
  readonly #ema50 = new ExponentialMovingAverage(50);
  readonly #moments = new RollingMoments(20);
  readonly #strength = new RelativeStrengthIndex(14);
  readonly #movement = new DirectionalMovement(14);
  readonly #convergence = new MovingAverageConvergenceDivergence(12, 26, 9);
  readonly #high20 = new SlidingExtreme(20, 1);
  readonly #low20 = new SlidingExtreme(20, -1);
  readonly #high10 = new SlidingExtreme(10, 1);
  readonly #low10 = new SlidingExtreme(10, -1);
  readonly #shortVariance = new ExponentialVariance(shortHalfLife);
  readonly #normalVariance = new ExponentialVariance(normalHalfLife);
  #previousClose = Number.NaN;

  value(name: IndicatorName, ago: number): number {
    // A strategy is user code: a name the type forbids gives NaN, not a neighbour's column.
    const column: number | undefined = columnOf[name];
    return column === undefined ? Number.NaN : this.#ring.at(column, ago);
  }

  /** Takes in one closed candle. */
  update(high: number, low: number, close: number): void {
    const ring = this.#ring;
    const row = ring.append();
    // Channels are read before this candle joins them: they are what it has to break out of.
    ring.set(row, columnOf.donchian_high_20, this.#high20.value);
    ring.set(row, columnOf.donchian_low_20, this.#low20.value);
    ring.set(row, columnOf.donchian_high_10, this.#high10.value);
    ring.set(row, columnOf.donchian_low_10, this.#low10.value);
    this.#high20.update(high);
    this.#low20.update(low);
    this.#high10.update(high);
    this.#low10.update(low);

    ring.set(row, columnOf.ema_20, this.#ema20.update(close));
    ring.set(row, columnOf.ema_50, this.#ema50.update(close));
    this.#moments.update(close);
    const mean = this.#moments.mean;
    const band = bollingerWidth * this.#moments.standardDeviation;
    ring.set(row, columnOf.sma_20, mean);
    ring.set(row, columnOf.bollinger_upper, mean + band);
    ring.set(row, columnOf.bollinger_lower, mean - band);

    ring.set(row, columnOf.rsi_14, this.#strength.update(close));
    this.#convergence.update(close);
    ring.set(row, columnOf.macd_line, this.#convergence.line);
    ring.set(row, columnOf.macd_signal, this.#convergence.signal);
    this.#movement.update(high, low, close);
    ring.set(row, columnOf.atr_14, this.#movement.averageTrueRange);
    ring.set(row, columnOf.adx_14, this.#movement.averageDirectionalIndex);
    ring.set(row, columnOf.plus_di_14, this.#movement.plusDirection);
    ring.set(row, columnOf.minus_di_14, this.#movement.minusDirection);
    ring.set(row, columnOf.volatility_ratio, this.#volatilityRatio(close));
  }

  #volatilityRatio(close: number): number {
    const change = Math.log(close / this.#previousClose);
    this.#previousClose = close;
    if (Number.isNaN(change)) return Number.NaN;
    this.#shortVariance.update(change * change);
    this.#normalVariance.update(change * change);
    const normal = this.#normalVariance.value;
    if (this.#normalVariance.count < ratioWarmUp || normal === 0) return Number.NaN;
    return Math.sqrt(this.#shortVariance.value / normal);
  }
}
