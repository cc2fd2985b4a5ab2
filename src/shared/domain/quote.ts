// A two-sided price as last known.
import type { EpochMs } from './time.ts';

export interface Quote {
  readonly symbol: string;
  readonly bid: number;
  readonly ask: number;
  /** Value of both sides of the pool behind the price, in the quote currency; of tokens on chains only. */
  readonly poolValue?: number;
  /** When the venue says it happened. */
  readonly happenedAt: EpochMs;
}

export function midOf(quote: Quote): number {
  return (quote.bid + quote.ask) / 2;
}
