// What TraderMade is asked by HTTP: prices now, minute series and history, within the month's plan. It must never show the
// key, nor ask on with one that was refused.
import type { Candle } from '../../../shared/domain/candle.ts';
import { isForexWeekOpen } from '../../../shared/domain/sessions.ts';
import { dayMs, type EpochMs, minuteMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { Alarms } from '../shared/alarms.ts';
import { HttpReader, type HttpReaderOptions } from '../shared/http-reader.ts';
import { answers } from '../shared/reachable.ts';
import { RequestBudget } from '../shared/request-budget.ts';
import { VenueError, type VenueFault } from '../shared/venue-error.ts';
import { parseTradermadeError, parseTradermadeSeries } from './parse-tradermade.ts';
import { monthMs } from './tradermade-plan.ts';

const defaultRestUrl = 'https://marketdata.tradermade.com/api/v1';
/** Requests always left for polling when history and gaps are asked for. */
const keepForPolling = 5;
const minBurst = 20;
const maxBurst = 500;
/** The venue answers at most two days of minutes at once. */
const maxSeriesMs = 2 * dayMs - minuteMs;
const maxHistoryRequests = 4;
const maxLookbackMinutes = 12 * 1_440;

export interface TradermadeRestOptions extends Pick<HttpReaderOptions, 'redact'> {
  readonly clock: Clock;
  readonly alarms: Alarms;
  readonly fetch: typeof fetch;
  readonly key: string;
  readonly url: string | undefined;
  readonly requestsPerMonth: number;
  readonly heardClock: (venueAt: EpochMs, receivedAt: EpochMs) => void;
  /** Told of what could not be read beside what could. */
  readonly unreadable: (reason: string, where: string) => void;
}

export class TradermadeRest {
  readonly #options: TradermadeRestOptions;
  readonly #reader: HttpReader;
  /** The key was accepted once, so a later 401 is about the plan. */
  #admitted = false;
  /** Why the key was refused; asking on would only provoke the venue. */
  refused: string | undefined;

  constructor(options: TradermadeRestOptions) {
    this.#options = options;
    const { clock, alarms, requestsPerMonth, redact, heardClock } = options;
    const burst = Math.min(maxBurst, Math.max(minBurst, Math.floor(requestsPerMonth / 50)));
    this.#reader = new HttpReader({
      ...{ clock, alarms, redact, heardClock, faultOf },
      fetch: options.fetch,
      budget: new RequestBudget({ requests: requestsPerMonth, periodMs: monthMs, burst }),
      headers: {},
      reasonOf: parseTradermadeError,
    });
  }

  get blockedUntil(): EpochMs {
    return this.#reader.blockedUntil;
  }

  get latencyMs(): number | null {
    return this.#reader.latencyMs;
  }

  /** Costs one request. A closed market (403, 204) is an answer too; a refused key is not. */
  reachable(symbol: string, timeoutMs: number): Promise<boolean> {
    const accepts = (status: number) => status === 200 || status === 204 || status === 403;
    const url = this.#url('live', { currency: symbol });
    return answers(url, { fetch: this.#options.fetch, headers: {}, timeoutMs, accepts });
  }

  /** The answer about prices now, unread; undefined when the market is closed. Throws VenueError. */
  async live(symbols: readonly string[], attempts: number, signal: AbortSignal): Promise<unknown> {
    try {
      const body = await this.#reader.json(this.#url('live', { currency: symbols.join(',') }), {
        signal,
        attempts,
      });
      this.#admitted = true;
      return body;
    } catch (error) {
      if (error instanceof VenueError && error.fault === 'no-data') this.#admitted = true;
      throw error;
    }
  }

  /** Minutes that open in [from, to) and have closed. Throws VenueError. */
  async series(symbol: string, from: EpochMs, to: EpochMs, signal: AbortSignal): Promise<readonly Candle[]> {
    if (this.refused !== undefined) throw new VenueError('unauthorized', this.refused);
    const url = this.#url('timeseries', {
      currency: symbol,
      start_date: seriesTime(from),
      end_date: seriesTime(to - minuteMs),
      interval: 'minute',
      period: '1',
      format: 'records',
    });
    let body: unknown;
    try {
      body = await this.#reader.json(url, { signal, keep: keepForPolling });
    } catch (error) {
      const known = error instanceof VenueError && error.fault === 'unauthorized' && this.#admitted;
      throw known ? new VenueError('not-in-plan', error.message) : error;
    }
    if (body === undefined) return [];
    const parsed = parseTradermadeSeries(symbol, body);
    if (parsed === undefined)
      throw new VenueError('malformed', 'the answer is not the documented list of candles');
    const { clock, unreadable } = this.#options;
    if (parsed.unreadable > 0)
      unreadable('candles do not have the documented shape', `${parsed.unreadable} of ${symbol}`);
    const closedBy = Math.min(to, clock.now());
    return parsed.candles.filter(({ openTime }) => openTime >= from && openTime + minuteMs <= closedBy);
  }

  /** The last `wanted` closed candles, fewer where the plan or four requests give no more. Throws VenueError without any. */
  async history(symbol: string, wanted: number, signal: AbortSignal): Promise<readonly Candle[]> {
    let to = Math.floor(this.#options.clock.now() / minuteMs) * minuteMs;
    let candles: readonly Candle[] = [];
    for (let request = 0; request < maxHistoryRequests && candles.length < wanted; request += 1) {
      to = lastOpenBefore(to);
      const from = Math.max(to - maxSeriesMs, openMinutesBefore(to, wanted - candles.length));
      try {
        candles = [...(await this.series(symbol, from, to, signal)), ...candles];
      } catch (error) {
        const fault = error instanceof VenueError ? error.fault : undefined;
        if (fault === 'not-in-plan' || fault === 'no-data') break;
        if (candles.length > 0) break;
        throw error;
      }
      to = from;
    }
    return candles.slice(-wanted);
  }

  #url(endpoint: string, query: Readonly<Record<string, string>>): URL {
    const url = new URL(`${this.#options.url ?? defaultRestUrl}/${endpoint}`);
    url.search = new URLSearchParams({ ...query, api_key: this.#options.key }).toString();
    return url;
  }
}

/** `yyyy-MM-dd-HH:mm`, UTC. */
function seriesTime(at: EpochMs): string {
  const iso = new Date(at).toISOString();
  return `${iso.slice(0, 10)}-${iso.slice(11, 16)}`;
}

/** The end of the last open minute at or before `at`. */
function lastOpenBefore(at: EpochMs): EpochMs {
  let end = at;
  for (let back = 0; back < maxLookbackMinutes && !isForexWeekOpen(end - minuteMs); back += 1)
    end -= minuteMs;
  return end;
}

/** Open time of the minute from which `count` open minutes lead up to `at`. */
function openMinutesBefore(at: EpochMs, count: number): EpochMs {
  let openTime = at;
  let missing = count;
  for (let back = 0; back < maxLookbackMinutes && missing > 0; back += 1) {
    openTime -= minuteMs;
    if (isForexWeekOpen(openTime)) missing -= 1;
  }
  return openTime;
}

function faultOf(status: number, said: string): VenueFault | undefined {
  // 403 is what the venue answers at weekends and for times outside the plan, not for a wrong key.
  if (status === 403) return 'no-data';
  if (status === 401 && /plan|subscri|endpoint|upgrade/i.test(said)) return 'not-in-plan';
  if (status === 400 && /currenc|symbol|instrument|pair/i.test(said)) return 'unknown-symbol';
  return undefined;
}
