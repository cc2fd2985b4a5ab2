// The best few of many, kept while they are gone through once: best last, so that the next one is popped.

export class BestCandidates {
  readonly #keep: number;
  readonly #subjects: number[] = [];
  readonly #values: number[] = [];

  /** `keep`: at least 1. */
  constructor(keep: number) {
    this.#keep = keep;
  }

  /** Takes a candidate; of equal values the one taken later comes first, unless there is no room for it. */
  offer(subject: number, value: number): void {
    const best = this.#subjects;
    const values = this.#values;
    if (best.length === this.#keep && value <= (values[0] as number)) return;
    let k = best.length;
    best.push(subject);
    values.push(value);
    while (k > 0 && (values[k - 1] as number) > value) {
      best[k] = best[k - 1] as number;
      values[k] = values[k - 1] as number;
      k -= 1;
    }
    best[k] = subject;
    values[k] = value;
    if (best.length > this.#keep) {
      best.shift();
      values.shift();
    }
  }

  /** Worst first. */
  get subjects(): number[] {
    return this.#subjects;
  }
}
