// A two-sided price as last known.
import type { EpochMs } from './time.ts';

/** Price and the quantity offered or asked for there, in base units. */
export type DepthLevel = readonly [price: number, quantity: number];

/** As much of the order book as the venue told, each side best price first. */
export interface BookDepth {
  readonly bids: readonly DepthLevel[];
  readonly asks: readonly DepthLevel[];
}

/** Levels kept of each side; a venue may tell more. */
export const maxDepthLevels = 10;

export interface Quote {
  readonly symbol: string;
  readonly bid: number;
  readonly ask: number;
  /** Value of both sides of the pool behind the price, in the quote currency; of tokens on chains only. */
  readonly poolValue?: number;
  /** Absent where the venue tells prices only. */
  readonly depth?: BookDepth;
  /** When the venue says it happened. */
  readonly happenedAt: EpochMs;
}

export function midOf(quote: Quote): number {
  return (quote.bid + quote.ask) / 2;
}

/** The levels sorted, the best first, as many as are kept; undefined where a side has none. */
export function bookDepth(bids: readonly DepthLevel[], asks: readonly DepthLevel[]): BookDepth | undefined {
  const sound = (levels: readonly DepthLevel[], best: 1 | -1): DepthLevel[] =>
    levels
      .filter(([price, quantity]) => price > 0 && quantity > 0 && Number.isFinite(price * quantity))
      .sort(([left], [right]) => best * (left - right))
      .slice(0, maxDepthLevels);
  const depth = { bids: sound(bids, -1), asks: sound(asks, 1) };
  return depth.bids.length > 0 && depth.asks.length > 0 ? depth : undefined;
}
