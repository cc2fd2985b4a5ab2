// What the stream says of each symbol between two sweeps: the candle under way, the last that a newer one has ended,
// and the last quote. It must never call a candle closed because time has passed.
import type { Candle } from '../../../shared/domain/candle.ts';
import type { Quote } from '../../../shared/domain/quote.ts';

/** Closed candles of one symbol kept until REST has given its own. */
const maxKeptCandles = 10;

interface SymbolFeed {
  underWay: Candle | undefined;
  closed: Candle[];
}

export class CcxtFeed {
  readonly #feeds = new Map<string, SymbolFeed>();
  readonly #quotes = new Map<string, Quote>();

  /** Takes rows in any order; returns the candle that has just been ended by a newer one, if any. */
  take(candle: Candle): Candle | undefined {
    let feed = this.#feeds.get(candle.symbol);
    if (feed === undefined) {
      feed = { underWay: undefined, closed: [] };
      this.#feeds.set(candle.symbol, feed);
    }
    const { underWay } = feed;
    if (underWay !== undefined && candle.openTime < underWay.openTime) return undefined;
    feed.underWay = candle;
    if (underWay === undefined || candle.openTime === underWay.openTime) return undefined;
    feed.closed.push(underWay);
    if (feed.closed.length > maxKeptCandles) feed.closed.shift();
    return underWay;
  }

  /** Closed candles of the stream that REST did not deliver, oldest first; they are forgotten here. */
  takeClosed(symbol: string): readonly Candle[] {
    const feed = this.#feeds.get(symbol);
    if (feed === undefined) return [];
    const { closed } = feed;
    feed.closed = [];
    return closed;
  }

  keepQuote(quote: Quote): void {
    this.#quotes.set(quote.symbol, quote);
  }

  /** In symbol order, only what has come since the last call. */
  takeQuotes(): readonly Quote[] {
    const quotes = [...this.#quotes.values()].sort((left, right) => (left.symbol < right.symbol ? -1 : 1));
    this.#quotes.clear();
    return quotes;
  }

  clear(): void {
    this.#feeds.clear();
    this.#quotes.clear();
  }
}
