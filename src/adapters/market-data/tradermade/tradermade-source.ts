// TraderMade forex and metals: quotes by websocket where a streaming key is set, else by polling within the plan;
// candles built from these quotes, gaps and history from the minute series. It never shows a key, and it says how
// its candles are made and when the plan is too small for them.
import type { Candle } from '../../../shared/domain/candle.ts';
import { isForexWeekOpen } from '../../../shared/domain/sessions.ts';
import { dayMs, type EpochMs, minuteMs, secondMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { MarketDataSink, MarketDataSource } from '../../../shared/ports/market-data.ts';
import { Alarms } from '../shared/alarms.ts';
import { HttpReader } from '../shared/http-reader.ts';
import { type CandlePolicy, maxForexJumpRatio, QuoteDesk } from '../shared/quote-desk.ts';
import { answers } from '../shared/reachable.ts';
import { Redial } from '../shared/redial.ts';
import { RequestBudget } from '../shared/request-budget.ts';
import { VenueError, type VenueFault } from '../shared/venue-error.ts';
import { redactor } from '../shared/venue-text.ts';
import {
  parseTradermadeError,
  parseTradermadeLive,
  parseTradermadeSeries,
  type TradermadeLive,
} from './parse-tradermade.ts';
import { openTradermadeStream, type TradermadeStream } from './tradermade-stream.ts';

const defaultRestUrl = 'https://marketdata.tradermade.com/api/v1';
const defaultStreamUrl = 'wss://stream.tradermade.com/feedAdv';
const maxSymbols = 200;
const monthMs = 30.4375 * dayMs;
/** The forex week has 120 of 168 hours; nothing is polled outside it. */
const openShare = 120 / 168;
/** Part of the plan spent on polling; the rest fills gaps and history. */
const pollShare = 0.8;
const minPollMs = 5 * secondMs;
/** Fewer prices per minute than three say nothing about a minute's high and low. */
const maxPollForCandlesMs = 20 * secondMs;
/** Requests always left for polling when history and gaps are asked for. */
const keepForPolling = 5;
const minBurst = 20;
const maxBurst = 500;
const pingEveryMs = 30 * secondMs;
const silenceLimitMs = 75 * secondMs;
const streamQuietLimitMs = 5 * minuteMs;
/** The venue answers at most two days of minutes at once. */
const maxSeriesMs = 2 * dayMs - minuteMs;
const maxHistoryCandles = 5_000;
const maxHistoryRequests = 4;

export interface TradermadeSourceOptions {
  readonly symbols: readonly string[];
  /** For this source alone: a clock has one wake-up. */
  readonly clock: Clock;
  readonly key: string;
  /** Websocket keys are keys of their own. */
  readonly streamKey?: string | undefined;
  readonly requestsPerMonth: number;
  readonly name?: string;
  readonly restUrl?: string;
  readonly streamUrl?: string;
  readonly fetch?: typeof fetch;
  /** Uniform in [0, 1), for the jitter of reconnects. */
  readonly random?: () => number;
}

/** How often a plan allows to ask for prices, round the open hours of a month. */
export function pollIntervalMs(requestsPerMonth: number): number {
  return Math.max(minPollMs, Math.ceil((monthMs * openShare) / (requestsPerMonth * pollShare)));
}

export class TradermadeSource implements MarketDataSource {
  readonly name: string;
  readonly kind = 'live';
  readonly symbols: readonly string[];
  readonly #clock: Clock;
  readonly #alarms: Alarms;
  readonly #desk: QuoteDesk;
  readonly #rest: HttpReader;
  readonly #redial: Redial | undefined;
  readonly #restUrl: string;
  readonly #key: string;
  readonly #fetch: typeof fetch;
  readonly #normalPollMs: number;
  #pollEveryMs: number;
  #stream: TradermadeStream | undefined;
  #streamFault = '';
  #pollFault = '';
  #pollingSince: EpochMs | undefined;
  #refused: string | undefined;
  /** The key was accepted once, so a later 401 is about the plan. */
  #admitted = false;

  /** Throws RangeError for more symbols than one subscription should carry. */
  constructor(options: TradermadeSourceOptions) {
    this.name = options.name ?? 'tradermade';
    this.symbols = [...new Set(options.symbols)].sort();
    if (this.symbols.length > maxSymbols)
      throw new RangeError(`TraderMade source: ${this.symbols.length} symbols are more than ${maxSymbols}`);
    const { clock, key, streamKey, requestsPerMonth } = options;
    const redact = redactor([key, streamKey]);
    this.#clock = clock;
    this.#alarms = new Alarms(clock);
    this.#key = key;
    this.#fetch = options.fetch ?? fetch;
    this.#restUrl = options.restUrl ?? defaultRestUrl;
    this.#normalPollMs = pollIntervalMs(requestsPerMonth);
    this.#pollEveryMs = this.#normalPollMs;
    const burst = Math.min(maxBurst, Math.max(minBurst, Math.floor(requestsPerMonth / 50)));
    this.#rest = new HttpReader({
      clock,
      alarms: this.#alarms,
      fetch: this.#fetch,
      budget: new RequestBudget({ requests: requestsPerMonth, periodMs: monthMs, burst }),
      redact,
      headers: {},
      faultOf,
      reasonOf: parseTradermadeError,
      heardClock: (venueAt, receivedAt) => {
        if (streamKey === undefined) this.#desk.heardClock(venueAt, receivedAt);
      },
    });
    if (streamKey !== undefined) {
      const url = options.streamUrl ?? defaultStreamUrl;
      const random = options.random ?? Math.random;
      this.#redial = new Redial({
        clock,
        alarms: this.#alarms,
        random,
        silenceLimitMs,
        open: (handlers) => {
          this.#stream = openTradermadeStream(
            {
              url,
              key: streamKey,
              symbols: this.symbols,
              redact,
              quote: ({ symbol, bid, ask }, at) => {
                this.#desk.heardClock(at, clock.now());
                this.#desk.quote(symbol, bid, ask, at);
              },
              notServed: (symbol, reason) => this.#desk.notServed(symbol, reason),
              unreadable: (reason, text) => this.#desk.unreadable(reason, text),
            },
            handlers,
          );
          return this.#stream;
        },
        connected: () => this.#connected(),
        lost: (reason) => this.#lost(reason),
      });
    }
    this.#desk = this.#newDesk();
  }

  #newDesk(): QuoteDesk {
    return new QuoteDesk({
      name: this.name,
      symbols: this.symbols,
      clock: this.#clock,
      alarms: this.#alarms,
      isOpen: isForexWeekOpen,
      maxJumpRatio: maxForexJumpRatio,
      policy: () => this.#policy(),
      fetchMinutes: (symbol, from, to, signal) => this.#series(symbol, from, to, signal),
      view: () => {
        const streaming = this.#redial?.since !== undefined;
        return {
          feedSince: streaming ? this.#redial?.since : this.#pollingSince,
          feed: streaming ? 'websocket' : `polling every ${Math.round(this.#pollEveryMs / secondMs)} s`,
          feedFault: this.#redial === undefined ? this.#pollFault : this.#streamFault,
          refused: this.#refused,
          quietLimitMs: streaming
            ? streamQuietLimitMs
            : Math.max(streamQuietLimitMs, 2.5 * this.#pollEveryMs),
          restBlockedUntil: this.#rest.blockedUntil,
          latencyMs: this.#rest.latencyMs,
          notes: this.#policy() === 'quotes' ? ['one-minute candles built from quotes'] : [],
          shortfalls: this.#shortfalls(streaming),
        };
      },
    });
  }

  #shortfalls(streaming: boolean): readonly string[] {
    const shortfalls: string[] = [];
    if (this.#redial !== undefined && !streaming)
      shortfalls.push(
        `websocket ${this.#redial.refused === undefined ? 'down' : 'refused'}: ${this.#streamFault}`,
      );
    if (this.#policy() === 'none')
      shortfalls.push(
        'the plan grants too few requests for one-minute candles: raise ATO_TRADERMADE_REQUESTS_PER_MONTH to what you have, or set TRADERMADE_STREAM_KEY',
      );
    if (this.#desk.noMinuteCandles) shortfalls.push('the plan has no minute series: gaps cannot be filled');
    return shortfalls;
  }

  #policy(): CandlePolicy {
    if (this.#redial?.since !== undefined) return 'quotes';
    return this.#pollEveryMs <= maxPollForCandlesMs
      ? 'quotes'
      : this.#redial === undefined
        ? 'none'
        : 'quotes';
  }

  /** Milliseconds by which our clock is ahead of the venue's; undefined before the first word. */
  get clockSkewMs(): number | undefined {
    return this.#desk.clockSkewMs;
  }

  /** Costs one request. A closed market (403, 204) is an answer too; a refused key is not. */
  reachable(timeoutMs: number): Promise<boolean> {
    const accepts = (status: number) => status === 200 || status === 204 || status === 403;
    const url = this.#url('live', { currency: this.symbols[0] ?? 'EURUSD' });
    return answers(url, { fetch: this.#fetch, headers: {}, timeoutMs, accepts });
  }

  async start(sink: MarketDataSink): Promise<void> {
    if (this.#desk.running) await this.stop();
    this.#desk.start(sink);
    this.#begin();
  }

  /**
   * Up to 5,000 closed candles, oldest first; empty where the plan has no minute series. Throws VenueError when the
   * venue does not answer. Costs one request per two days.
   */
  async history(symbol: string, count: number): Promise<readonly Candle[]> {
    const wanted = Math.min(Math.max(count, 0), maxHistoryCandles);
    if (wanted === 0 || !this.symbols.includes(symbol)) return [];
    let to = Math.floor(this.#clock.now() / minuteMs) * minuteMs;
    let candles: readonly Candle[] = [];
    for (let request = 0; request < maxHistoryRequests && candles.length < wanted; request += 1) {
      to = lastOpenBefore(to);
      const from = Math.max(to - maxSeriesMs, openMinutesBefore(to, wanted - candles.length));
      try {
        candles = [...(await this.#series(symbol, from, to, this.#desk.signal)), ...candles];
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

  /** Drops the connection, forgets refusals, begins again; candles missed are filled in where the plan allows. */
  async restart(reason: string): Promise<void> {
    if (!this.#desk.running) return;
    this.#halt();
    this.#streamFault = `restarted: ${reason}`;
    this.#desk.restart();
    this.#begin();
  }

  pace(factor: number): void {
    this.#pollEveryMs = this.#normalPollMs / factor;
  }

  async stop(): Promise<void> {
    this.#halt();
    this.#desk.stop();
    this.#alarms.cancelAll();
  }

  #begin(): void {
    if (this.symbols.length === 0) return;
    const now = this.#clock.now();
    if (this.#redial === undefined) {
      void this.#poll();
      return;
    }
    this.#redial.dial();
    this.#alarms.set('ping', now + pingEveryMs, () => this.#ping());
    // Polling stands in for the websocket when it does not come up.
    this.#alarms.set('poll', now + this.#pollEveryMs, () => void this.#poll());
  }

  #halt(): void {
    this.#redial?.close();
    this.#alarms.cancel('ping');
    this.#alarms.cancel('poll');
    this.#stream = undefined;
    this.#pollingSince = undefined;
    this.#pollFault = '';
    this.#refused = undefined;
  }

  // --- websocket ---

  #ping(): void {
    this.#stream?.ping();
    this.#alarms.set('ping', this.#clock.now() + pingEveryMs, () => this.#ping());
  }

  #connected(): void {
    this.#streamFault = '';
    this.#pollingSince = undefined;
    this.#desk.unwatched();
    this.#desk.watched();
    this.#desk.publishStatus();
  }

  #lost(reason: string): void {
    this.#streamFault = reason;
    this.#desk.unwatched();
    this.#desk.publishStatus();
  }

  // --- polling ---

  async #poll(): Promise<void> {
    const { signal } = this.#desk;
    const now = this.#clock.now();
    this.#alarms.set('poll', now + this.#pollEveryMs, () => void this.#poll());
    if (this.#redial?.since !== undefined || this.#refused !== undefined) return;
    if (!isForexWeekOpen(now)) {
      this.#pollingSince = undefined;
      this.#desk.unwatched();
      return;
    }
    try {
      const symbols = this.symbols.filter((symbol) => this.#desk.isServed(symbol));
      if (symbols.length === 0) return;
      const url = this.#url('live', { currency: symbols.join(',') });
      const attempts = this.#pollEveryMs <= maxPollForCandlesMs ? 1 : 2;
      const body = await this.#rest.json(url, { signal, attempts });
      if (signal.aborted) return;
      this.#polled(body);
    } catch (error) {
      if (signal.aborted) return;
      this.#pollFailed(error);
    }
    this.#desk.publishStatus();
  }

  #polled(body: unknown): void {
    this.#admitted = true;
    this.#desk.noteRest('');
    this.#pollFault = '';
    this.#pollingSince ??= this.#clock.now();
    // A stream that came up meanwhile is the better one.
    if (this.#redial?.since !== undefined) return;
    if (body === undefined) {
      this.#desk.venueClosed();
      return;
    }
    const live = parseTradermadeLive(body);
    if (live === undefined)
      throw new VenueError('malformed', 'the answer is not the documented list of quotes');
    this.#takeLive(live);
    if (this.#pollEveryMs <= maxPollForCandlesMs) this.#desk.watched();
  }

  #takeLive(live: TradermadeLive): void {
    if (live.unreadable > 0)
      this.#desk.unreadable('quotes do not have the documented shape', `${live.unreadable} of /live`);
    const now = this.#clock.now();
    for (const { symbol, bid, ask } of live.quotes) this.#desk.quote(symbol, bid, ask, live.at ?? now);
  }

  #pollFailed(error: unknown): void {
    const fault = error instanceof VenueError ? error.fault : undefined;
    const message = error instanceof Error ? error.message : String(error);
    if (fault === 'no-data') {
      this.#admitted = true;
      this.#pollFault = '';
      this.#pollingSince ??= this.#clock.now();
      this.#desk.venueClosed();
      return;
    }
    this.#pollFault = message;
    this.#pollingSince = undefined;
    this.#desk.unwatched();
    // Without a websocket a refused key leaves nothing; with one, it only costs history and gaps.
    if (fault === 'unauthorized' && this.#redial === undefined) this.#refused = message;
    else this.#desk.noteRest(message);
  }

  // --- minute series ---

  /** Minutes that open in [from, to). */
  async #series(symbol: string, from: EpochMs, to: EpochMs, signal: AbortSignal): Promise<readonly Candle[]> {
    // A key that was refused is refused here too: asking on would only provoke the venue.
    if (this.#refused !== undefined) throw new VenueError('unauthorized', this.#refused);
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
      body = await this.#rest.json(url, { signal, keep: keepForPolling });
    } catch (error) {
      const known = error instanceof VenueError && error.fault === 'unauthorized' && this.#admitted;
      throw known ? new VenueError('not-in-plan', error.message) : error;
    }
    if (body === undefined) return [];
    const parsed = parseTradermadeSeries(symbol, body);
    if (parsed === undefined)
      throw new VenueError('malformed', 'the answer is not the documented list of candles');
    if (parsed.unreadable > 0)
      this.#desk.unreadable('candles do not have the documented shape', `${parsed.unreadable} of ${symbol}`);
    const closedBy = Math.min(to, this.#clock.now());
    return parsed.candles.filter(({ openTime }) => openTime >= from && openTime + minuteMs <= closedBy);
  }

  #url(endpoint: string, query: Readonly<Record<string, string>>): URL {
    const url = new URL(`${this.#restUrl}/${endpoint}`);
    url.search = new URLSearchParams({ ...query, api_key: this.#key }).toString();
    return url;
  }
}

/** `yyyy-MM-dd-HH:mm`, UTC. */
function seriesTime(at: EpochMs): string {
  const iso = new Date(at).toISOString();
  return `${iso.slice(0, 10)}-${iso.slice(11, 16)}`;
}

const maxLookbackMinutes = 12 * 1_440;

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
