// Hourly samples of each symbol for risk: volatility, correlation and traded value. One small row per symbol, written once an
// hour, each sample a function of the one candle that closes the hour. It must never grow with time or with symbols.
import type { StateReader, Turn } from '../kernel/agent.ts';
import type { CandleHistory } from '../shared/bus/catalogue.ts';
import { type Candle, closeTimeOf, timeframeMs } from '../shared/domain/candle.ts';
import {
  correlation,
  dailyVolatility,
  meanTurnover,
  type PriceSample,
  withSample,
} from '../shared/domain/return-statistics.ts';
import { type EpochMs, hourMs } from '../shared/domain/time.ts';

const rowPrefix = 'trading_ai/market/';
/** Symbols of which samples are kept; further ones count as unknown, which is the careful side. */
const maxTrackedSymbols = 200;

export class MarketStatistics {
  readonly #samples = new Map<string, readonly PriceSample[]>();
  /** An hour, or the length of a candle where that is longer. */
  readonly #intervalMs: number;

  constructor(candleMs: number) {
    this.#intervalMs = Math.max(hourMs, candleMs);
  }

  restore(state: StateReader): void {
    for (const [key, row] of state.all('agent_memory'))
      if (key.startsWith(rowPrefix))
        this.#samples.set(key.slice(rowPrefix.length), row.value as readonly PriceSample[]);
  }

  candle(candle: Candle, turn: Turn): void {
    if (this.#take(candle)) this.#save(candle.symbol, turn);
  }

  history(history: CandleHistory, turn: Turn): void {
    let changed = false;
    for (const candle of history.candles)
      if (candle.symbol === history.symbol) changed = this.#take(candle) || changed;
    if (changed) this.#save(history.symbol, turn);
  }

  /** Undefined while too few samples are known. */
  dailyVolatility(symbol: string): number | undefined {
    return dailyVolatility(this.#of(symbol), this.#intervalMs);
  }

  correlation(left: string, right: string): number | undefined {
    return correlation(this.#of(left), this.#of(right), this.#intervalMs);
  }

  /** Value traded per hour in quote currency; undefined where no volume is known. */
  hourlyTurnover(symbol: string): number | undefined {
    return meanTurnover(this.#of(symbol));
  }

  #of(symbol: string): readonly PriceSample[] {
    return this.#samples.get(symbol) ?? [];
  }

  /** True when the candle closes an interval and its sample was new. */
  #take(candle: Candle): boolean {
    const at: EpochMs = closeTimeOf(candle);
    if (at % this.#intervalMs !== 0) return false;
    const known = this.#samples.get(candle.symbol);
    if (known === undefined && this.#samples.size >= maxTrackedSymbols) return false;
    const perHour = hourMs / timeframeMs[candle.timeframe];
    const sample: PriceSample = {
      at,
      close: candle.close,
      hourly_turnover: Number((candle.volume * candle.close * perHour).toPrecision(6)),
    };
    const next = withSample(known ?? [], sample);
    if (next === known) return false;
    this.#samples.set(candle.symbol, next);
    return next.at(-1) === sample;
  }

  #save(symbol: string, turn: Turn): void {
    turn.put('agent_memory', rowPrefix + symbol, { agent: 'trading_ai', value: this.#of(symbol) });
  }
}
