// The wall clock of the machine, in UTC milliseconds; set back, it goes on slowly instead of standing still.
// It holds one wake-up: give each user a clock of its own.
import { SteadyTime } from '../../../shared/domain/steady-time.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import { RealTimer } from '../shared/real-timer.ts';

export class SystemClock implements Clock {
  readonly #steady: SteadyTime;
  readonly #timer = new RealTimer(() => this.now());

  constructor(steady = new SteadyTime()) {
    this.#steady = steady;
  }

  now(): EpochMs {
    return this.#steady.now(Date.now(), performance.now());
  }

  wakeAt(at: EpochMs, wake: () => void): void {
    this.#timer.wakeAt(at, wake);
  }

  cancelWake(): void {
    this.#timer.cancel();
  }

  /** The same time with a wake-up of its own. */
  sibling(): SystemClock {
    return new SystemClock(this.#steady);
  }
}
