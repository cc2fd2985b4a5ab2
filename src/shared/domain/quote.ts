// A two-sided price as last known.
import type { EpochMs } from './time.ts';

export interface Quote {
  readonly symbol: string;
  readonly bid: number;
  readonly ask: number;
  /** When the venue says it happened. */
  readonly happenedAt: EpochMs;
}

export function midOf(quote: Quote): number {
  return (quote.bid + quote.ask) / 2;
}
