// Reads JSON from a venue's REST API: bounded in time, size and attempts, within a budget, obedient to Retry-After.
// It must never put a secret into an error, and never send anything while it is told to wait.
import { type EpochMs, minuteMs, secondMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { Alarms } from './alarms.ts';
import { boundedText } from './bounded-text.ts';
import type { RequestBudget } from './request-budget.ts';
import { VenueError, type VenueFault } from './venue-error.ts';
import { type Redact, safeJson } from './venue-text.ts';

const defaultRequestTimeoutMs = 10 * secondMs;
const maxAttempts = 3;
const firstRetryDelayMs = 500;
const maxBodyBytes = 4_000_000;
/** Where the venue forgets to say how long to wait. */
const defaultRateLimitWaitMs = minuteMs;
/** A venue that asks for a longer silence is asked again after this. */
const maxRateLimitWaitMs = 60 * minuteMs;

export interface HttpReaderOptions {
  readonly clock: Clock;
  readonly alarms: Alarms;
  readonly fetch: typeof fetch;
  readonly budget: RequestBudget;
  readonly redact: Redact;
  readonly headers: Readonly<Record<string, string>>;
  /** What a refusal means at this venue; undefined for the common meaning of its status. */
  readonly faultOf: (status: number, said: string) => VenueFault | undefined;
  /** The reason inside an error body, when it can be read. */
  readonly reasonOf: (body: unknown) => string | undefined;
  /** Hears the venue's clock (second precision) and when the answer came. */
  readonly heardClock?: (venueAt: EpochMs, receivedAt: EpochMs) => void;
}

export interface ReadOptions {
  readonly signal: AbortSignal;
  /** Requests that must be left in the budget after this one. */
  readonly keep?: number;
  readonly attempts?: number;
}

export class HttpReader {
  readonly #options: HttpReaderOptions;
  #blockedUntil: EpochMs = 0;
  #latencyMs: number | null = null;
  #requests = 0;
  #errors = 0;

  constructor(options: HttpReaderOptions) {
    this.#options = options;
  }

  /** Nothing is sent before this instant. */
  get blockedUntil(): EpochMs {
    return this.#blockedUntil;
  }

  /** Round trip of recent requests, smoothed. */
  get latencyMs(): number | null {
    return this.#latencyMs;
  }

  get requests(): number {
    return this.#requests;
  }

  get errors(): number {
    return this.#errors;
  }

  /** Parsed JSON of a URL, undefined for an empty answer (HTTP 204). Throws VenueError. */
  async json(url: URL, options: ReadOptions): Promise<unknown> {
    const attempts = options.attempts ?? maxAttempts;
    for (let attempt = 1; ; attempt += 1) {
      this.#admit(options);
      try {
        return await this.#once(url, options.signal);
      } catch (error) {
        const fault = error instanceof VenueError ? error : this.#unreachable(error, options.signal);
        if (fault.fault !== 'no-data' && fault.fault !== 'aborted') this.#errors += 1;
        const worthRepeating = fault.fault === 'unreachable' || fault.fault === 'malformed';
        if (!worthRepeating || attempt >= attempts) throw fault;
      }
      await this.#options.alarms.sleep(firstRetryDelayMs * 2 ** (attempt - 1), options.signal);
    }
  }

  #admit({ signal, keep }: ReadOptions): void {
    if (signal.aborted) throw new VenueError('aborted', 'the source was stopped');
    const { clock, budget } = this.#options;
    const now = clock.now();
    if (now < this.#blockedUntil) {
      const waitS = Math.ceil((this.#blockedUntil - now) / secondMs);
      throw new VenueError('rate-limited', `told to wait another ${waitS} s`, this.#blockedUntil);
    }
    if (!budget.take(now, keep))
      throw new VenueError('over-budget', 'the request budget is used up for now', budget.nextAt(now));
  }

  async #once(url: URL, signal: AbortSignal): Promise<unknown> {
    const { clock, alarms, headers } = this.#options;
    const begun = clock.now();
    this.#requests += 1;
    const timer = new AbortController();
    const finished = new AbortController();
    void alarms
      .sleep(defaultRequestTimeoutMs, finished.signal)
      .then(() => timer.abort(new Error('no answer in time')));
    try {
      const response = await this.#options.fetch(url, {
        headers,
        signal: AbortSignal.any([signal, timer.signal]),
        redirect: 'error',
      });
      const text = await boundedText(response, maxBodyBytes, (reason) => new VenueError('malformed', reason));
      const now = clock.now();
      const roundTripMs = now - begun;
      this.#latencyMs =
        this.#latencyMs === null ? roundTripMs : Math.round(0.7 * this.#latencyMs + 0.3 * roundTripMs);
      this.#noteHeaders(response, now);
      if (!response.ok) throw this.#refusal(response, text);
      if (text === '') return undefined;
      const body = safeJson(text);
      if (body === undefined) throw new VenueError('malformed', 'the answer is not JSON');
      return body;
    } finally {
      finished.abort();
    }
  }

  /** Neither forex vendor documents budget headers; where the usual ones appear they are believed. */
  #noteHeaders({ headers }: Response, now: EpochMs): void {
    const remaining = headers.get('x-ratelimit-remaining') ?? headers.get('ratelimit-remaining');
    if (remaining !== null && /^\d{1,9}$/.test(remaining))
      this.#options.budget.noteRemaining(Number(remaining));
    const venueAt = Date.parse(headers.get('date') ?? '');
    // The header has whole seconds: on average the venue is half a second further.
    if (Number.isFinite(venueAt)) this.#options.heardClock?.(venueAt + secondMs / 2, now);
  }

  #refusal(response: Response, text: string): VenueError {
    const { status } = response;
    const { reasonOf, faultOf, redact, clock } = this.#options;
    const said = redact(reasonOf(safeJson(text)) ?? 'no readable reason');
    if (status === 429) {
      const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
      const askedMs = Number.isFinite(seconds) && seconds > 0 ? seconds * secondMs : defaultRateLimitWaitMs;
      const waitMs = Math.min(askedMs, maxRateLimitWaitMs);
      this.#blockedUntil = Math.max(this.#blockedUntil, clock.now() + waitMs);
      return new VenueError(
        'rate-limited',
        `HTTP 429: told to wait ${waitMs / secondMs} s`,
        this.#blockedUntil,
      );
    }
    return new VenueError(faultOf(status, said) ?? commonFault(status), `HTTP ${status}: ${said}`);
  }

  #unreachable(error: unknown, signal: AbortSignal): VenueError {
    if (signal.aborted) return new VenueError('aborted', 'the source was stopped');
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const message = cause instanceof Error ? cause.message : String(cause);
    return new VenueError('unreachable', this.#options.redact(message));
  }
}

function commonFault(status: number): VenueFault {
  if (status === 401 || status === 403) return 'unauthorized';
  // A server error says nothing about the question, and reading twice harms nobody.
  return status >= 500 ? 'unreachable' : 'refused';
}
