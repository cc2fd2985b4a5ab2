// What an exchange is asked by REST: pages of closed candles, and quotes by the widest question that it answers.
import type { Candle } from '../../../shared/domain/candle.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';
import { closedOnly, readCandles } from './ccxt-reader.ts';
import type { CcxtSession } from './ccxt-session.ts';

export const candlesPerRequest = 500;

export interface CcxtPage {
  /** Closed by both clocks, oldest first; a candle that cannot be real is still among them. */
  readonly candles: readonly Candle[];
  /** Rows that the venue sent, and how many of them were no candles. */
  readonly rows: number;
  readonly unreadable: number;
}

/** One page of candles that open at `since` or later; empty for a symbol that is not listed. Throws CcxtError. */
export async function askCandles(
  { rest, symbols }: CcxtSession,
  symbol: string,
  since: EpochMs,
  now: () => EpochMs,
  signal: AbortSignal,
): Promise<CcxtPage> {
  const market = symbols.marketOf(symbol);
  if (market === undefined) return { candles: [], rows: 0, unreadable: 0 };
  const answer = await rest.call((venue) => venue.fetchOHLCV(market, '1m', since, candlesPerRequest), signal);
  const { candles, unreadable, rows } = readCandles(symbol, answer);
  // The row under way carries no mark: believe the more cautious of both clocks.
  return { candles: closedOnly(candles, Math.min(now(), rest.venueNow)), rows, unreadable };
}

/** Quotes of all symbols; of the `turn`-th only, where the venue has no list. Throws CcxtError. */
export function askQuotes(
  { exchange, rest, symbols }: CcxtSession,
  turn: number,
  signal: AbortSignal,
): Promise<unknown> {
  const { markets } = symbols;
  return rest.call((venue) => {
    if (exchange.has.fetchBidsAsks === true) return venue.fetchBidsAsks(markets);
    if (exchange.has.fetchTickers === true) return venue.fetchTickers(markets);
    return venue.fetchTicker(markets[turn % markets.length] ?? '');
  }, signal);
}
