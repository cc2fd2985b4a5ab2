// Public market data of any exchange that ccxt knows: closed one-minute candles and best quotes, by websocket where
// ccxt has it and by polling otherwise, history and back-fill by REST. No keys, no orders.
// ccxt's streams do not mark the end of a candle, so REST has the last word on closed candles wherever its pace
// allows one request per symbol and minute; else a candle counts as closed once the stream has begun the next one.
import type { Candle } from '../../../shared/domain/candle.ts';
import { type EpochMs, hourMs, minuteMs, secondMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { MarketDataSink, MarketDataSource } from '../../../shared/ports/market-data.ts';
import { Alarms } from '../shared/alarms.ts';
import { CandleKeeper } from '../shared/candle-keeper.ts';
import { ClockSkew } from '../shared/clock-skew.ts';
import { QualityGate } from '../shared/quality-gate.ts';
import { StatusReport } from '../shared/status-report.ts';
import { CcxtError, messageOf } from './ccxt-errors.ts';
import { type CcxtExchange, checkExchange } from './ccxt-exchange.ts';
import { CcxtFeed } from './ccxt-feed.ts';
import { assessCcxtHealth } from './ccxt-health.ts';
import { askCandles, askQuotes, type CcxtPage, candlesPerRequest } from './ccxt-questions.ts';
import { readCandles, readTicker, tickersOf } from './ccxt-reader.ts';
import { type CcxtSession, closeQuietly, openSession } from './ccxt-session.ts';
import { hasCandleStream, hasQuoteStream, keepStreams } from './ccxt-streams.ts';

const maxSymbols = 500;
const quoteEveryMs = secondMs;
const statusEveryMs = 30 * secondMs;
/** How long after a minute's end its candles are asked for. */
const sweepAfterMs = 3 * secondMs;
const pollQuotesEveryMs = 5 * secondMs;
const measureClockEveryMs = hourMs;
/** Asking for all symbols once must not take longer than this part of a minute. */
const restShareMs = 20 * secondMs;
const maxParallelFills = 4;
const maxHistoryCandles = 5_000;
const maxHistoryPages = 20;

export interface CcxtSourceOptions {
  /** Exchange id of ccxt, such as `kraken`. */
  readonly exchange: string;
  readonly symbols: readonly string[];
  /** For this source alone: a clock has one wake-up. */
  readonly clock: Clock;
  readonly name?: string;
  /** False polls even where there is a websocket. */
  readonly websocket?: boolean;
  /** Uniform in [0, 1), for the jitter of retries. */
  readonly random?: () => number;
  readonly maxJumpRatio?: number;
  /** Changes a freshly opened exchange: other addresses, known markets. */
  readonly prepare?: (exchange: CcxtExchange) => void | Promise<void>;
}

export class CcxtSource implements MarketDataSource {
  readonly name: string;
  readonly kind = 'live';
  readonly #options: CcxtSourceOptions;
  readonly #asked: readonly string[];
  readonly #clock: Clock;
  readonly #alarms: Alarms;
  readonly #candles: CandleKeeper;
  readonly #feed = new CcxtFeed();
  #skew = new ClockSkew();
  #run = new AbortController();
  #opening: Promise<CcxtSession> | undefined;
  #session: CcxtSession | undefined;
  #sink: MarketDataSink | undefined;
  #gate: QualityGate | undefined;
  #streaming = false;
  #startedAt: EpochMs = 0;
  #lastDataAt: EpochMs | null = null;
  #lastStreamAt: EpochMs | undefined;
  #streamFault = '';
  #loadFailures = 0;
  #tickerTurn = 0;
  readonly #status: StatusReport;

  /** Throws RangeError for more symbols than can be followed. */
  constructor(options: CcxtSourceOptions) {
    this.name = options.name ?? options.exchange;
    this.#asked = [...new Set(options.symbols)].sort();
    if (this.#asked.length > maxSymbols)
      throw new RangeError(`CCXT source: ${this.#asked.length} symbols are more than ${maxSymbols}`);
    this.#options = options;
    this.#clock = options.clock;
    this.#alarms = new Alarms(options.clock);
    this.#status = new StatusReport(this.name);
    this.#candles = new CandleKeeper({
      ...{ source: this.name, clock: options.clock, alarms: this.#alarms },
      ...{ sweepAfterMs, maxParallelFills, messageOf },
      fetch: async (symbol, since, signal) => {
        const { candles, rows } = await this.#ask(await this.#open(), symbol, since, signal);
        return { candles, full: rows >= candlesPerRequest };
      },
      isUnknownSymbol: (error) => error instanceof CcxtError && error.fault === 'unknown-symbol',
      streamed: (symbol) => this.#feed.takeClosed(symbol),
      emit: (event) => {
        if (this.#gate?.candle(event) === true) this.#lastDataAt = event.known_at;
      },
      swept: () => this.#publishStatus(),
    });
  }

  /** Those asked for; once the venue's list is known, only what it lists. */
  get symbols(): readonly string[] {
    return this.#session?.symbols.listed ?? this.#asked;
  }

  /** Milliseconds by which our clock is ahead of the venue's; undefined before the first measurement. */
  get clockSkewMs(): number | undefined {
    return this.#skew.skewMs;
  }

  /** True when the venue's list of markets came in time. Throws CcxtError for an exchange ccxt does not know. */
  async reachable(timeoutMs: number): Promise<boolean> {
    // Loading the library is our time, not the venue's.
    await checkExchange(this.#options.exchange);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), timeoutMs);
    });
    const answered = this.#open().then(
      () => true as const,
      (error: unknown) => {
        if (error instanceof CcxtError && error.fault === 'unknown-exchange') throw error;
        return false as const;
      },
    );
    try {
      return await Promise.race([answered, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async start(sink: MarketDataSink): Promise<void> {
    if (this.#sink !== undefined) await this.stop();
    this.#run = new AbortController();
    this.#sink = sink;
    const { maxJumpRatio } = this.#options;
    this.#gate = new QualityGate(sink, {
      source: this.name,
      ...(maxJumpRatio === undefined ? {} : { maxJumpRatio }),
    });
    this.#candles.start(this.symbols, sink, this.#gate);
    this.#begin();
  }

  /** Up to 5,000 closed candles, oldest first. Throws CcxtError when the venue does not answer. */
  async history(symbol: string, count: number): Promise<readonly Candle[]> {
    const wanted = Math.min(Math.max(count, 0), maxHistoryCandles);
    if (wanted === 0 || !this.symbols.includes(symbol)) return [];
    const session = await this.#open();
    const end = Math.floor(this.#clock.now() / minuteMs) * minuteMs;
    const found: Candle[] = [];
    let since = end - wanted * minuteMs;
    for (let page = 0; page < maxHistoryPages && since < end; page += 1) {
      const { candles, rows } = await this.#ask(session, symbol, since, this.#run.signal);
      const now = this.#clock.now();
      const fresh = candles.filter(
        (candle) => this.#candles.isSound(candle, now) && candle.openTime >= since,
      );
      found.push(...fresh);
      const last = fresh.at(-1);
      if (last === undefined || rows < 2) break;
      since = last.openTime + minuteMs;
    }
    return found.slice(-wanted);
  }

  /** Drops connections, forgets what it held against symbols, begins again; candles missed are filled in. */
  async restart(reason: string): Promise<void> {
    if (this.#sink === undefined) return;
    this.#end();
    this.#run = new AbortController();
    this.#streamFault = `restarted: ${reason}`;
    this.#candles.forgive();
    this.#begin();
  }

  async stop(): Promise<void> {
    this.#sink = undefined;
    this.#gate = undefined;
    this.#candles.stop();
    this.#end();
  }

  // --- opening ---

  /** Opens the exchange and reads its list of markets, once; a failure may be tried again. */
  #open(): Promise<CcxtSession> {
    if (this.#session !== undefined) return Promise.resolve(this.#session);
    if (this.#opening !== undefined) return this.#opening;
    const { signal } = this.#run;
    const { exchange, prepare } = this.#options;
    const options = { exchange, asked: this.#asked, clock: this.#clock, alarms: this.#alarms, prepare };
    const opening: Promise<CcxtSession> = openSession(options, signal)
      .then((session) => {
        this.#session = session;
        return session;
      })
      .finally(() => {
        if (this.#opening === opening) this.#opening = undefined;
      });
    this.#opening = opening;
    return opening;
  }

  #begin(): void {
    const now = this.#clock.now();
    this.#startedAt = now;
    this.#alarms.set('quotes', now + quoteEveryMs, () => this.#flushQuotes());
    this.#alarms.set('status', now + statusEveryMs, () => this.#reportStatus());
    this.#candles.begin(this.#run.signal);
    this.#publishStatus();
    void this.#load();
  }

  #end(): void {
    this.#run.abort();
    this.#alarms.cancelAll();
    this.#feed.clear();
    this.#skew = new ClockSkew();
    this.#streaming = false;
    this.#lastStreamAt = undefined;
    const session = this.#session;
    this.#session = undefined;
    this.#opening = undefined;
    if (session !== undefined) void closeQuietly(session.exchange);
  }

  async #load(): Promise<void> {
    const { signal } = this.#run;
    try {
      const session = await this.#open();
      if (signal.aborted) return;
      this.#loadFailures = 0;
      this.#candles.noteRest('');
      this.#follow(session, signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#candles.noteRest(messageOf(error));
      this.#publishStatus();
      const retryAt = error instanceof CcxtError ? (error.retryAt ?? 0) : 0;
      const limitMs = Math.min(5 * minuteMs, 5 * secondMs * 2 ** Math.min(this.#loadFailures, 10));
      this.#loadFailures += 1;
      const random = this.#options.random ?? Math.random;
      const at = Math.max(retryAt, this.#clock.now() + Math.ceil(limitMs * (0.5 + 0.5 * random())));
      this.#alarms.set('load', at, () => void this.#load());
    }
  }

  /** Begins everything that goes on: sweeps, streams or polls, and the measuring of the venue's clock. */
  #follow(session: CcxtSession, signal: AbortSignal): void {
    const listed = new Set(session.symbols.listed);
    this.#candles.keepOnly(listed);
    this.#publishStatus();
    if (listed.size === 0) return;
    this.#candles.setSweep();
    void this.#candles.fillLagging();
    void this.#measureClock(session, signal);
    this.#streaming = this.#options.websocket !== false && hasCandleStream(session.exchange);
    if (this.#streaming) this.#watch(session, signal);
    if (!this.#streaming || !hasQuoteStream(session.exchange)) this.#pollQuotes(session, signal);
  }

  async #measureClock(session: CcxtSession, signal: AbortSignal): Promise<void> {
    this.#alarms.set('clock', this.#clock.now() + measureClockEveryMs, () => {
      void this.#measureClock(session, signal);
    });
    if (session.exchange.has.fetchTime !== true) return;
    try {
      const venueAt = await session.rest.call((venue) => venue.fetchTime(), signal);
      if (typeof venueAt === 'number' && venueAt > 0) this.#skew.note(venueAt, this.#clock.now());
    } catch {
      // Tickers carry the venue's time too; nothing depends on this one answer.
    }
  }

  // --- streams ---

  #watch(session: CcxtSession, signal: AbortSignal): void {
    const heard = (read: () => void) => {
      this.#lastStreamAt = this.#clock.now();
      this.#streamFault = '';
      read();
      this.#publishStatus();
    };
    keepStreams(session, {
      ...{ clock: this.#clock, alarms: this.#alarms, signal },
      random: this.#options.random ?? Math.random,
      candles: (symbol, rows) => heard(() => this.#streamRows(session, symbol, rows)),
      tickers: (news) => heard(() => this.#tickers(session, news)),
      lost: (reason) => {
        this.#streamFault = reason;
        this.#publishStatus();
      },
    });
  }

  #streamRows(session: CcxtSession, symbol: string, answer: unknown): void {
    const now = this.#clock.now();
    const { candles, unreadable } = readCandles(symbol, answer);
    if (unreadable > 0) this.#gate?.unreadable('a row is not a candle', `${symbol} stream`, now);
    for (const candle of candles) {
      const last = this.#candles.lastOf(symbol);
      if (last === undefined) return;
      if (!this.#candles.isSound(candle, now)) continue;
      this.#lastDataAt = now;
      const ended = this.#feed.take(candle);
      if (ended === undefined || ended.openTime <= last || this.#restKeepsUp(session)) continue;
      this.#candles.take(symbol, this.#feed.takeClosed(symbol), now);
    }
  }

  /** Whether one request per symbol fits into the share of a minute that is given to it. */
  #restKeepsUp({ exchange, symbols }: CcxtSession): boolean {
    return exchange.rateLimit * symbols.listed.length <= restShareMs;
  }

  // --- candles by REST ---

  async #ask(session: CcxtSession, symbol: string, since: EpochMs, signal: AbortSignal): Promise<CcxtPage> {
    const page = await askCandles(session, symbol, since, () => this.#clock.now(), signal);
    if (page.unreadable > 0)
      this.#gate?.unreadable('a row is not a candle', `${symbol} answer`, this.#clock.now());
    return page;
  }

  // --- quotes ---

  #pollQuotes(session: CcxtSession, signal: AbortSignal): void {
    const again = () => {
      if (!signal.aborted)
        this.#alarms.set('poll', this.#clock.now() + pollQuotesEveryMs, () =>
          this.#pollQuotes(session, signal),
        );
    };
    this.#tickerTurn += 1;
    askQuotes(session, this.#tickerTurn, signal)
      .then((answer) => this.#tickers(session, answer))
      .catch((error: unknown) => {
        if (!signal.aborted) this.#candles.noteRest(messageOf(error));
      })
      .finally(again);
  }

  #tickers(session: CcxtSession, answer: unknown): void {
    const now = this.#clock.now();
    for (const item of tickersOf(answer)) {
      const read = readTicker(item, session.symbols.symbolOf, now);
      if (read === undefined) this.#gate?.unreadable('a ticker has no price', 'ticker', now);
      else if (read !== 'foreign') {
        this.#lastDataAt = now;
        if (read.eventAt !== undefined) this.#skew.note(read.eventAt, now);
        this.#feed.keepQuote(read.quote);
      }
    }
  }

  #flushQuotes(): void {
    const now = this.#clock.now();
    this.#alarms.set('quotes', now + quoteEveryMs, () => this.#flushQuotes());
    const quotes = this.#feed.takeQuotes();
    if (quotes.length > 0) this.#gate?.quotes({ source: this.name, quotes, known_at: now });
  }

  // --- status ---

  #reportStatus(): void {
    this.#status.repeat();
    this.#publishStatus();
    this.#alarms.set('status', this.#clock.now() + statusEveryMs, () => this.#reportStatus());
  }

  /** Publishes when something changed since the last report. */
  #publishStatus(): void {
    const now = this.#clock.now();
    const session = this.#session;
    const verdict = assessCcxtHealth({
      now,
      loaded: session !== undefined,
      streaming: this.#streaming,
      lastStreamAt: this.#lastStreamAt,
      streamFault: this.#streamFault,
      lastDataAt: this.#lastDataAt,
      startedAt: this.#startedAt,
      restFault: this.#candles.restFault,
      blockedUntil: session?.rest.blockedUntil ?? 0,
      clockSkewMs: this.#skew.skewMs,
      unlisted: [...(session?.symbols.unlisted ?? []), ...this.#candles.unknown],
      symbols: session?.symbols.listed.length ?? 0,
    });
    const facts = { latencyMs: session?.rest.latencyMs ?? null, lastDataAt: this.#lastDataAt };
    this.#status.publish(this.#sink, now, verdict, facts);
  }
}
