// How much of each source was kept out since the start, by reason; bounded, because reasons may hold strangers' text.
import type { MarketQuarantine } from '../../shared/bus/catalogue.ts';

/** Reasons counted apart per source. */
const maxReasons = 50;

export class QuarantineCounts {
  readonly #counts = new Map<string, Map<string, number>>();

  add({ source, reason, count }: MarketQuarantine): void {
    let counts = this.#counts.get(source);
    if (counts === undefined) {
      counts = new Map();
      this.#counts.set(source, counts);
    }
    const name = counts.has(reason) || counts.size < maxReasons ? reason : 'other';
    counts.set(name, (counts.get(name) ?? 0) + count);
  }

  /** Empty when nothing was kept out. */
  of(source: string): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts.get(source) ?? []);
  }
}
