// Tokens to look at again, each in turn. Bounded: the one that was asked for longest ago makes room.
import type { TokenReference } from '../../../shared/ports/candidate-source.ts';

const defaultMaxWatched = 300;

export class WatchList {
  readonly #most: number;
  readonly #tokens = new Map<string, TokenReference>();

  constructor(most: number = defaultMaxWatched) {
    this.#most = most;
  }

  get size(): number {
    return this.#tokens.size;
  }

  add(tokens: readonly TokenReference[]): void {
    for (const token of tokens) {
      const key = `${token.chain}:${token.address}`;
      if (this.#tokens.has(key)) continue;
      this.#tokens.set(key, token);
      const oldest = this.#tokens.keys().next().value;
      if (this.#tokens.size > this.#most && oldest !== undefined) this.#tokens.delete(oldest);
    }
  }

  /** The next tokens in turn, at most `count`, all of one chain; they go to the end of the row. */
  take(count: number, chains?: ReadonlySet<string>): readonly TokenReference[] {
    const taken: [string, TokenReference][] = [];
    for (const [key, token] of this.#tokens) {
      if (taken.length >= count) break;
      if (chains !== undefined && !chains.has(token.chain)) continue;
      if (taken.length === 0 || taken[0]?.[1].chain === token.chain) taken.push([key, token]);
    }
    for (const [key, token] of taken) {
      this.#tokens.delete(key);
      this.#tokens.set(key, token);
    }
    return taken.map(([, token]) => token);
  }
}
