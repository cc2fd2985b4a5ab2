// Time as the scheduler counts it: never backwards, and without the stretches in which nobody could ask.
// It must never read a clock; it is told the time with every question.

/** JSON-safe form. */
export interface OpenTimeState {
  readonly wall: number;
  readonly elapsed: number;
  readonly open: number;
  readonly bar: number;
  readonly skips: readonly (readonly [number, number])[];
}

const maxSkips = 64;

export class OpenTime {
  readonly #barMs: number;
  readonly #closedBars: number;
  #wall = Number.NEGATIVE_INFINITY;
  /** Milliseconds since the first question; a clock set back does not take any of it away. */
  elapsedMs = 0;
  /** The same without closed stretches: what budgets are refilled by. */
  openMs = 0;
  /** Latest bar, closed stretches left out. */
  bar = 0;
  #wallBar = 0;
  /** [wall bar, bars skipped before it], oldest first. */
  #skips: [number, number][] = [];

  constructor(barMs: number, closedBars: number) {
    this.#barMs = barMs;
    this.#closedBars = closedBars;
  }

  get now(): number {
    return this.#wall;
  }

  get started(): boolean {
    return this.#wall !== Number.NEGATIVE_INFINITY;
  }

  /** Moves to `now`. A clock set back counts as no time passed; its market time waits until it is caught up. */
  advance(now: number): void {
    const wallBar = Math.floor(now / this.#barMs);
    if (!this.started) {
      this.#wall = now;
      this.#wallBar = wallBar;
      this.bar = wallBar;
      return;
    }
    const passed = Math.max(0, now - this.#wall);
    this.#wall = now;
    this.elapsedMs += passed;
    const closed = passed > this.#closedBars * this.#barMs;
    this.openMs += closed ? this.#barMs : passed;
    if (wallBar <= this.#wallBar) return;
    if (closed) {
      const before = this.#skips.at(-1)?.[1] ?? 0;
      this.#skips.push([wallBar, before + wallBar - this.#wallBar - 1]);
      if (this.#skips.length > maxSkips) this.#skips.shift();
    }
    this.#wallBar = wallBar;
    this.bar = this.barOf(wallBar);
  }

  /** Counted bar of a wall bar not later than now. */
  barOf(wallBar: number): number {
    for (let k = this.#skips.length - 1; k >= 0; k -= 1) {
      const skip = this.#skips[k] as [number, number];
      if (wallBar >= skip[0]) return wallBar - skip[1];
    }
    return wallBar;
  }

  wallBarNow(): number {
    return this.#wallBar;
  }

  toState(): OpenTimeState {
    return {
      wall: this.started ? this.#wall : -1,
      elapsed: this.elapsedMs,
      open: this.openMs,
      bar: this.bar,
      skips: this.#skips.map(([at, count]) => [at, count] as const),
    };
  }

  load(state: OpenTimeState): void {
    if (state.wall < 0) return;
    this.#wall = state.wall;
    this.#skips = state.skips.map(([at, count]) => [at, count]);
    this.elapsedMs = state.elapsed;
    this.openMs = state.open;
    this.bar = state.bar;
    this.#wallBar = state.bar + (this.#skips.at(-1)?.[1] ?? 0);
  }
}
