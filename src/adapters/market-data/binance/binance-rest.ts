// Binance's public REST answers: closed one-minute candles. It keeps within a weight budget, obeys Retry-After
// to the second, and never sends anything while it is told to wait.
import type { z } from 'zod';
import type { Candle } from '../../../shared/domain/candle.ts';
import { type EpochMs, minuteMs, secondMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { Alarms } from '../shared/alarms.ts';
import { boundedText } from '../shared/bounded-text.ts';
import { safeJson } from '../shared/venue-text.ts';
import { errorBodySchema, klinesSchema } from './binance-schemas.ts';

export const maxKlinesPerRequest = 1_000;
const klinesWeight = 2;
const requestTimeoutMs = 10 * secondMs;
const maxAttempts = 3;
const firstRetryDelayMs = 500;
const maxBodyBytes = 2_000_000;
/** Where the venue forgets to say how long to wait. */
const defaultRateLimitWaitMs = minuteMs;
const defaultBanWaitMs = 5 * minuteMs;
/** Own ceiling per minute, a fraction of what the venue is known to grant, because the address may be shared. */
const defaultWeightBudgetPerMinute = 1_200;
const unknownSymbolCode = -1121;

export type BinanceRestFault =
  | 'rate-limited'
  | 'unknown-symbol'
  | 'refused'
  | 'unreachable'
  | 'malformed'
  | 'aborted';

export class BinanceRestError extends Error {
  override readonly name = 'BinanceRestError';
  readonly fault: BinanceRestFault;
  /** When it makes sense to ask again; null when asking again is pointless or nothing is known. */
  readonly retryAt: EpochMs | null;

  constructor(fault: BinanceRestFault, message: string, retryAt: EpochMs | null = null) {
    super(message);
    this.fault = fault;
    this.retryAt = retryAt;
  }
}

export interface BinanceRestOptions {
  readonly baseUrl: string;
  readonly clock: Clock;
  readonly alarms: Alarms;
  readonly fetch: typeof fetch;
  readonly weightBudgetPerMinute?: number;
}

export interface KlineRange {
  readonly startTime?: EpochMs;
  readonly endTime?: EpochMs;
  readonly limit: number;
}

export interface KlinePage {
  /** Closed candles, oldest first. */
  readonly candles: readonly Candle[];
  /** True when the venue had as many rows as were asked for, so more may follow. */
  readonly full: boolean;
}

interface Answer {
  readonly rows: z.output<typeof klinesSchema>;
  /** Lower bound of the venue's time when it answered; Infinity when it did not say. */
  readonly venueNow: EpochMs;
}

export class BinanceRest {
  readonly #options: BinanceRestOptions;
  readonly #budget: number;
  #blockedUntil: EpochMs = 0;
  #usedWeight = 0;
  #weightMinute = 0;
  #latencyMs: number | null = null;

  constructor(options: BinanceRestOptions) {
    this.#options = options;
    this.#budget = options.weightBudgetPerMinute ?? defaultWeightBudgetPerMinute;
  }

  /** Nothing is sent before this instant. */
  get blockedUntil(): EpochMs {
    return this.#blockedUntil;
  }

  /** Round trip of recent requests, smoothed. */
  get latencyMs(): number | null {
    return this.#latencyMs;
  }

  /** True when the venue answers its ping within the real-time limit. */
  async ping(timeoutMs: number): Promise<boolean> {
    try {
      const url = `${this.#options.baseUrl}/api/v3/ping`;
      const response = await this.#options.fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  }

  /** Closed one-minute candles. Throws BinanceRestError. */
  async klines(symbol: string, range: KlineRange, signal: AbortSignal): Promise<KlinePage> {
    const query = new URLSearchParams({ symbol, interval: '1m', limit: String(range.limit) });
    if (range.startTime !== undefined) query.set('startTime', String(range.startTime));
    if (range.endTime !== undefined) query.set('endTime', String(range.endTime));
    const { rows, venueNow } = await this.#get(`/api/v3/klines?${query}`, klinesWeight, signal);
    // The last row may still be open and carries no mark: believe the more cautious of both clocks.
    const closedBy = Math.min(this.#options.clock.now(), venueNow);
    return { candles: closedCandles(symbol, rows, closedBy), full: rows.length >= range.limit };
  }

  async #get(path: string, weight: number, signal: AbortSignal): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      await this.#waitForWeight(weight, signal);
      try {
        return await this.#once(path, weight, signal);
      } catch (error) {
        const fault = error instanceof BinanceRestError ? error : this.#unreachable(error, signal);
        const worthRepeating = fault.fault === 'unreachable' || fault.fault === 'malformed';
        if (!worthRepeating || attempt >= maxAttempts) throw fault;
      }
      await this.#options.alarms.sleep(firstRetryDelayMs * 2 ** (attempt - 1), signal);
    }
  }

  #unreachable(error: unknown, signal: AbortSignal): BinanceRestError {
    if (signal.aborted) return new BinanceRestError('aborted', 'the source was stopped');
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return new BinanceRestError('unreachable', cause instanceof Error ? cause.message : String(cause));
  }

  async #waitForWeight(weight: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      if (signal.aborted) throw new BinanceRestError('aborted', 'the source was stopped');
      const now = this.#options.clock.now();
      if (now < this.#blockedUntil) {
        const waitS = Math.ceil((this.#blockedUntil - now) / secondMs);
        throw new BinanceRestError('rate-limited', `told to wait another ${waitS} s`, this.#blockedUntil);
      }
      const minute = Math.floor(now / minuteMs);
      if (minute !== this.#weightMinute) {
        this.#weightMinute = minute;
        this.#usedWeight = 0;
      }
      if (this.#usedWeight + weight <= this.#budget) return;
      await this.#options.alarms.sleep((minute + 1) * minuteMs - now, signal);
    }
  }

  async #once(path: string, weight: number, signal: AbortSignal): Promise<Answer> {
    const { clock, alarms } = this.#options;
    const begun = clock.now();
    this.#usedWeight += weight;
    const timer = new AbortController();
    const finished = new AbortController();
    void alarms
      .sleep(requestTimeoutMs, finished.signal)
      .then(() => timer.abort(new Error('no answer in time')));
    try {
      const response = await this.#options.fetch(`${this.#options.baseUrl}${path}`, {
        signal: AbortSignal.any([signal, timer.signal]),
        redirect: 'error',
      });
      this.#noteWeight(response);
      const text = await boundedText(
        response,
        maxBodyBytes,
        (reason) => new BinanceRestError('malformed', reason),
      );
      this.#noteLatency(clock.now() - begun);
      if (!response.ok) throw this.#httpFault(response, text);
      const venueNow = Date.parse(response.headers.get('date') ?? '');
      const rows = klinesSchema.safeParse(safeJson(text));
      if (!rows.success)
        throw new BinanceRestError('malformed', 'the answer is not the documented list of candles');
      return {
        rows: rows.data,
        venueNow: Number.isNaN(venueNow) ? Number.POSITIVE_INFINITY : venueNow,
      };
    } finally {
      finished.abort();
    }
  }

  #noteWeight(response: Response): void {
    const used = Number(response.headers.get('x-mbx-used-weight-1m') ?? Number.NaN);
    // The venue counts everything sent from this address, so its number counts when it is the higher one.
    if (Number.isFinite(used)) this.#usedWeight = Math.max(this.#usedWeight, used);
  }

  #noteLatency(roundTripMs: number): void {
    this.#latencyMs =
      this.#latencyMs === null ? roundTripMs : Math.round(0.7 * this.#latencyMs + 0.3 * roundTripMs);
  }

  #httpFault(response: Response, text: string): BinanceRestError {
    const { status } = response;
    if (status === 429 || status === 418) {
      const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
      const fallbackMs = status === 418 ? defaultBanWaitMs : defaultRateLimitWaitMs;
      const waitMs = Number.isFinite(seconds) && seconds > 0 ? seconds * secondMs : fallbackMs;
      this.#blockedUntil = Math.max(this.#blockedUntil, this.#options.clock.now() + waitMs);
      return new BinanceRestError(
        'rate-limited',
        `HTTP ${status}: told to wait ${waitMs / secondMs} s`,
        this.#blockedUntil,
      );
    }
    const parsed = errorBodySchema.safeParse(safeJson(text));
    const said = parsed.success ? `${parsed.data.code} ${parsed.data.msg}` : 'no readable reason';
    if (parsed.success && parsed.data.code === unknownSymbolCode)
      return new BinanceRestError('unknown-symbol', said);
    // A server error says nothing about the question, and reading twice harms nobody.
    return new BinanceRestError(status >= 500 ? 'unreachable' : 'refused', `HTTP ${status}: ${said}`);
  }
}

function closedCandles(symbol: string, rows: Answer['rows'], closedBy: EpochMs): Candle[] {
  const candles: Candle[] = [];
  for (const [openTime, open, high, low, close, volume] of rows) {
    if (openTime + minuteMs > closedBy) continue;
    candles.push({ symbol, timeframe: '1m', openTime, open, high, low, close, volume });
  }
  return candles.sort((a, b) => a.openTime - b.openTime);
}

/** Closed candles of an answer's body, oldest first; undefined when it is not the documented list. */
export function parseKlinesBody(symbol: string, text: string, closedBy: EpochMs): Candle[] | undefined {
  const rows = klinesSchema.safeParse(safeJson(text));
  return rows.success ? closedCandles(symbol, rows.data, closedBy) : undefined;
}
