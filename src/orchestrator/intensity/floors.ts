// The hard promises: no subject waits longer than its maximum interval, none runs twice within its minimum, and
// tokens for coming floors are kept back. Uses last starts and elapsed time only; it must never ask the model.

const reserveBins = 256;

export class Floors {
  #last = new Float64Array(16);
  #min = new Float64Array(16);
  #max = new Float64Array(16);
  #notBefore = new Float64Array(16);
  #size = 0;
  readonly #bins = new Float64Array(reserveBins);
  #longest = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a subject waiting since `since` (elapsed milliseconds). Throws RangeError unless 0 <= min <= max. */
  add(minMs: number, maxMs: number, since: number): number {
    if (!(minMs >= 0 && maxMs > 0 && minMs <= maxMs && Number.isFinite(maxMs)))
      throw new RangeError('intervals must be finite, with 0 <= minIntervalMs <= maxIntervalMs');
    const index = this.#size;
    if (index === this.#last.length) this.#grow();
    this.#last[index] = since;
    this.#min[index] = minMs;
    this.#max[index] = maxMs;
    this.#notBefore[index] = Number.NEGATIVE_INFINITY;
    this.#longest = Math.max(this.#longest, maxMs);
    this.#size += 1;
    return index;
  }

  #grow(): void {
    const wider = (old: Float64Array) => {
      const grown = new Float64Array(old.length * 2);
      grown.set(old);
      return grown;
    };
    this.#last = wider(this.#last);
    this.#min = wider(this.#min);
    this.#max = wider(this.#max);
    this.#notBefore = wider(this.#notBefore);
  }

  deadline(index: number): number {
    return (this.#last[index] as number) + (this.#max[index] as number);
  }

  /** True when the minimum interval and any back-off have passed. */
  mayRun(index: number, elapsed: number): boolean {
    return elapsed >= (this.#notBefore[index] as number);
  }

  /** True when the minimum interval has passed, whatever back-off there is. */
  intervalOver(index: number, elapsed: number): boolean {
    const everStarted = (this.#notBefore[index] as number) > Number.NEGATIVE_INFINITY;
    return !everStarted || elapsed >= (this.#last[index] as number) + (this.#min[index] as number);
  }

  /** The subject with the first deadline among those whose minimum interval has passed; -1 for none. */
  first(elapsed: number): number {
    let best = -1;
    for (let index = 0; index < this.#size; index += 1) {
      if (!this.intervalOver(index, elapsed)) continue;
      if (best < 0 || this.deadline(index) < this.deadline(best)) best = index;
    }
    return best;
  }

  notBefore(index: number): number {
    return this.#notBefore[index] as number;
  }

  started(index: number, elapsed: number): void {
    this.#last[index] = elapsed;
    this.#notBefore[index] = elapsed + (this.#min[index] as number);
  }

  /** Backs off after the n-th failure in a row, but never past the point where the floor must be served. */
  failed(index: number, failures: number): void {
    const min = Math.max(1_000, this.#min[index] as number);
    const wait = Math.min(min * 2 ** Math.min(20, failures), (this.#max[index] as number) / 2);
    this.#notBefore[index] = Math.max(this.#notBefore[index] as number, (this.#last[index] as number) + wait);
  }

  /** The subject whose deadline comes first among those that must start before `elapsed + horizonMs`; -1 for none. */
  mostUrgent(elapsed: number, horizonMs: number): number {
    let best = -1;
    let bestDeadline = elapsed + horizonMs;
    for (let index = 0; index < this.#size; index += 1) {
      const deadline = (this.#last[index] as number) + (this.#max[index] as number);
      if (deadline < bestDeadline && elapsed >= (this.#notBefore[index] as number)) {
        best = index;
        bestDeadline = deadline;
      }
    }
    return best;
  }

  /** Tokens that must stay in the bucket so that every coming floor can be paid when it falls due. */
  reserve(costs: Float64Array, refillPerMs: number, elapsed: number): number {
    const binMs = this.#longest / (reserveBins - 1);
    const bins = this.#bins.fill(0);
    for (let index = 0; index < this.#size; index += 1) {
      const ahead = Math.max(0, this.deadline(index) - elapsed);
      const bin = Math.min(reserveBins - 1, Math.floor(ahead / binMs));
      bins[bin] = (bins[bin] as number) + (costs[index] as number);
    }
    let owed = 0;
    let reserve = 0;
    for (let bin = 0; bin < reserveBins; bin += 1) {
      owed += bins[bin] as number;
      reserve = Math.max(reserve, owed - refillPerMs * binMs * Math.max(0, bin - 1));
    }
    return reserve;
  }

  toState(): { readonly last: number[]; readonly not_before: number[] } {
    return {
      last: Array.from(this.#last.subarray(0, this.#size), (value) => value + 0),
      // JSON has no infinity: before any start there is no lower limit.
      not_before: Array.from(this.#notBefore.subarray(0, this.#size), (value) => Math.max(-1e15, value) + 0),
    };
  }

  load(state: { readonly last: readonly number[]; readonly not_before: readonly number[] }): void {
    if (state.last.length !== this.#size || state.not_before.length !== this.#size)
      throw new RangeError('floors do not fit');
    this.#last.set(state.last);
    this.#notBefore.set(state.not_before);
  }
}
