// What the venue knows of one symbol's market: last prices, typical return of a candle and what volume is left to take.
import type { Candle } from '../../../shared/domain/candle.ts';
import { closeTimeOf } from '../../../shared/domain/candle.ts';
import { maxPoolShare } from '../../../shared/domain/fill-engine.ts';
import { type Instrument, instrumentFor } from '../../../shared/domain/instrument.ts';
import type { Quote } from '../../../shared/domain/quote.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';

/** Weight of the newest candle in the running mean of absolute returns. */
const volatilityWeight = 0.06;
const firstVolatility = 0.0005;
/** A quote's spread is used for candle fills only while this fresh. */
const spreadFreshMs = 300_000;

export class SymbolMarket {
  readonly instrument: Instrument;
  /** Last price, undefined before the first. */
  price: number | undefined;
  volatility = firstVolatility;
  /** Volume of the last candle in base units, 0 when the feed gives none. */
  volume = 0;
  /** Base units our orders may still take before the next candle. */
  budget = Number.POSITIVE_INFINITY;
  #seenVolume = false;
  #spread: number;
  #spreadAt: EpochMs = 0;

  private constructor(instrument: Instrument) {
    this.instrument = instrument;
    this.#spread = instrument.typicalSpread;
  }

  /** Undefined for a symbol that cannot be read. */
  static of(symbol: string): SymbolMarket | undefined {
    const instrument = instrumentFor(symbol);
    return instrument === undefined ? undefined : new SymbolMarket(instrument);
  }

  /** Takes note of a closed candle; `participation` is the share of its volume we may take. */
  candle(candle: Candle, participation: number): void {
    if (this.price !== undefined) {
      const change = Math.abs(candle.close / this.price - 1);
      this.volatility += volatilityWeight * (change - this.volatility);
    }
    this.price = candle.close;
    this.volume = candle.volume;
    if (candle.volume > 0) this.#seenVolume = true;
    // A feed that never told a volume sets no bound; one that did and now says 0 means that nothing traded.
    this.budget = this.#seenVolume ? candle.volume * participation : Number.POSITIVE_INFINITY;
  }

  /** Value of the pool behind the price, undefined where there is none or nobody told it. */
  poolValue: number | undefined;

  quote(quote: Quote): void {
    this.poolValue = quote.poolValue;
    // The pool is there again for each quote, but no order takes more than a part of one side.
    if (quote.poolValue !== undefined)
      this.budget = (maxPoolShare * quote.poolValue) / 2 / ((quote.bid + quote.ask) / 2);
    this.price = (quote.bid + quote.ask) / 2;
    this.#spread = Math.max(0, (quote.ask - quote.bid) / this.price);
    this.#spreadAt = quote.happenedAt;
  }

  /** Half the spread as a fraction of the price, as known at the candle. */
  halfSpread(candle: Candle): number {
    const fresh = closeTimeOf(candle) - this.#spreadAt <= spreadFreshMs;
    return (fresh ? this.#spread : this.instrument.typicalSpread) / 2;
  }
}
