// Binance public spot market data: candles and best quotes by websocket, history and back-fill by REST, no key.
// It publishes closed candles only, each once and in order, and says at any time how much it can see.
import type { Candle } from '../../../shared/domain/candle.ts';
import { type EpochMs, minuteMs, secondMs, toIso } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { MarketDataSink, MarketDataSource } from '../../../shared/ports/market-data.ts';
import { Alarms } from '../shared/alarms.ts';
import { CandleTrack, trackDefect } from '../shared/candle-track.ts';
import { ClockSkew } from '../shared/clock-skew.ts';
import { QualityGate } from '../shared/quality-gate.ts';
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
const maxFillPages = 3;
const listTimeoutMs = 1_500;
const maxHistoryCandles = 5_000;
const maxHeldCandles = 10_000;

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
  readonly #tracks = new Map<string, CandleTrack>();
  readonly #quotes: QuoteConflator;
  #skew = new ClockSkew();
  #run = new AbortController();
  #sink: MarketDataSink | undefined;
  #gate: QualityGate | undefined;
  #lastDataAt: EpochMs | null = null;
  #streamFault = '';
  #restFault = '';
  #restOkAt: EpochMs | undefined;
  #held: Candle[] = [];
  #statusAt: EpochMs = 0;
  #statusKey = '';

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
    const lastClosed = Math.floor(this.#clock.now() / minuteMs) * minuteMs - minuteMs;
    this.#tracks.clear();
    for (const symbol of this.symbols) {
      this.#tracks.set(symbol, new CandleTrack(symbol, lastClosed));
      this.#gate.expectAfter(symbol, lastClosed);
    }
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
    this.#held = [];
    this.#end();
  }

  #begin(): void {
    const now = this.#clock.now();
    this.#alarms.set('quotes', now + quoteEveryMs, () => this.#flushQuotes());
    this.#alarms.set('status', now + statusEveryMs, () => this.#reportStatus());
    this.#setSweep(now);
    this.#armHeld();
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
    void this.#fillLagging();
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
    const track = this.#tracks.get(event.s);
    if (track === undefined) {
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
    if (!this.#sound(candle, now)) return;
    this.#publish(track.take(candle, now));
    if (track.hasGap) void this.#fill(track);
  }

  #sound(candle: Candle, now: EpochMs): boolean {
    const defect = trackDefect(candle, now);
    if (defect === undefined) return true;
    this.#gate?.unreadable(defect, `${candle.symbol} candle of ${candle.openTime}`, now);
    return false;
  }

  #publish(candles: readonly Candle[]): void {
    for (const candle of candles) {
      const knownAt = this.#clock.now();
      const closedAt = candle.openTime + minuteMs;
      if (closedAt > knownAt || this.#held.length > 0) {
        // Our clock is behind the venue's: a candle must not be known before it has closed on our own clock.
        if (this.#held.length < maxHeldCandles) this.#held.push(candle);
        continue;
      }
      this.#lastDataAt = knownAt;
      this.#gate?.candle({
        source: this.name,
        kind: 'live',
        candle,
        happened_at: closedAt,
        known_at: knownAt,
      });
    }
    this.#armHeld();
  }

  #armHeld(): void {
    const first = this.#held[0];
    if (first === undefined) return;
    this.#alarms.set('held', first.openTime + minuteMs, () => {
      const held = this.#held;
      this.#held = [];
      held.sort((a, b) => a.openTime - b.openTime);
      this.#publish(held);
    });
  }

  #setSweep(now: EpochMs): void {
    const next = Math.floor((now - lateCandleMs) / minuteMs + 1) * minuteMs + lateCandleMs;
    this.#alarms.set('sweep', next, () => {
      this.#setSweep(this.#clock.now());
      void this.#fillLagging();
    });
  }

  /** Fetches what the socket did not bring: after an outage, and in place of it while it is down. */
  async #fillLagging(): Promise<void> {
    const run = this.#run;
    const lagging = [...this.#tracks.values()].filter(
      (track) => track.lagsAt(this.#clock.now()) || track.hasGap,
    );
    for (let begin = 0; begin < lagging.length && !run.signal.aborted; begin += maxParallelFills) {
      await Promise.all(lagging.slice(begin, begin + maxParallelFills).map((track) => this.#fill(track)));
    }
    if (!run.signal.aborted) this.#publishStatus();
  }

  async #fill(track: CandleTrack): Promise<void> {
    if (track.filling || track.unknown !== undefined) return;
    const { signal } = this.#run;
    track.filling = true;
    let succeeded = false;
    try {
      for (let page = 0; page < maxFillPages; page += 1) {
        const range = { startTime: track.last + minuteMs, limit: maxKlinesPerRequest };
        const { candles, full } = await this.#rest.klines(track.symbol, range, signal);
        if (signal.aborted) return;
        const now = this.#clock.now();
        this.#publish(track.fill(candles.filter((candle) => this.#sound(candle, now))));
        if (!full) break;
      }
      succeeded = true;
      this.#restOkAt = this.#clock.now();
      this.#restFault = '';
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof BinanceRestError && error.fault === 'unknown-symbol')
        track.unknown = error.message;
      else this.#restFault = error instanceof Error ? error.message : String(error);
    }
    const { released, missing } = track.settle(succeeded, this.#clock.now());
    if (missing > 0) {
      const where = `${track.symbol} before ${toIso(released[0]?.openTime ?? 0)}`;
      this.#sink?.quarantined({
        source: this.name,
        reason: 'candles missing: back-fill failed',
        where,
        count: missing,
      });
    }
    this.#publish(released);
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
    this.#statusKey = '';
    this.#publishStatus();
    this.#alarms.set('status', this.#clock.now() + statusEveryMs, () => this.#reportStatus());
  }

  /** Publishes when something changed since the last report. */
  #publishStatus(): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    const now = this.#clock.now();
    const tracks = [...this.#tracks.values()];
    const { state, health, detail } = assessHealth({
      now,
      connectedSince: this.#link.since,
      lastDataAt: this.#lastDataAt,
      streamFault: this.#streamFault,
      restFault: this.#restFault,
      restOkAt: this.#restOkAt,
      restBlockedUntil: this.#rest.blockedUntil,
      clockSkewMs: this.#skew.skewMs,
      unknownSymbols: tracks.filter((track) => track.unknown !== undefined).map((track) => track.symbol),
      symbols: this.symbols.length,
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
      latencyMs: this.#rest.latencyMs,
      lastDataAt: this.#lastDataAt,
      at: this.#statusAt,
    });
  }
}

const maxExcerpt = 120;

function excerpt(text: string): string {
  return text.slice(0, maxExcerpt);
}
