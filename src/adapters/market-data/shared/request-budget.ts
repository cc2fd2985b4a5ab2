// How many requests a plan still grants. A steady allowance with a burst, so that a month's grant lasts the month.
import type { EpochMs } from '../../../shared/domain/time.ts';

export interface RequestBudgetOptions {
  /** Requests granted per period. */
  readonly requests: number;
  readonly periodMs: number;
  /** Requests that may be made at once before the steady rate rules. */
  readonly burst: number;
}

export class RequestBudget {
  readonly #options: RequestBudgetOptions;
  #tokens: number;
  #at: EpochMs | undefined;

  constructor(options: RequestBudgetOptions) {
    this.#options = options;
    this.#tokens = options.burst;
  }

  /** Takes one request from the budget; false when there is none left now. `keep` leaves that many for others. */
  take(now: EpochMs, keep = 0): boolean {
    this.#refill(now);
    if (this.#tokens < 1 + keep) return false;
    this.#tokens -= 1;
    return true;
  }

  /** When the next request will be possible. */
  nextAt(now: EpochMs): EpochMs {
    this.#refill(now);
    if (this.#tokens >= 1) return now;
    return Math.ceil(now + ((1 - this.#tokens) * this.#options.periodMs) / this.#options.requests);
  }

  /** The venue says how many are left: its word counts when it is the lower one. */
  noteRemaining(remaining: number): void {
    if (Number.isFinite(remaining) && remaining >= 0) this.#tokens = Math.min(this.#tokens, remaining);
  }

  #refill(now: EpochMs): void {
    const { requests, periodMs, burst } = this.#options;
    const elapsedMs = this.#at === undefined ? 0 : Math.max(0, now - this.#at);
    this.#at = now;
    this.#tokens = Math.min(burst, this.#tokens + (elapsedMs * requests) / periodMs);
  }
}
