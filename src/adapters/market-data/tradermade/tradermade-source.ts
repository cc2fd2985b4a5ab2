// TraderMade forex and metals: quotes by websocket where a streaming key is set, else by polling within the plan;
// candles built from these quotes, gaps and history from the minute series. It never shows a key, and it says how
// its candles are made and when the plan is too small for them.
import type { Candle } from '../../../shared/domain/candle.ts';
import { isForexWeekOpen } from '../../../shared/domain/sessions.ts';
import { type EpochMs, minuteMs, secondMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { MarketDataSink, MarketDataSource } from '../../../shared/ports/market-data.ts';
import { Alarms } from '../shared/alarms.ts';
import { type CandlePolicy, maxForexJumpRatio, QuoteDesk } from '../shared/quote-desk.ts';
import { Redial } from '../shared/redial.ts';
import { VenueError } from '../shared/venue-error.ts';
import { redactor } from '../shared/venue-text.ts';
import { parseTradermadeLive, type TradermadeLive } from './parse-tradermade.ts';
import { maxPollForCandlesMs, pollIntervalMs } from './tradermade-plan.ts';
import { TradermadeRest } from './tradermade-rest.ts';
import { openTradermadeStream, type TradermadeStream } from './tradermade-stream.ts';

const defaultStreamUrl = 'wss://stream.tradermade.com/feedAdv';
const maxSymbols = 200;
const pingEveryMs = 30 * secondMs;
const silenceLimitMs = 75 * secondMs;
const streamQuietLimitMs = 5 * minuteMs;
const maxHistoryCandles = 5_000;

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

export class TradermadeSource implements MarketDataSource {
  readonly name: string;
  readonly kind = 'live';
  readonly symbols: readonly string[];
  readonly #clock: Clock;
  readonly #alarms: Alarms;
  readonly #desk: QuoteDesk;
  readonly #rest: TradermadeRest;
  readonly #redial: Redial | undefined;
  readonly #normalPollMs: number;
  #pollEveryMs: number;
  #stream: TradermadeStream | undefined;
  #streamFault = '';
  #pollFault = '';
  #pollingSince: EpochMs | undefined;
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
    this.#normalPollMs = pollIntervalMs(requestsPerMonth);
    this.#pollEveryMs = this.#normalPollMs;
    this.#rest = new TradermadeRest({
      ...{ clock, key, requestsPerMonth, redact, alarms: this.#alarms },
      fetch: options.fetch ?? fetch,
      url: options.restUrl,
      heardClock: (venueAt, receivedAt) => {
        if (streamKey === undefined) this.#desk.heardClock(venueAt, receivedAt);
      },
      unreadable: (reason, where) => this.#desk.unreadable(reason, where),
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
      fetchMinutes: (symbol, from, to, signal) => this.#rest.series(symbol, from, to, signal),
      view: () => {
        const streaming = this.#redial?.since !== undefined;
        return {
          feedSince: streaming ? this.#redial?.since : this.#pollingSince,
          feed: streaming ? 'websocket' : `polling every ${Math.round(this.#pollEveryMs / secondMs)} s`,
          feedFault: this.#redial === undefined ? this.#pollFault : this.#streamFault,
          refused: this.#rest.refused,
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
    return this.#rest.reachable(this.symbols[0] ?? 'EURUSD', timeoutMs);
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
    return this.#rest.history(symbol, wanted, this.#desk.signal);
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
    this.#rest.refused = undefined;
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
    if (this.#redial?.since !== undefined || this.#rest.refused !== undefined) return;
    if (!isForexWeekOpen(now)) {
      this.#pollingSince = undefined;
      this.#desk.unwatched();
      return;
    }
    try {
      const symbols = this.symbols.filter((symbol) => this.#desk.isServed(symbol));
      if (symbols.length === 0) return;
      const attempts = this.#pollEveryMs <= maxPollForCandlesMs ? 1 : 2;
      const body = await this.#rest.live(symbols, attempts, signal);
      if (signal.aborted) return;
      this.#polled(body);
    } catch (error) {
      if (signal.aborted) return;
      this.#pollFailed(error);
    }
    this.#desk.publishStatus();
  }

  #polled(body: unknown): void {
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
      this.#pollFault = '';
      this.#pollingSince ??= this.#clock.now();
      this.#desk.venueClosed();
      return;
    }
    this.#pollFault = message;
    this.#pollingSince = undefined;
    this.#desk.unwatched();
    // Without a websocket a refused key leaves nothing; with one, it only costs history and gaps.
    if (fault === 'unauthorized' && this.#redial === undefined) this.#rest.refused = message;
    else this.#desk.noteRest(message);
  }
}
