// Requests to one exchange through ccxt: repeated where that helps, never while told to wait, errors as CcxtError.
// ccxt's own leaky bucket keeps the pace the exchange grants.
import { type EpochMs, minuteMs, secondMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { Alarms } from '../shared/alarms.ts';
import { CcxtError, faultOf, messageOf } from './ccxt-errors.ts';
import type { CcxtExchange } from './ccxt-exchange.ts';

const maxAttempts = 3;
const firstRetryDelayMs = 500;
/** Where the venue forgets to say how long to wait. */
const defaultRateLimitWaitMs = minuteMs;
const maxRateLimitWaitMs = 3 * 86_400_000;

export class CcxtRest {
  readonly #exchange: CcxtExchange;
  readonly #clock: Clock;
  readonly #alarms: Alarms;
  #blockedUntil: EpochMs = 0;
  #latencyMs: number | null = null;
  #errors = 0;

  constructor(exchange: CcxtExchange, clock: Clock, alarms: Alarms) {
    this.#exchange = exchange;
    this.#clock = clock;
    this.#alarms = alarms;
  }

  /** Nothing is sent before this instant. */
  get blockedUntil(): EpochMs {
    return this.#blockedUntil;
  }

  /** Time from asking to answer of recent requests, smoothed; ccxt's own queueing is part of it. */
  get latencyMs(): number | null {
    return this.#latencyMs;
  }

  get errors(): number {
    return this.#errors;
  }

  /** Lower bound of the venue's time when it last answered; Infinity when it did not say. */
  get venueNow(): EpochMs {
    const said = Date.parse(this.#header('date') ?? '');
    return Number.isNaN(said) ? Number.POSITIVE_INFINITY : said;
  }

  /** Throws CcxtError. */
  async call<Answer>(ask: (exchange: CcxtExchange) => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      this.#refuseWhileBlocked(signal);
      const begun = this.#clock.now();
      try {
        const answer = await ask(this.#exchange);
        if (signal.aborted) throw new CcxtError('aborted', 'the source was stopped');
        this.#noteLatency(this.#clock.now() - begun);
        return answer;
      } catch (error) {
        const fault = this.#faultFrom(error, signal);
        if (fault.fault === 'aborted') throw fault;
        this.#errors += 1;
        const worthRepeating = fault.fault === 'unreachable' || fault.fault === 'malformed';
        if (!worthRepeating || attempt >= maxAttempts) throw fault;
      }
      await this.#alarms.sleep(firstRetryDelayMs * 2 ** (attempt - 1), signal);
    }
  }

  #refuseWhileBlocked(signal: AbortSignal): void {
    if (signal.aborted) throw new CcxtError('aborted', 'the source was stopped');
    const now = this.#clock.now();
    if (now >= this.#blockedUntil) return;
    const waitS = Math.ceil((this.#blockedUntil - now) / secondMs);
    throw new CcxtError('rate-limited', `told to wait another ${waitS} s`, this.#blockedUntil);
  }

  #faultFrom(error: unknown, signal: AbortSignal): CcxtError {
    if (signal.aborted) return new CcxtError('aborted', 'the source was stopped');
    if (error instanceof CcxtError) return error;
    const fault = faultOf(error);
    if (fault !== 'rate-limited') return new CcxtError(fault, messageOf(error));
    const seconds = Number(this.#header('retry-after') ?? Number.NaN);
    const waitMs = Number.isFinite(seconds) && seconds > 0 ? seconds * secondMs : defaultRateLimitWaitMs;
    const until = this.#clock.now() + Math.min(waitMs, maxRateLimitWaitMs);
    this.#blockedUntil = Math.max(this.#blockedUntil, until);
    return new CcxtError('rate-limited', messageOf(error), this.#blockedUntil);
  }

  /** ccxt keeps the headers of the last answer in the spelling the venue used. */
  #header(name: string): string | undefined {
    const headers = this.#exchange.last_response_headers ?? {};
    const key = Object.keys(headers).find((candidate) => candidate.toLowerCase() === name);
    const value: unknown = key === undefined ? undefined : headers[key];
    return typeof value === 'string' ? value : undefined;
  }

  #noteLatency(roundTripMs: number): void {
    const before = this.#latencyMs;
    this.#latencyMs = before === null ? roundTripMs : Math.round(0.7 * before + 0.3 * roundTripMs);
  }
}
