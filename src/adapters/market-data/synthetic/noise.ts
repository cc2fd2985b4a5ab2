// Repeatable noise: numbers that depend only on a key and a position, so any minute of any year is reached at once.
// It never keeps state between calls; a stream always begins at its own beginning.

/** 64 bits that name one stream of numbers. */
export interface NoiseKey {
  readonly high: number;
  readonly low: number;
}

const twoTo32 = 4_294_967_296;

/** Murmur3's finaliser (Appleby): every input bit reaches every output bit. */
function scramble(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) | 0;
}

/** FNV-1a over UTF-16 units, from a given offset. */
function textHash(text: string, offset: number): number {
  let state = offset;
  for (let index = 0; index < text.length; index += 1) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  }
  return scramble(state);
}

export function noiseKey(seed: number, ...names: readonly string[]): NoiseKey {
  const text = [seed, ...names].join('\u001f');
  return { high: textHash(text, 0x811c9dc5 | 0), low: textHash(text, 0x1b873593) };
}

/** Uniform in [0, 1) at a whole-number position of the stream. */
export function uniformAt(key: NoiseKey, position: number): number {
  const mixed = scramble(scramble(Math.imul(position | 0, 0x9e3779b1) ^ key.low) ^ key.high);
  return (mixed >>> 0) / twoTo32;
}

/** Standard normal at a whole-number position of the stream (Box and Muller, 1958). */
export function normalAt(key: NoiseKey, position: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - uniformAt(key, position * 2)));
  return radius * Math.cos(2 * Math.PI * uniformAt(key, position * 2 + 1));
}

/** Fast numbers for one block of the stream: sfc32 by Doty-Humphrey, begun from key and block. */
export class BlockRandom {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  #spare = 0;
  #hasSpare = false;

  constructor(key: NoiseKey, block: number) {
    this.#a = key.high;
    this.#b = key.low;
    this.#c = block | 0;
    for (let round = 0; round < 12; round += 1) this.next();
  }

  /** Uniform in [0, 1). */
  next(): number {
    const word = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + word) | 0;
    return (word >>> 0) / twoTo32;
  }

  /** Standard normal by Marsaglia's polar method. */
  normal(): number {
    if (this.#hasSpare) {
      this.#hasSpare = false;
      return this.#spare;
    }
    for (;;) {
      const x = 2 * this.next() - 1;
      const y = 2 * this.next() - 1;
      const square = x * x + y * y;
      if (square > 0 && square < 1) {
        const factor = Math.sqrt((-2 * Math.log(square)) / square);
        this.#spare = y * factor;
        this.#hasSpare = true;
        return x * factor;
      }
    }
  }
}
