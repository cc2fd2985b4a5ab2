// How active each half hour of the day usually is, weekdays and weekends apart, learnt from the looks alone.
// It must never read a clock: bars carry their time.
import { dayMs, minuteMs } from '../../shared/domain/time.ts';

const slots = 48;
const slotMs = 30 * minuteMs;
const halfLifeDays = 15;
/** Pseudo-observations of "as usual" per slot. */
const priorWeight = 60;

export interface ClockProfileState {
  readonly day: number;
  readonly sums: readonly number[];
  readonly weights: readonly number[];
  readonly logs: readonly number[];
  readonly fresh: number;
  readonly drawn_from: number;
}

/** Slot of a UTC time: 0..47 on weekdays, 48..95 on Saturday and Sunday. */
function slotOf(at: number): number {
  const day = Math.floor(at / dayMs);
  // 1970-01-01 was a Thursday.
  const weekday = (((day + 4) % 7) + 7) % 7;
  const half = Math.floor((at - day * dayMs) / slotMs);
  return weekday === 0 || weekday === 6 ? slots + half : half;
}

export class ClockProfile {
  readonly #sums = new Float64Array(2 * slots);
  readonly #weights = new Float64Array(2 * slots);
  readonly #logs = new Float64Array(2 * slots);
  #day = -1;
  /** Readings since the profile was last drawn, and the weight it was drawn from. */
  #fresh = 0;
  #drawnFrom = 0;

  /** One reading of activity (1 usual) in the bar closing at `at`. */
  add(at: number, activity: number): void {
    const slot = slotOf(at - 1);
    this.#sums[slot] = (this.#sums[slot] as number) + activity;
    this.#weights[slot] = (this.#weights[slot] as number) + 1;
    this.#fresh += 1;
  }

  /** Forgets and redraws once a day; early on also whenever what is known has doubled. */
  advance(at: number): void {
    const day = Math.floor(at / dayMs);
    if (day === this.#day) {
      if (this.#fresh > this.#drawnFrom + 4 * slots) this.#redraw();
      return;
    }
    const keep = this.#day < 0 ? 1 : 0.5 ** (Math.max(0, Math.min(30, day - this.#day)) / halfLifeDays);
    for (let k = 0; k < 2 * slots; k += 1) {
      this.#sums[k] = (this.#sums[k] as number) * keep;
      this.#weights[k] = (this.#weights[k] as number) * keep;
    }
    this.#day = day;
    this.#redraw();
  }

  /** Log of usual activity at `at` against the mean of all times; 0 while nothing is known. */
  at(at: number): number {
    return this.#logs[slotOf(at - 1)] as number;
  }

  #redraw(): void {
    let sum = 0;
    let weight = 0;
    for (let k = 0; k < 2 * slots; k += 1) {
      sum += this.#sums[k] as number;
      weight += this.#weights[k] as number;
    }
    this.#fresh = 0;
    this.#drawnFrom = weight;
    if (weight < 2 * slots) return;
    const mean = sum / weight;
    for (let k = 0; k < 2 * slots; k += 1) {
      const value = this.#sums[k] as number;
      this.#logs[k] = Math.log(
        (value + priorWeight * mean) / ((this.#weights[k] as number) + priorWeight) / mean,
      );
    }
  }

  toState(): ClockProfileState {
    return {
      day: this.#day,
      sums: Array.from(this.#sums),
      weights: Array.from(this.#weights),
      logs: Array.from(this.#logs, (value) => value + 0),
      fresh: this.#fresh,
      drawn_from: this.#drawnFrom,
    };
  }

  /** Throws RangeError when the shape does not fit. */
  load(state: ClockProfileState): void {
    if ([state.sums, state.weights, state.logs].some((list) => list.length !== 2 * slots))
      throw new RangeError('clock profile does not fit');
    this.#day = state.day;
    this.#sums.set(state.sums);
    this.#weights.set(state.weights);
    this.#logs.set(state.logs);
    this.#fresh = state.fresh;
    this.#drawnFrom = state.drawn_from;
  }
}
