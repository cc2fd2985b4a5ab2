// Realised volatility as an exponentially weighted mean of squared log returns (RiskMetrics 1996),
// bias-corrected so that it is usable before the memory is full. O(1) per return.

export class ExponentialVariance {
  readonly #keep: number;
  #weight = 0;
  #sum = 0;
  #count = 0;

  /** `halfLife` in observations. */
  constructor(halfLife: number) {
    this.#keep = 0.5 ** (1 / halfLife);
  }

  /** Observations so far. */
  get count(): number {
    return this.#count;
  }

  /** Variance per observation; NaN before the first. */
  get value(): number {
    return this.#weight === 0 ? Number.NaN : this.#sum / this.#weight;
  }

  update(squaredReturn: number): void {
    const take = 1 - this.#keep;
    this.#sum = this.#keep * this.#sum + take * squaredReturn;
    this.#weight = this.#keep * this.#weight + take;
    this.#count++;
  }
}
