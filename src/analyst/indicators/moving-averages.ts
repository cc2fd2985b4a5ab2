// Moving averages, one value in, one value out, O(1). They must never look at more than the values given so far.

/** Exponential moving average, alpha = 2 / (period + 1), seeded by the simple average of the first `period` values. */
export class ExponentialMovingAverage {
  readonly #period: number;
  readonly #alpha: number;
  #count = 0;
  #value = 0;

  constructor(period: number) {
    this.#period = period;
    this.#alpha = 2 / (period + 1);
  }

  /** The average including `value`; NaN until `period` values have come. */
  update(value: number): number {
    if (this.#count < this.#period) {
      this.#count++;
      this.#value += (value - this.#value) / this.#count;
      return this.#count < this.#period ? Number.NaN : this.#value;
    }
    this.#value += this.#alpha * (value - this.#value);
    return this.#value;
  }
}

/** Wilder's smoothing (1978), alpha = 1 / period, seeded by the simple average of the first `period` values. */
export class WilderAverage {
  readonly #period: number;
  #count = 0;
  #value = 0;

  constructor(period: number) {
    this.#period = period;
  }

  /** The average including `value`; NaN until `period` values have come. */
  update(value: number): number {
    if (this.#count < this.#period) {
      this.#count++;
      this.#value += (value - this.#value) / this.#count;
      return this.#count < this.#period ? Number.NaN : this.#value;
    }
    this.#value += (value - this.#value) / this.#period;
    return this.#value;
  }
}

/**
 * Mean and population standard deviation of the last `period` values (TA-Lib's SMA and BBANDS convention).
 * Sums are kept relative to an anchor and taken anew at each turn of the ring, so that rounding cannot pile up.
 */
export class RollingMoments {
  readonly #values: Float64Array;
  #cursor = 0;
  #count = 0;
  #anchor = 0;
  #sum = 0;
  #squares = 0;

  constructor(period: number) {
    this.#values = new Float64Array(period);
  }

  update(value: number): void {
    const period = this.#values.length;
    const leaving = (this.#values[this.#cursor] ?? 0) - this.#anchor;
    const entering = value - this.#anchor;
    if (this.#count === period) {
      this.#sum -= leaving;
      this.#squares -= leaving * leaving;
    } else this.#count++;
    this.#sum += entering;
    this.#squares += entering * entering;
    this.#values[this.#cursor] = value;
    this.#cursor++;
    if (this.#cursor === period) {
      this.#cursor = 0;
      this.#takeAnew(value);
    }
  }

  /** NaN until the window is full. */
  get mean(): number {
    return this.#count < this.#values.length ? Number.NaN : this.#anchor + this.#sum / this.#count;
  }

  /** NaN until the window is full. */
  get standardDeviation(): number {
    if (this.#count < this.#values.length) return Number.NaN;
    const mean = this.#sum / this.#count;
    return Math.sqrt(Math.max(0, this.#squares / this.#count - mean * mean));
  }

  #takeAnew(anchor: number): void {
    let sum = 0;
    let squares = 0;
    for (const value of this.#values) {
      const distance = value - anchor;
      sum += distance;
      squares += distance * distance;
    }
    this.#anchor = anchor;
    this.#sum = sum;
    this.#squares = squares;
  }
}
