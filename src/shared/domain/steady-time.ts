// Time that neither stands still nor runs back, made of a wall clock that may be set and a counter that may not.
// It reads no clock itself; whoever uses it brings both readings.
import type { EpochMs } from './time.ts';

/** After the wall clock was set back, time goes on at this pace until the wall clock has caught up. */
const pace = 0.5;

export class SteadyTime {
  #told: EpochMs;
  #toldAtMs: number | undefined;

  /** `from`: never earlier than this. */
  constructor(from: EpochMs = 0) {
    this.#told = from;
  }

  /** Now, from the wall clock's reading and a monotonic one, both in milliseconds. */
  now(wallMs: EpochMs, monotonicMs: number): EpochMs {
    this.#toldAtMs ??= monotonicMs;
    const atLeast = this.#told + Math.floor((monotonicMs - this.#toldAtMs) * pace);
    if (wallMs >= atLeast) {
      this.#told = wallMs;
      this.#toldAtMs = monotonicMs;
      return wallMs;
    }
    return atLeast;
  }
}
