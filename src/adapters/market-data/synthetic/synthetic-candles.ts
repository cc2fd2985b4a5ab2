// The synthetic market as a stream for the simulation. Nothing in it is real, and every event says so.
import type { CandleEvent } from '../../../shared/bus/catalogue.ts';
import { type EpochMs, minuteMs } from '../../../shared/domain/time.ts';
import { SyntheticMarket } from './synthetic-market.ts';

export interface SyntheticCandleOptions {
  readonly seed: number;
  readonly symbols: readonly string[];
  /** Candles open at or after this. */
  readonly from: EpochMs;
  /** Candles close at or before this. */
  readonly to: EpochMs;
  readonly timeframe: '1m';
  /** Name of the source in every event; default `synthetic`. */
  readonly source?: string;
}

/** Candles by close time, then symbol; minutes in which a symbol's market is closed are left out. */
export function* syntheticCandles(options: SyntheticCandleOptions): Generator<CandleEvent, void, undefined> {
  const market = new SyntheticMarket(options.seed);
  const symbols = [...new Set(options.symbols)].sort();
  const source = options.source ?? 'synthetic';
  const first = Math.ceil(options.from / minuteMs) * minuteMs;
  for (let openTime = first; openTime + minuteMs <= options.to; openTime += minuteMs) {
    const at = openTime + minuteMs;
    for (const symbol of symbols) {
      const candle = market.candle(symbol, openTime);
      if (candle !== undefined) yield { source, kind: 'simulated', candle, happened_at: at, known_at: at };
    }
  }
}
