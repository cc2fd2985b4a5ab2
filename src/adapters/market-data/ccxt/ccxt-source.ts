// Public market data of any exchange that ccxt knows: closed one-minute candles and best quotes, by websocket where
// ccxt has it and by polling otherwise, history and back-fill by REST. No keys, no orders.
// ccxt's streams do not mark the end of a candle, so REST has the last word on closed candles wherever its pace
// allows one request per symbol and minute; else a candle counts as closed once the stream has begun the next one.
import type { Candle } from '../../../shared/domain/candle.ts';
import { type EpochMs, hourMs, minuteMs, secondMs, toIso } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { MarketDataSink, MarketDataSource } from '../../../shared/ports/market-data.ts';
import { Alarms } from '../shared/alarms.ts';
import { CandleOutlet } from '../shared/candle-outlet.ts';
import { CandleTrack, trackDefect } from '../shared/candle-track.ts';
import { ClockSkew } from '../shared/clock-skew.ts';
import { QualityGate } from '../shared/quality-gate.ts';
import { CcxtError, messageOf } from './ccxt-errors.ts';
import { type CcxtExchange, checkExchange, openExchange } from './ccxt-exchange.ts';
import { CcxtFeed } from './ccxt-feed.ts';
import { assessCcxtHealth } from './ccxt-health.ts';
import { closedOnly, readCandles, readTicker, tickersOf } from './ccxt-reader.ts';
import { CcxtRest } from './ccxt-rest.ts';
import { CcxtSymbols } from './ccxt-symbols.ts';
import { keepWatching } from './ccxt-watch.ts';

const maxSymbols = 500;
const quoteEveryMs = secondMs;
const statusEveryMs = 30 * secondMs;
/** How long after a minute's end its candles are asked for. */
const sweepAfterMs = 3 * secondMs;
const pollQuotesEveryMs = 5 * secondMs;
const measureClockEveryMs = hourMs;
/** Asking for all symbols once must not take longer than this part of a minute. */
const restShareMs = 20 * secondMs;
const candlesPerRequest = 500;
const maxParallelFills = 4;
const maxFillPages = 3;
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

/** Everything that belongs to one opened exchange; a restart replaces it. */
interface Session {
  readonly exchange: CcxtExchange;
  readonly rest: CcxtRest;
  readonly symbols: CcxtSymbols;
}

export class CcxtSource implements MarketDataSource {
  readonly name: string;
  readonly kind = 'live';
  readonly #options: CcxtSourceOptions;
  readonly #asked: readonly string[];
  readonly #clock: Clock;
  readonly #alarms: Alarms;
  readonly #outlet: CandleOutlet;
  readonly #tracks = new Map<string, CandleTrack>();
  readonly #feed = new CcxtFeed();
  #skew = new ClockSkew();
  #run = new AbortController();
  #opening: Promise<Session> | undefined;
  #session: Session | undefined;
  #sink: MarketDataSink | undefined;
  #gate: QualityGate | undefined;
  #streaming = false;
  #startedAt: EpochMs = 0;
  #lastDataAt: EpochMs | null = null;
  #lastStreamAt: EpochMs | undefined;
  #streamFault = '';
  #restFault = '';
  #loadFailures = 0;
  #tickerTurn = 0;
  #statusAt: EpochMs = 0;
  #statusKey = '';

  /** Throws RangeError for more symbols than can be followed. */
  constructor(options: CcxtSourceOptions) {
    this.name = options.name ?? options.exchange;
    this.#asked = [...new Set(options.symbols)].sort();
    if (this.#asked.length > maxSymbols)
      throw new RangeError(`CCXT source: ${this.#asked.length} symbols are more than ${maxSymbols}`);
    this.#options = options;
    this.#clock = options.clock;
    this.#alarms = new Alarms(options.clock);
    this.#outlet = new CandleOutlet(this.name, options.clock, this.#alarms, (event) => {
      if (this.#gate?.candle(event) === true) this.#lastDataAt = event.known_at;
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
    const lastClosed = Math.floor(this.#clock.now() / minuteMs) * minuteMs - minuteMs;
    this.#tracks.clear();
    for (const symbol of this.symbols) {
      this.#tracks.set(symbol, new CandleTrack(symbol, lastClosed));
      this.#gate.expectAfter(symbol, lastClosed);
    }
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
      const { candles, rows } = await this.#candles(session, symbol, since, this.#run.signal);
      const fresh = candles.filter((candle) => candle.openTime >= since);
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
    this.#restFault = '';
    for (const track of this.#tracks.values()) {
      track.unknown = undefined;
      track.filling = false;
    }
    this.#begin();
  }

  async stop(): Promise<void> {
    this.#sink = undefined;
    this.#gate = undefined;
    this.#outlet.clear();
    this.#end();
  }

  // --- opening ---

  /** Opens the exchange and reads its list of markets, once; a failure may be tried again. */
  #open(): Promise<Session> {
    if (this.#session !== undefined) return Promise.resolve(this.#session);
    if (this.#opening !== undefined) return this.#opening;
    const { signal } = this.#run;
    const opening: Promise<Session> = this.#openSession(signal).finally(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    this.#opening = opening;
    return opening;
  }

  async #openSession(signal: AbortSignal): Promise<Session> {
    const exchange = await openExchange(this.#options.exchange);
    exchange.milliseconds = () => this.#clock.now();
    await this.#options.prepare?.(exchange);
    const rest = new CcxtRest(exchange, this.#clock, this.#alarms);
    try {
      if (exchange.has.fetchOHLCV !== true || !Object.hasOwn(exchange.timeframes ?? {}, '1m'))
        throw new CcxtError('unsupported', `${exchange.id} offers no one-minute candles`);
      await rest.call((venue) => venue.loadMarkets(), signal);
      const symbols = new CcxtSymbols(this.#asked, exchange.markets ?? {});
      const session = { exchange, rest, symbols };
      this.#session = session;
      return session;
    } catch (error) {
      await closeQuietly(exchange);
      throw error;
    }
  }

  #begin(): void {
    const now = this.#clock.now();
    this.#startedAt = now;
    this.#alarms.set('quotes', now + quoteEveryMs, () => this.#flushQuotes());
    this.#alarms.set('status', now + statusEveryMs, () => this.#reportStatus());
    this.#outlet.arm();
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
      this.#restFault = '';
      this.#follow(session, signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#restFault = messageOf(error);
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
  #follow(session: Session, signal: AbortSignal): void {
    const listed = new Set(session.symbols.listed);
    for (const symbol of [...this.#tracks.keys()]) if (!listed.has(symbol)) this.#tracks.delete(symbol);
    this.#publishStatus();
    if (listed.size === 0) return;
    this.#setSweep(this.#clock.now());
    void this.#fillLagging();
    void this.#measureClock(session, signal);
    const { has } = session.exchange;
    this.#streaming = this.#options.websocket !== false && has.watchOHLCV === true;
    if (this.#streaming) this.#watch(session, signal);
    if (!this.#streaming || !hasQuoteStream(session.exchange)) this.#pollQuotes(session, signal);
  }

  async #measureClock(session: Session, signal: AbortSignal): Promise<void> {
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

  #watch(session: Session, signal: AbortSignal): void {
    const { exchange, symbols } = session;
    const keep = (next: () => Promise<unknown>, update: (news: unknown) => void) => {
      void keepWatching({
        clock: this.#clock,
        alarms: this.#alarms,
        random: this.#options.random ?? Math.random,
        signal,
        next,
        update: (news) => {
          this.#lastStreamAt = this.#clock.now();
          this.#streamFault = '';
          update(news);
          this.#publishStatus();
        },
        lost: (reason) => {
          this.#streamFault = reason;
          this.#publishStatus();
        },
      });
    };
    for (const [symbol, market] of symbols.listed.map((one) => [one, symbols.marketOf(one)] as const)) {
      if (market === undefined) continue;
      keep(
        () => exchange.watchOHLCV(market, '1m'),
        (rows) => this.#streamRows(session, symbol, rows),
      );
    }
    const { markets } = symbols;
    if (exchange.has.watchBidsAsks === true) {
      keep(
        () => exchange.watchBidsAsks(markets),
        (news) => this.#tickers(session, news),
      );
    } else if (exchange.has.watchTickers === true) {
      keep(
        () => exchange.watchTickers(markets),
        (news) => this.#tickers(session, news),
      );
    } else if (exchange.has.watchTicker === true) {
      for (const market of markets) {
        keep(
          () => exchange.watchTicker(market),
          (news) => this.#tickers(session, news),
        );
      }
    }
  }

  #streamRows(session: Session, symbol: string, answer: unknown): void {
    const now = this.#clock.now();
    const { candles, unreadable } = readCandles(symbol, answer);
    if (unreadable > 0) this.#gate?.unreadable('a row is not a candle', `${symbol} stream`, now);
    const track = this.#tracks.get(symbol);
    if (track === undefined) return;
    for (const candle of candles) {
      if (!this.#sound(candle, now)) continue;
      this.#lastDataAt = now;
      const ended = this.#feed.take(candle);
      if (ended === undefined || ended.openTime <= track.last || this.#restKeepsUp(session)) continue;
      for (const closed of this.#feed.takeClosed(symbol)) this.#outlet.publish(track.take(closed, now));
      if (track.hasGap) void this.#fill(session, track);
    }
  }

  /** Whether one request per symbol fits into the share of a minute that is given to it. */
  #restKeepsUp({ exchange, symbols }: Session): boolean {
    return exchange.rateLimit * symbols.listed.length <= restShareMs;
  }

  // --- candles by REST ---

  #setSweep(now: EpochMs): void {
    const next = Math.floor((now - sweepAfterMs) / minuteMs + 1) * minuteMs + sweepAfterMs;
    this.#alarms.set('sweep', next, () => {
      this.#setSweep(this.#clock.now());
      void this.#fillLagging();
    });
  }

  async #fillLagging(): Promise<void> {
    const session = this.#session;
    const { signal } = this.#run;
    if (session === undefined) return;
    const now = this.#clock.now();
    const lagging = [...this.#tracks.values()].filter((track) => track.lagsAt(now) || track.hasGap);
    for (let begin = 0; begin < lagging.length && !signal.aborted; begin += maxParallelFills) {
      const part = lagging.slice(begin, begin + maxParallelFills);
      await Promise.all(part.map((track) => this.#fill(session, track)));
    }
    if (!signal.aborted) this.#publishStatus();
  }

  async #fill(session: Session, track: CandleTrack): Promise<void> {
    if (track.filling || track.unknown !== undefined) return;
    const { signal } = this.#run;
    track.filling = true;
    let succeeded = false;
    try {
      for (let page = 0; page < maxFillPages; page += 1) {
        const since = track.last + minuteMs;
        const { candles, rows } = await this.#candles(session, track.symbol, since, signal);
        if (signal.aborted) return;
        this.#outlet.publish(track.fill(candles));
        if (rows < candlesPerRequest) break;
      }
      succeeded = true;
      this.#restFault = '';
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof CcxtError && error.fault === 'unknown-symbol') track.unknown = error.message;
      else this.#restFault = messageOf(error);
    }
    this.#settle(track, succeeded);
  }

  /** After REST has spoken: what only the stream has, then what waited behind a gap. */
  #settle(track: CandleTrack, succeeded: boolean): void {
    const now = this.#clock.now();
    const streamed = this.#feed.takeClosed(track.symbol).filter((candle) => candle.openTime > track.last);
    const { released, missing } = track.settle(succeeded, now);
    this.#outlet.publish(released);
    if (missing > 0) {
      this.#sink?.quarantined({
        source: this.name,
        reason: 'candles missing: back-fill failed',
        where: `${track.symbol} before ${toIso(released[0]?.openTime ?? 0)}`,
        count: missing,
      });
    }
    if (!succeeded) for (const candle of streamed) this.#outlet.publish(track.take(candle, now));
  }

  async #candles(
    session: Session,
    symbol: string,
    since: EpochMs,
    signal: AbortSignal,
  ): Promise<{ readonly candles: readonly Candle[]; readonly rows: number }> {
    const market = session.symbols.marketOf(symbol);
    if (market === undefined) return { candles: [], rows: 0 };
    const ask = (venue: CcxtExchange) => venue.fetchOHLCV(market, '1m', since, candlesPerRequest);
    const { candles, unreadable, rows } = readCandles(symbol, await session.rest.call(ask, signal));
    const now = this.#clock.now();
    if (unreadable > 0) this.#gate?.unreadable('a row is not a candle', `${symbol} answer`, now);
    // The row under way carries no mark: believe the more cautious of both clocks.
    const closed = closedOnly(candles, Math.min(now, session.rest.venueNow));
    return { candles: closed.filter((candle) => this.#sound(candle, now)), rows };
  }

  #sound(candle: Candle, now: EpochMs): boolean {
    const defect = trackDefect(candle, now);
    if (defect === undefined) return true;
    this.#gate?.unreadable(defect, `${candle.symbol} candle of ${candle.openTime}`, now);
    return false;
  }

  // --- quotes ---

  #pollQuotes(session: Session, signal: AbortSignal): void {
    const { exchange, rest, symbols } = session;
    const again = () => {
      if (!signal.aborted)
        this.#alarms.set('poll', this.#clock.now() + pollQuotesEveryMs, () =>
          this.#pollQuotes(session, signal),
        );
    };
    const { markets } = symbols;
    const ask = (venue: CcxtExchange): Promise<unknown> => {
      if (exchange.has.fetchBidsAsks === true) return venue.fetchBidsAsks(markets);
      if (exchange.has.fetchTickers === true) return venue.fetchTickers(markets);
      // One symbol at a time where the venue has no list: each in its turn.
      this.#tickerTurn = (this.#tickerTurn + 1) % markets.length;
      return venue.fetchTicker(markets[this.#tickerTurn] ?? '');
    };
    rest
      .call(ask, signal)
      .then((answer) => this.#tickers(session, answer))
      .catch((error: unknown) => {
        if (!signal.aborted) this.#restFault = messageOf(error);
      })
      .finally(again);
  }

  #tickers(session: Session, answer: unknown): void {
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
    this.#statusKey = '';
    this.#publishStatus();
    this.#alarms.set('status', this.#clock.now() + statusEveryMs, () => this.#reportStatus());
  }

  /** Publishes when something changed since the last report. */
  #publishStatus(): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    const now = this.#clock.now();
    const session = this.#session;
    const refused = [...this.#tracks.values()].filter((track) => track.unknown !== undefined);
    const { state, health, detail } = assessCcxtHealth({
      now,
      loaded: session !== undefined,
      streaming: this.#streaming,
      lastStreamAt: this.#lastStreamAt,
      streamFault: this.#streamFault,
      lastDataAt: this.#lastDataAt,
      startedAt: this.#startedAt,
      restFault: this.#restFault,
      blockedUntil: session?.rest.blockedUntil ?? 0,
      clockSkewMs: this.#skew.skewMs,
      unlisted: [...(session?.symbols.unlisted ?? []), ...refused.map((track) => track.symbol)],
      symbols: session?.symbols.listed.length ?? 0,
    });
    const key = `${state} ${detail}`;
    if (key === this.#statusKey) return;
    this.#statusKey = key;
    this.#statusAt = Math.max(this.#statusAt, now);
    sink.status({
      source: this.name,
      state,
      health,
      detail,
      latencyMs: session?.rest.latencyMs ?? null,
      lastDataAt: this.#lastDataAt,
      at: this.#statusAt,
    });
  }
}

function hasQuoteStream({ has }: CcxtExchange): boolean {
  return has.watchBidsAsks === true || has.watchTickers === true || has.watchTicker === true;
}

async function closeQuietly(exchange: CcxtExchange): Promise<void> {
  try {
    await exchange.close();
  } catch {
    // It rejects what was still awaited; nobody waits any more.
  }
}
