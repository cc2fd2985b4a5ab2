// The clock of one house: virtual time plus an error that may jump. Like a process's timers it notices a jump only
// when it looks again.
import { SteadyTime } from '../../shared/domain/steady-time.ts';
import { type EpochMs, minuteMs } from '../../shared/domain/time.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { VirtualTime } from './virtual-time.ts';

/** As the timers of the real clocks: no single wait is longer. */
const maxWaitMs = minuteMs;

export class HouseClock implements Clock {
  readonly #time: VirtualTime;
  readonly #errorMs: () => number;
  readonly #steady: SteadyTime;
  #callOff: (() => void) | undefined;

  /** `from`: time of the last journalled input, before which no house begins. */
  constructor(time: VirtualTime, errorMs: () => number, from: EpochMs) {
    this.#time = time;
    this.#steady = new SteadyTime(from);
    this.#errorMs = errorMs;
  }

  now(): EpochMs {
    return this.#steady.now(this.#time.now + this.#errorMs(), this.#time.now);
  }

  wakeAt(at: EpochMs, wake: () => void): void {
    this.cancelWake();
    this.#callOff = this.#time.after(Math.min(Math.max(at - this.now(), 0), maxWaitMs), () => {
      this.#callOff = undefined;
      if (this.now() >= at) wake();
      else this.wakeAt(at, wake);
    });
  }

  cancelWake(): void {
    this.#callOff?.();
    this.#callOff = undefined;
  }
}
