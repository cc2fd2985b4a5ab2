// A seeded random walk in coarse candles, enough to hit stops and targets within the hour. Nothing in it is real.
// It must give the same candles whoever asks, however often, before and after a crash.
import type { CandleEvent } from '../../shared/bus/catalogue.ts';
import type { Candle } from '../../shared/domain/candle.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import type { MarketDataSink, MarketDataSource } from '../../shared/ports/market-data.ts';
import type { Random } from '../../shared/ports/random.ts';
import { candleMs } from './plan.ts';

const firstPrices: Readonly<Record<string, number>> = { BTCUSDT: 50_000, ETHUSDT: 2_500 };
export const chaosSymbols = Object.keys(firstPrices);
/** Candles before the start that a house may ask for. */
const historyCandles = 24;
/** Standard deviation of a candle's return. */
const deviation = 0.004;
/** Volumes from a market that fills a part of an order per candle to one that fills all at once. */
const valuesTraded = [5_000, 40_000, 50_000_000, 50_000_000] as const;

export class ChaosMarket {
  readonly #random: Random;
  readonly #candles = new Map<string, Candle[]>();
  readonly #startAt: EpochMs;

  constructor(random: Random, startAt: EpochMs) {
    this.#random = random;
    this.#startAt = startAt;
    for (const symbol of chaosSymbols) this.#candles.set(symbol, []);
    for (let place = -historyCandles; place < 0; place++) this.closing(startAt + (place + 1) * candleMs);
  }

  /** Candles that close at this time, one per symbol. */
  closing(at: EpochMs): CandleEvent[] {
    return chaosSymbols.map((symbol) => {
      const candle = this.#candle(symbol, at - candleMs);
      return { source: 'chaos', kind: 'recorded', candle, happened_at: at, known_at: at } as const;
    });
  }

  /** Closed candles before `now`, oldest first. */
  history(symbol: string, now: EpochMs): readonly Candle[] {
    return (this.#candles.get(symbol) ?? [])
      .filter((candle) => candle.openTime + candleMs <= now)
      .slice(-historyCandles);
  }

  #candle(symbol: string, openTime: EpochMs): Candle {
    const candles = this.#candles.get(symbol) ?? [];
    const place = Math.round((openTime - this.#startAt) / candleMs) + historyCandles;
    while (candles.length <= place) candles.push(this.#next(symbol, candles));
    const candle = candles[place];
    if (candle === undefined) throw new RangeError(`no candle of ${symbol} at ${openTime}`);
    return candle;
  }

  #next(symbol: string, before: readonly Candle[]): Candle {
    const open = before.at(-1)?.close ?? firstPrices[symbol] ?? 1;
    const points = [0, 1, 2].map(() => open * (1 + deviation * this.#random.normal()));
    const close = points[2] ?? open;
    const value = valuesTraded[this.#random.integer(valuesTraded.length)] ?? 1_000;
    const openTime = this.#startAt + (before.length - historyCandles) * candleMs;
    const prices = { open, high: Math.max(open, ...points), low: Math.min(open, ...points), close };
    return { symbol, timeframe: '5m', openTime, ...prices, volume: value / open };
  }
}

/** The market as a source for one house; it publishes what the world hands it while the house lives. */
export class ChaosSource implements MarketDataSource {
  readonly name = 'chaos';
  readonly kind = 'recorded';
  readonly symbols = chaosSymbols;
  readonly #market: ChaosMarket;
  readonly #now: () => EpochMs;
  #sink: MarketDataSink | undefined;

  constructor(market: ChaosMarket, now: () => EpochMs) {
    this.#market = market;
    this.#now = now;
  }

  async reachable(): Promise<boolean> {
    return true;
  }

  async start(sink: MarketDataSink): Promise<void> {
    this.#sink = sink;
    this.#say();
  }

  async history(symbol: string): Promise<readonly Candle[]> {
    return this.#market.history(symbol, this.#now());
  }

  async restart(): Promise<void> {
    this.#say();
  }

  async stop(): Promise<void> {
    this.#sink = undefined;
  }

  publish(event: CandleEvent): void {
    this.#sink?.candle(event);
  }

  #say(): void {
    const at = this.#now();
    this.#sink?.status({
      source: this.name,
      state: 'recorded',
      health: 1,
      detail: `${chaosSymbols.length} symbols`,
      latencyMs: null,
      lastDataAt: null,
      at,
    });
  }
}
