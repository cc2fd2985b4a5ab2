// Wilder's range family (New Concepts in Technical Trading Systems, 1978): ATR, directional movement and ADX,
// sharing one true range per candle. O(1); must never look at more than the candles given so far.
import { WilderAverage } from './moving-averages.ts';

export class DirectionalMovement {
  readonly #range: WilderAverage;
  readonly #plus: WilderAverage;
  readonly #minus: WilderAverage;
  readonly #index: WilderAverage;
  #high = Number.NaN;
  #low = Number.NaN;
  #close = Number.NaN;
  /** Average true range in price units; NaN before warm-up. */
  averageTrueRange = Number.NaN;
  /** Directional indicators and average directional index, 0..100; NaN before warm-up. */
  plusDirection = Number.NaN;
  minusDirection = Number.NaN;
  averageDirectionalIndex = Number.NaN;

  constructor(period: number) {
    this.#range = new WilderAverage(period);
    this.#plus = new WilderAverage(period);
    this.#minus = new WilderAverage(period);
    this.#index = new WilderAverage(period);
  }

  update(high: number, low: number, close: number): void {
    const previousClose = this.#close;
    const upMove = high - this.#high;
    const downMove = this.#low - low;
    this.#high = high;
    this.#low = low;
    this.#close = close;
    if (Number.isNaN(previousClose)) return;
    // The first candle has no previous close, hence no true range (TA-Lib's convention).
    const trueRange = Math.max(high, previousClose) - Math.min(low, previousClose);
    const range = this.#range.update(trueRange);
    this.averageTrueRange = range;
    const plus = this.#plus.update(upMove > downMove && upMove > 0 ? upMove : 0);
    const minus = this.#minus.update(downMove > upMove && downMove > 0 ? downMove : 0);
    if (Number.isNaN(range)) return;
    this.plusDirection = range === 0 ? 0 : (100 * plus) / range;
    this.minusDirection = range === 0 ? 0 : (100 * minus) / range;
    const sum = this.plusDirection + this.minusDirection;
    const index = sum === 0 ? 0 : (100 * Math.abs(this.plusDirection - this.minusDirection)) / sum;
    this.averageDirectionalIndex = this.#index.update(index);
  }
}
