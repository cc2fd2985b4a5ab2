// The simulated venue's book in memory; it forgets with the process.
import { compareKeys } from '../../../shared/db/row-rules.ts';
import type { VenueBook, VenueRow } from '../../../shared/ports/venue-book.ts';

export class MemoryVenueBook implements VenueBook {
  readonly #texts = new Map<string, string>();

  async all(): Promise<readonly VenueRow[]> {
    return [...this.#texts]
      .sort(([left], [right]) => compareKeys(left, right))
      .map(([key, text]) => ({ key, value: JSON.parse(text) as unknown }));
  }

  async write(rows: readonly VenueRow[]): Promise<void> {
    const texts = rows.map(
      (row) => [row.key, row.value === null ? null : JSON.stringify(row.value)] as const,
    );
    for (const [key, text] of texts) {
      if (text === null) this.#texts.delete(key);
      else this.#texts.set(key, text);
    }
  }
}
