// Counters by label values with a bound on how many combinations are kept, so no input can grow the metrics.

export type Labels = Readonly<Record<string, string>>;

/** Combinations beyond this many are counted under `other`. */
const maxCombinations = 200;

export class LabelCounts {
  readonly #counts = new Map<string, { readonly labels: Labels; value: number }>();

  /** Starts the given combinations at zero, so that a rate over the first event is right. */
  constructor(initial: readonly Labels[] = []) {
    for (const labels of initial) this.add(labels, 0);
  }

  add(labels: Labels, amount = 1): void {
    const key = Object.values(labels).join('\u0000');
    const known = this.#counts.get(key);
    if (known !== undefined) {
      known.value += amount;
      return;
    }
    if (this.#counts.size < maxCombinations) {
      this.#counts.set(key, { labels, value: amount });
      return;
    }
    const other = Object.fromEntries(Object.keys(labels).map((name) => [name, 'other']));
    const rest = this.#counts.get('other');
    if (rest === undefined) this.#counts.set('other', { labels: other, value: amount });
    else rest.value += amount;
  }

  *entries(): Iterable<readonly [Labels, number]> {
    for (const { labels, value } of this.#counts.values()) yield [labels, value];
  }

  get(labels: Labels): number {
    return this.#counts.get(Object.values(labels).join('\u0000'))?.value ?? 0;
  }
}
