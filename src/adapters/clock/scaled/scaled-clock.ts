// Time that starts where it is told and runs faster (or slower) than real time, to watch a tape or a
// synthetic market. It never runs backwards, also when the wall clock of the machine does.
import type { EpochMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import { RealTimer } from '../shared/real-timer.ts';

const maxSpeed = 1_000_000;

export class ScaledClock implements Clock {
  readonly #startAt: EpochMs;
  readonly #speed: number;
  readonly #monotonicMs: () => number;
  readonly #originMs: number;
  readonly #timer: RealTimer;

  /**
   * now = startAt + elapsed real milliseconds * speed, floored to whole milliseconds.
   * Throws RangeError unless 0 < speed <= 1,000,000 and startAt is a safe integer.
   */
  constructor(
    startAt: EpochMs,
    speed: number,
    monotonicMs: () => number = () => performance.now(),
    originMs: number = monotonicMs(),
  ) {
    if (!Number.isSafeInteger(startAt))
      throw new RangeError(`start of a clock is not an instant: ${startAt}`);
    if (!(speed > 0 && speed <= maxSpeed))
      throw new RangeError(`speed must lie in (0, ${maxSpeed}]: ${speed}`);
    this.#startAt = startAt;
    this.#speed = speed;
    this.#monotonicMs = monotonicMs;
    this.#originMs = originMs;
    this.#timer = new RealTimer(() => this.now(), speed);
  }

  now(): EpochMs {
    return this.#startAt + Math.floor((this.#monotonicMs() - this.#originMs) * this.#speed);
  }

  wakeAt(at: EpochMs, wake: () => void): void {
    this.#timer.wakeAt(at, wake);
  }

  cancelWake(): void {
    this.#timer.cancel();
  }

  /** The same time with a wake-up of its own, for another user of this time line. */
  sibling(): ScaledClock {
    return new ScaledClock(this.#startAt, this.#speed, this.#monotonicMs, this.#originMs);
  }
}
