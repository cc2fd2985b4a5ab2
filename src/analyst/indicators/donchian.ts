// Highest high and lowest low of a sliding window by monotonic deques: amortised O(1), no allocation.

/** Extreme of the last `period` values; `sign` 1 keeps the maximum, -1 the minimum. */
export class SlidingExtreme {
  readonly #period: number;
  readonly #sign: 1 | -1;
  readonly #values: Float64Array;
  readonly #positions: Float64Array;
  #head = 0;
  #length = 0;
  #seen = 0;

  constructor(period: number, sign: 1 | -1) {
    this.#period = period;
    this.#sign = sign;
    this.#values = new Float64Array(period);
    this.#positions = new Float64Array(period);
  }

  /** Extreme of the last `period` values so far; NaN until `period` values have come. */
  get value(): number {
    return this.#seen < this.#period ? Number.NaN : (this.#values[this.#head] ?? Number.NaN);
  }

  update(value: number): void {
    const period = this.#period;
    if (this.#length > 0 && (this.#positions[this.#head] ?? 0) <= this.#seen - period) {
      this.#head = (this.#head + 1) % period;
      this.#length--;
    }
    while (this.#length > 0) {
      const tail = this.#values[(this.#head + this.#length - 1) % period] ?? 0;
      if (this.#sign * (tail - value) > 0) break;
      this.#length--;
    }
    const slot = (this.#head + this.#length) % period;
    this.#values[slot] = value;
    this.#positions[slot] = this.#seen;
    this.#length++;
    this.#seen++;
  }
}
