// Virtual time with timers: nothing happens but what was scheduled, in order of time and then of scheduling.
// It must never look at a real clock; between two events it lets every promise that can go on go on.
import type { EpochMs } from '../../shared/domain/time.ts';

interface Timer {
  readonly at: EpochMs;
  readonly order: number;
  readonly act: () => void;
  cancelled: boolean;
}

export class VirtualTime {
  #now: EpochMs;
  #scheduled = 0;
  /** Latest first, so that the next one is taken from the end. */
  readonly #timers: Timer[] = [];

  constructor(start: EpochMs) {
    this.#now = start;
  }

  get now(): EpochMs {
    return this.#now;
  }

  /** Time of the next timer; undefined when there is none. */
  get nextAt(): EpochMs | undefined {
    for (let last = this.#timers.at(-1); last !== undefined; last = this.#timers.at(-1)) {
      if (!last.cancelled) return last.at;
      this.#timers.pop();
    }
    return undefined;
  }

  /** Calls `act` at that time, or as soon as possible when it has passed; returns how to call it off. */
  at(when: EpochMs, act: () => void): () => void {
    const timer: Timer = { at: Math.max(when, this.#now), order: this.#scheduled++, act, cancelled: false };
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#timers[middle];
      if (other !== undefined && other.at > timer.at) low = middle + 1;
      else high = middle;
    }
    this.#timers.splice(low, 0, timer);
    return () => {
      timer.cancelled = true;
    };
  }

  after(delayMs: number, act: () => void): () => void {
    return this.at(this.#now + delayMs, act);
  }

  /** Moves to `when` and runs the next timer if it is due then; true when one ran. */
  step(when: EpochMs): boolean {
    this.#now = Math.max(this.#now, when);
    const next = this.nextAt;
    if (next === undefined || next > this.#now) return false;
    this.#timers.pop()?.act();
    return true;
  }
}

/** Resolves when every promise that could go on without a timer or the outside has gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
