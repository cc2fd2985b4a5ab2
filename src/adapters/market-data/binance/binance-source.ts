// Binance public spot market data: candles and best quotes by websocket, history and back-fill by REST, no key.
// It publishes closed candles only, each once and in order, and says at any time how much it can see.
import type { Candle } from '../../../shared/domain/candle.ts';
import { type EpochMs, minuteMs, secondMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { MarketDataSink, MarketDataSource } from '../../../shared/ports/market-data.ts';
import { Alarms } from '../shared/alarms.ts';
import { CandleKeeper } from '../shared/candle-keeper.ts';
import { ClockSkew } from '../shared/clock-skew.ts';
import { QualityGate } from '../shared/quality-gate.ts';
import { StatusReport } from '../shared/status-report.ts';
import { assessHealth } from './assess-health.ts';
import { BinanceLink } from './binance-link.ts';
import { BinanceRest, BinanceRestError, maxKlinesPerRequest } from './binance-rest.ts';
import type { KlineEvent } from './binance-schemas.ts';
import { decodeFrame, undocumentedFrame } from './decode-frame.ts';
import { QuoteConflator } from './quote-conflator.ts';

const defaultRestUrl = 'https://data-api.binance.vision';
const defaultStreamUrl = 'wss://data-stream.binance.vision';
/** Two streams per symbol stay below the venue's 1024 per connection. */
const maxSymbols = 500;
/** Above this many symbols quotes come from the candles under way: book tickers of hundreds are a flood. */
const maxBookTickerSymbols = 50;
const quoteEveryMs = secondMs;
const statusEveryMs = 30 * secondMs;
/** How long after a minute's end a missing candle is fetched instead of awaited. */
const lateCandleMs = 8 * secondMs;
const maxParallelFills = 8;
const listTimeoutMs = 1_500;
const maxHistoryCandles = 5_000;

export interface BinanceSourceOptions {
  readonly symbols: readonly string[];
  /** For this source alone: a clock has one wake-up. */
  readonly clock: Clock;
  readonly name?: string;
  readonly restUrl?: string;
  readonly streamUrl?: string;
  readonly fetch?: typeof fetch;
  /** Uniform in [0, 1), for the jitter of reconnects. */
  readonly random?: () => number;
  readonly weightBudgetPerMinute?: number;
  readonly maxJumpRatio?: number;
}

export class BinanceSource implements MarketDataSource {
  readonly name: string;
  readonly kind = 'live';
  readonly symbols: readonly string[];
  readonly #options: BinanceSourceOptions;
  readonly #clock: Clock;
  readonly #alarms: Alarms;
  readonly #rest: BinanceRest;
  readonly #link: BinanceLink;
  readonly #candles: CandleKeeper;
  readonly #quotes: QuoteConflator;
  #skew = new ClockSkew();
  #run = new AbortController();
  #sink: MarketDataSink | undefined;
  #gate: QualityGate | undefined;
  #lastDataAt: EpochMs | null = null;
  #streamFault = '';
  readonly #status: StatusReport;

  /** Throws RangeError for more symbols than one connection can carry. */
  constructor(options: BinanceSourceOptions) {
    this.name = options.name ?? 'binance';
    this.symbols = [...new Set(options.symbols)].sort();
    if (this.symbols.length > maxSymbols) {
      throw new RangeError(`Binance source: ${this.symbols.length} symbols are more than ${maxSymbols}`);
    }
    this.#options = options;
    this.#clock = options.clock;
    this.#alarms = new Alarms(options.clock);
    this.#quotes = new QuoteConflator(this.symbols);
    this.#rest = new BinanceRest({
      baseUrl: options.restUrl ?? defaultRestUrl,
      clock: options.clock,
      alarms: this.#alarms,
      fetch: options.fetch ?? fetch,
      ...(options.weightBudgetPerMinute === undefined
        ? {}
        : { weightBudgetPerMinute: options.weightBudgetPerMinute }),
    });
    this.#status = new StatusReport(this.name);
    this.#candles = new CandleKeeper({
      source: this.name,
      clock: options.clock,
      alarms: this.#alarms,
      sweepAfterMs: lateCandleMs,
      maxParallelFills,
      fetch: (symbol, since, signal) =>
        this.#rest.klines(symbol, { startTime: since, limit: maxKlinesPerRequest }, signal),
      isUnknownSymbol: (error) => error instanceof BinanceRestError && error.fault === 'unknown-symbol',
      messageOf: (error) => (error instanceof Error ? error.message : String(error)),
      emit: (event) => {
        this.#lastDataAt = event.known_at;
        this.#gate?.candle(event);
      },
      swept: () => this.#publishStatus(),
    });
    const withBooks = this.symbols.length <= maxBookTickerSymbols;
    const streams = this.symbols.flatMap((symbol) => {
      const name = symbol.toLowerCase();
      return withBooks ? [`${name}@kline_1m`, `${name}@bookTicker`] : [`${name}@kline_1m`];
    });
    this.#link = new BinanceLink({
      url: `${options.streamUrl ?? defaultStreamUrl}/stream?streams=${streams.join('/')}`,
      clock: options.clock,
      alarms: this.#alarms,
      random: options.random ?? Math.random,
      connected: () => this.#connected(),
      frame: (text) => this.#frame(text),
      lost: (reason) => this.#lost(reason),
    });
  }

  /** Milliseconds by which our clock is ahead of the venue's; undefined before the first event. */
  get clockSkewMs(): number | undefined {
    return this.#skew.skewMs;
  }

  reachable(timeoutMs: number): Promise<boolean> {
    return this.#rest.ping(timeoutMs);
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

  /** Up to 5,000 closed candles, oldest first. Throws BinanceRestError when the venue does not answer. */
  async history(symbol: string, count: number): Promise<readonly Candle[]> {
    if (!this.symbols.includes(symbol)) return [];
    const wanted = Math.min(Math.max(count, 0), maxHistoryCandles);
    const pages: (readonly Candle[])[] = [];
    let missing = wanted;
    let endTime = Math.floor(this.#clock.now() / minuteMs) * minuteMs - 1;
    while (missing > 0) {
      const limit = Math.min(missing, maxKlinesPerRequest);
      const page = await this.#rest.klines(symbol, { endTime, limit }, this.#run.signal);
      const first = page.candles[0];
      if (first === undefined) break;
      pages.unshift(page.candles);
      missing -= page.candles.length;
      endTime = first.openTime - 1;
      if (!page.full) break;
    }
    return pages.flat().slice(-wanted);
  }

  /** False when the venue says that it has no such symbol; true also when it says nothing. */
  async lists(symbol: string): Promise<boolean> {
    try {
      await this.#rest.klines(
        symbol,
        { endTime: this.#clock.now(), limit: 1 },
        AbortSignal.timeout(listTimeoutMs),
      );
      return true;
    } catch (error) {
      return !(error instanceof BinanceRestError && error.fault === 'unknown-symbol');
    }
  }

  /** Drops the connection, forgets what it held against symbols, dials at once; candles missed are filled in. */
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

  #begin(): void {
    const now = this.#clock.now();
    this.#alarms.set('quotes', now + quoteEveryMs, () => this.#flushQuotes());
    this.#alarms.set('status', now + statusEveryMs, () => this.#reportStatus());
    this.#candles.begin(this.#run.signal);
    this.#candles.setSweep();
    this.#publishStatus();
    if (this.symbols.length > 0) this.#link.dial();
  }

  #end(): void {
    this.#run.abort();
    this.#alarms.cancelAll();
    this.#link.close();
    this.#quotes.clear();
    this.#skew = new ClockSkew();
  }

  // --- connection ---

  #connected(): void {
    this.#publishStatus();
    void this.#candles.fillLagging();
  }

  #lost(reason: string): void {
    this.#streamFault = reason;
    this.#publishStatus();
  }

  #frame(text: string): void {
    const frame = decodeFrame(text);
    const now = this.#clock.now();
    switch (frame.kind) {
      case 'book':
        this.#lastDataAt = now;
        this.#quotes.keepBook(frame.symbol, text, now);
        break;
      case 'kline':
        this.#kline(frame.event, now);
        break;
      case 'shutdown':
        this.#link.dial();
        break;
      case 'unreadable':
        this.#gate?.unreadable(frame.reason, excerpt(text), now);
        break;
      case 'reply':
        break;
    }
  }

  // --- candles ---

  #kline(event: KlineEvent, now: EpochMs): void {
    if (this.#candles.lastOf(event.s) === undefined) {
      this.#gate?.unreadable('a candle of a symbol not asked for', excerpt(event.s), now);
      return;
    }
    this.#skew.note(event.E, now);
    this.#lastDataAt = now;
    const { t, o, h, l, c, v, x } = event.k;
    if (this.symbols.length > maxBookTickerSymbols) this.#quotes.keepPrice(event.s, c, now);
    if (!x) return;
    const candle: Candle = {
      symbol: event.s,
      timeframe: '1m',
      openTime: t,
      open: o,
      high: h,
      low: l,
      close: c,
      volume: v,
    };
    if (this.#candles.isSound(candle, now)) this.#candles.take(event.s, [candle], now);
  }

  // --- quotes ---

  #flushQuotes(): void {
    const now = this.#clock.now();
    this.#alarms.set('quotes', now + quoteEveryMs, () => this.#flushQuotes());
    const { quotes, unreadable } = this.#quotes.take();
    for (const text of unreadable) this.#gate?.unreadable(undocumentedFrame, excerpt(text), now);
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
    const verdict = assessHealth({
      now,
      connectedSince: this.#link.since,
      lastDataAt: this.#lastDataAt,
      streamFault: this.#streamFault,
      restFault: this.#candles.restFault,
      restOkAt: this.#candles.restOkAt,
      restBlockedUntil: this.#rest.blockedUntil,
      clockSkewMs: this.#skew.skewMs,
      unknownSymbols: this.#candles.unknown,
      symbols: this.symbols.length,
    });
    const { latencyMs } = this.#rest;
    this.#status.publish(this.#sink, now, verdict, { latencyMs, lastDataAt: this.#lastDataAt });
  }
}

const maxExcerpt = 120;

function excerpt(text: string): string {
  return text.slice(0, maxExcerpt);
}
