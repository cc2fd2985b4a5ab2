// Named random streams. Each stream's state starts from a hash of seed, name and position,
// so a new draw in one place never shifts another and a restart never repeats or skips.
import { hash } from 'node:crypto';
import type { Random } from '../shared/ports/random.ts';

/** xoshiro128** by Blackman and Vigna (2018), seeded by SHA-256 of the stream's name. */
class Xoshiro128 implements Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;
  #spare: number | undefined;

  constructor(seedText: string) {
    const digest = hash('sha256', seedText, 'hex');
    this.#a = Number.parseInt(digest.slice(0, 8), 16) | 0;
    this.#b = Number.parseInt(digest.slice(8, 16), 16) | 0;
    this.#c = Number.parseInt(digest.slice(16, 24), 16) | 0;
    this.#d = Number.parseInt(digest.slice(24, 32), 16) | 1;
  }

  #word(): number {
    const scrambled = Math.imul(this.#b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result >>> 0;
  }

  next(): number {
    const high = this.#word() >>> 5;
    const low = this.#word() >>> 6;
    return (high * 67_108_864 + low) / 9_007_199_254_740_992;
  }

  /** Marsaglia polar method. */
  normal(): number {
    if (this.#spare !== undefined) {
      const spare = this.#spare;
      this.#spare = undefined;
      return spare;
    }
    for (;;) {
      const x = 2 * this.next() - 1;
      const y = 2 * this.next() - 1;
      const square = x * x + y * y;
      if (square > 0 && square < 1) {
        const factor = Math.sqrt((-2 * Math.log(square)) / square);
        this.#spare = y * factor;
        return x * factor;
      }
    }
  }

  integer(bound: number): number {
    return Math.floor(this.next() * bound);
  }
}

/** The stream of this seed and name, from its beginning. */
export function randomStream(seed: number, ...name: readonly (string | number)[]): Random {
  return new Xoshiro128([seed, ...name].join('\u001f'));
}
