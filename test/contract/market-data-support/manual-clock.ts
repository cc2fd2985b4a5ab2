// A clock that moves only when a test says so, and fires its wake-ups on the way.
import type { EpochMs } from '../../../src/shared/domain/time.ts';
import type { Clock } from '../../../src/shared/ports/clock.ts';

export class ManualClock implements Clock {
  #now: EpochMs;
  #wakeAt = Number.POSITIVE_INFINITY;
  #wake: (() => void) | undefined;

  constructor(startAt: EpochMs) {
    this.#now = startAt;
  }

  now(): EpochMs {
    return this.#now;
  }

  wakeAt(at: EpochMs, wake: () => void): void {
    this.#wakeAt = at;
    this.#wake = wake;
  }

  cancelWake(): void {
    this.#wakeAt = Number.POSITIVE_INFINITY;
    this.#wake = undefined;
  }

  get pendingWakeAt(): EpochMs | undefined {
    return this.#wake === undefined ? undefined : this.#wakeAt;
  }

  /** Moves to `target`, firing every wake-up due on the way at its own instant. */
  advanceTo(target: EpochMs): void {
    while (this.#wake !== undefined && this.#wakeAt <= target) {
      const wake = this.#wake;
      this.#now = Math.max(this.#now, this.#wakeAt);
      this.cancelWake();
      wake();
    }
    this.#now = Math.max(this.#now, target);
  }

  advance(ms: number): void {
    this.advanceTo(this.#now + ms);
  }

  /** Sets the time without firing anything: a machine that slept. */
  jumpTo(target: EpochMs): void {
    this.#now = target;
  }
}
