// The synthetic market on a clock: one quote batch a second, candles at each minute's close.
// It must never be taken for a real venue: its kind, its state and its status text say simulated.
import type { Candle } from '../../../shared/domain/candle.ts';
import type { Quote } from '../../../shared/domain/quote.ts';
import { dayMs, type EpochMs, minuteMs, secondMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { MarketDataSink, MarketDataSource } from '../../../shared/ports/market-data.ts';
import { SyntheticMarket } from './synthetic-market.ts';

const quoteEveryMs = secondMs;
const statusEveryMs = 30 * secondMs;
const maxHistoryCandles = 10_000;
/** Minutes looked through for history of a market that closes: more than one weekend per week asked for. */
const maxHistoryLookbackMinutes = 4 * maxHistoryCandles;
/** Closed minutes published after a pause of the process; older ones are left to history. */
const maxCatchUpMinutes = 120;
/** Tomorrow is computed one symbol per second in the last part of today. */
const prepareWithinMs = 30 * minuteMs;

export interface SyntheticSourceOptions {
  readonly seed: number;
  readonly symbols: readonly string[];
  /** For this source alone: a clock has one wake-up. */
  readonly clock: Clock;
  readonly name?: string;
}

export class SyntheticSource implements MarketDataSource {
  readonly name: string;
  readonly kind = 'simulated';
  readonly symbols: readonly string[];
  readonly #seed: number;
  readonly #clock: Clock;
  readonly #market: SyntheticMarket;
  #sink: MarketDataSink | undefined;
  /** Open time of the next candle to publish. */
  #nextOpenTime: EpochMs = 0;
  #lastDataAt: EpochMs | null = null;
  #statusAt: EpochMs = 0;
  #prepareIndex = 0;

  constructor(options: SyntheticSourceOptions) {
    this.name = options.name ?? 'synthetic';
    this.symbols = [...new Set(options.symbols)].sort();
    this.#seed = options.seed;
    this.#clock = options.clock;
    this.#market = new SyntheticMarket(options.seed);
  }

  async reachable(): Promise<boolean> {
    return true;
  }

  async start(sink: MarketDataSink): Promise<void> {
    this.#sink = sink;
    const now = this.#clock.now();
    this.#nextOpenTime = Math.floor(now / minuteMs) * minuteMs;
    this.#publishStatus(sink, now);
    this.#wakeAfter(now);
  }

  async history(symbol: string, count: number): Promise<readonly Candle[]> {
    if (!this.symbols.includes(symbol)) return [];
    const wanted = Math.min(Math.max(count, 0), maxHistoryCandles);
    const newest = Math.floor(this.#clock.now() / minuteMs) * minuteMs - minuteMs;
    const candles: Candle[] = [];
    for (let back = 0; candles.length < wanted && back < maxHistoryLookbackMinutes; back += 1) {
      const candle = this.#market.candle(symbol, newest - back * minuteMs);
      if (candle !== undefined) candles.push(candle);
    }
    return candles.reverse();
  }

  async restart(): Promise<void> {
    const sink = this.#sink;
    await this.stop();
    if (sink !== undefined) await this.start(sink);
  }

  async stop(): Promise<void> {
    this.#clock.cancelWake();
    this.#sink = undefined;
  }

  #wakeAfter(now: EpochMs): void {
    const next = (Math.floor(now / quoteEveryMs) + 1) * quoteEveryMs;
    this.#clock.wakeAt(next, () => this.#tick());
  }

  #tick(): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    const now = this.#clock.now();
    // Armed first: a sink that throws must not silence the market.
    this.#wakeAfter(now);
    this.#publishQuotes(sink, now);
    this.#publishCandles(sink, now);
    this.#prepareTomorrow(now);
    if (this.#sink === sink && now - this.#statusAt >= statusEveryMs) this.#publishStatus(sink, now);
  }

  #publishQuotes(sink: MarketDataSink, now: EpochMs): void {
    const at = Math.floor(now / secondMs) * secondMs;
    const quotes: Quote[] = [];
    for (const symbol of this.symbols) {
      const quote = this.#market.quote(symbol, at);
      if (quote !== undefined) quotes.push(quote);
    }
    if (quotes.length === 0) return;
    this.#lastDataAt = at;
    sink.quotes({ source: this.name, quotes, known_at: now });
  }

  #publishCandles(sink: MarketDataSink, now: EpochMs): void {
    const oldest = Math.floor(now / minuteMs) * minuteMs - maxCatchUpMinutes * minuteMs;
    for (
      let openTime = Math.max(this.#nextOpenTime, oldest);
      openTime + minuteMs <= now;
      openTime += minuteMs
    ) {
      this.#nextOpenTime = openTime + minuteMs;
      for (const symbol of this.symbols) {
        const candle = this.#market.candle(symbol, openTime);
        if (candle === undefined) continue;
        // The sink may have stopped or restarted us.
        if (this.#sink !== sink) return;
        sink.candle({
          source: this.name,
          kind: 'simulated',
          candle,
          happened_at: openTime + minuteMs,
          known_at: now,
        });
      }
    }
  }

  #prepareTomorrow(now: EpochMs): void {
    const tomorrow = Math.floor(now / dayMs) + 1;
    if (tomorrow * dayMs - now > prepareWithinMs) return;
    const symbol = this.symbols[this.#prepareIndex % this.symbols.length];
    this.#prepareIndex += 1;
    if (symbol !== undefined) this.#market.prepare(symbol, tomorrow);
  }

  #publishStatus(sink: MarketDataSink, now: EpochMs): void {
    this.#statusAt = now;
    const classes = [...new Set(this.symbols.map((symbol) => this.#market.assetClassOf(symbol)))].sort();
    const moods = classes.map((assetClass) => `${assetClass} ${this.#market.regimeAt(assetClass, now)}`);
    const closed =
      this.symbols.length > 0 && this.symbols.every((symbol) => !this.#market.isOpen(symbol, now));
    sink.status({
      source: this.name,
      state: 'simulated',
      health: 1,
      detail: `simulated prices, not a real market; seed ${this.#seed}; ${moods.join(', ')}${closed ? '; market closed' : ''}`,
      latencyMs: 0,
      lastDataAt: this.#lastDataAt,
      at: now,
    });
  }
}
