// The wall clock of the machine, in UTC milliseconds. It holds one wake-up: give each user a clock of its own.
import type { EpochMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import { RealTimer } from '../shared/real-timer.ts';

export class SystemClock implements Clock {
  readonly #timer = new RealTimer(() => Date.now());

  now(): EpochMs {
    return Date.now();
  }

  wakeAt(at: EpochMs, wake: () => void): void {
    this.#timer.wakeAt(at, wake);
  }

  cancelWake(): void {
    this.#timer.cancel();
  }

  /** The same time with a wake-up of its own. */
  sibling(): SystemClock {
    return new SystemClock();
  }
}
