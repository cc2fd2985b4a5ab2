// The benchmark's world as a scheduler meets it: it owns the data and the tokens, and answers polls one by one.
// It must never reveal a bar of a symbol before that symbol is polled.

import type { Observations } from '../../orchestrator/intensity/intensity-model.ts';
import { dayMs } from '../../shared/domain/time.ts';
import type { Panel } from './panel.ts';

const firstAnswerMs = 30 * dayMs;
const bucketHours = 24;

export class Environment {
  readonly #panel: Panel;
  readonly #refillPerBar: number;
  readonly #capacity: number;
  readonly #polled: Int32Array;
  readonly polls: number[][];
  #bar = -1;
  #tokens = 0;
  #used = 0;
  #overdrawn = 0;
  #longestGap = 0;

  /** `perHour`: tokens per hour for all symbols together; the bucket holds a day of them and starts empty. */
  constructor(panel: Panel, perHour: number, from: number) {
    this.#panel = panel;
    this.#refillPerBar = (perHour * panel.barMs) / 3_600_000;
    this.#capacity = perHour * bucketHours;
    this.#polled = new Int32Array(panel.symbols.length).fill(-1);
    this.polls = panel.symbols.map(() => []);
    this.#bar = from - 1;
    this.#from = from;
  }

  readonly #from: number;

  /** Closes the next bar and refills. */
  step(): number {
    this.#bar += 1;
    this.#tokens = Math.min(this.#capacity, this.#tokens + this.#refillPerBar);
    return this.#panel.at[this.#bar] as number;
  }

  get tokens(): number {
    return this.#tokens;
  }

  get used(): number {
    return this.#used;
  }

  /** Polls that were asked for without a token; any makes the run invalid. */
  get overdrawn(): number {
    return this.#overdrawn;
  }

  /** Longest time without a poll of one symbol, in bars; what is open at the end included. */
  longestGap(): number {
    let longest = this.#longestGap;
    this.polls.forEach((list) => {
      longest = Math.max(longest, this.#bar - (list.at(-1) ?? this.#from - 1));
    });
    return longest;
  }

  /** All bars since the last poll of the symbol up to now; the first answer goes back 30 days. */
  poll(symbol: number): Observations {
    if (this.#tokens < 1 - 1e-6) this.#overdrawn += 1;
    this.#tokens -= 1;
    this.#used += 1;
    const list = this.polls[symbol] as number[];
    this.#longestGap = Math.max(this.#longestGap, this.#bar - (list.at(-1) ?? this.#from - 1));
    list.push(this.#bar);
    const before = this.#polled[symbol] as number;
    const start =
      before >= 0 ? before + 1 : Math.max(0, this.#bar + 1 - Math.round(firstAnswerMs / this.#panel.barMs));
    this.#polled[symbol] = this.#bar;
    const end = this.#bar + 1;
    return {
      count: end - start,
      at: this.#panel.at.subarray(start, end),
      close: (this.#panel.close[symbol] as Float64Array).subarray(start, end),
      volume: (this.#panel.volume[symbol] as Float64Array).subarray(start, end),
    };
  }
}
