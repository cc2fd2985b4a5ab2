// Keeps requests below what a venue allows. An order that cannot leave in time does not leave at all: it must never
// wait here until nobody expects it any more.
import { VenueFault } from './venue-fault.ts';

export interface PacerOptions {
  readonly requestsPerSecond: number;
  readonly burst: number;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

export class RequestPacer {
  readonly #options: PacerOptions;
  /** The instant at which the next token is free; below now while tokens are left. */
  #nextFreeAt = 0;
  #blockedUntil = 0;

  constructor(options: PacerOptions) {
    this.#options = options;
  }

  /** Until when the venue asked to be left alone; 0 when it did not. */
  get blockedUntil(): number {
    return this.#blockedUntil > this.#options.now() ? this.#blockedUntil : 0;
  }

  /** Resolves when the request may leave. Throws VenueFault `not-sent` when that is later than `maxWaitMs` from now. */
  async take(maxWaitMs: number, weight = 1): Promise<void> {
    const { now, sleep, requestsPerSecond, burst } = this.#options;
    const at = now();
    const costMs = (weight * 1_000) / requestsPerSecond;
    const earliest = Math.max(this.#nextFreeAt, at - (burst * 1_000) / requestsPerSecond);
    const waitMs = Math.max(earliest + costMs - at, this.#blockedUntil - at, 0);
    if (waitMs > maxWaitMs)
      throw new VenueFault('not-sent', `held back by the rate limit for ${Math.ceil(waitMs)} ms`, waitMs);
    this.#nextFreeAt = earliest + costMs;
    if (waitMs > 0) await sleep(waitMs);
  }

  /** The venue said that it was too much: nothing leaves for this long. */
  block(milliseconds: number): void {
    this.#blockedUntil = Math.max(this.#blockedUntil, this.#options.now() + milliseconds);
  }
}
