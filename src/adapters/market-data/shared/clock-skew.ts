// How far our clock runs ahead of a venue's, from the event times of its messages.
import { type EpochMs, minuteMs } from '../../../shared/domain/time.ts';

const windowMs = 5 * minuteMs;

/** The smallest (ours - theirs) of the last windows: network delay only ever adds, so the least is the best guess. */
export class ClockSkew {
  #windowEndsAt: EpochMs = 0;
  #current = Number.POSITIVE_INFINITY;
  #previous = Number.POSITIVE_INFINITY;

  note(eventAt: EpochMs, receivedAt: EpochMs): void {
    if (receivedAt >= this.#windowEndsAt) {
      this.#previous = this.#current;
      this.#current = Number.POSITIVE_INFINITY;
      this.#windowEndsAt = receivedAt + windowMs;
    }
    this.#current = Math.min(this.#current, receivedAt - eventAt);
  }

  /** Positive when our clock is ahead; undefined before the first event. */
  get skewMs(): number | undefined {
    const least = Math.min(this.#current, this.#previous);
    return Number.isFinite(least) ? least : undefined;
  }
}
