// Momentum of closes: Wilder's RSI and Appel's MACD, O(1) per value. They must never repaint.
import { ExponentialMovingAverage, WilderAverage } from './moving-averages.ts';

/** Relative strength index (Wilder 1978), 0..100; 50 when nothing moved. */
export class RelativeStrengthIndex {
  readonly #gains: WilderAverage;
  readonly #losses: WilderAverage;
  #previous = Number.NaN;

  constructor(period: number) {
    this.#gains = new WilderAverage(period);
    this.#losses = new WilderAverage(period);
  }

  /** NaN until `period` changes have been seen. */
  update(close: number): number {
    const change = close - this.#previous;
    this.#previous = close;
    if (Number.isNaN(change)) return Number.NaN;
    const gain = this.#gains.update(Math.max(change, 0));
    const loss = this.#losses.update(Math.max(-change, 0));
    const total = gain + loss;
    return total === 0 ? 50 : (100 * gain) / total;
  }
}

/** Moving average convergence divergence: fast EMA minus slow EMA, with an EMA of the difference as signal. */
export class MovingAverageConvergenceDivergence {
  readonly #fast: ExponentialMovingAverage;
  readonly #slow: ExponentialMovingAverage;
  readonly #signal: ExponentialMovingAverage;
  /** Fast minus slow; NaN before warm-up. */
  line = Number.NaN;
  /** EMA of the line; NaN before warm-up. */
  signal = Number.NaN;

  constructor(fast: number, slow: number, signal: number) {
    this.#fast = new ExponentialMovingAverage(fast);
    this.#slow = new ExponentialMovingAverage(slow);
    this.#signal = new ExponentialMovingAverage(signal);
  }

  update(close: number): void {
    this.line = this.#fast.update(close) - this.#slow.update(close);
    if (!Number.isNaN(this.line)) this.signal = this.#signal.update(this.line);
  }
}
