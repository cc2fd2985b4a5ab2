// Turns ccxt's rows and tickers into the house's candles and quotes. Pure; it judges shapes only, the gate judges prices.
import type { Candle } from '../../../shared/domain/candle.ts';
import { instrumentFor } from '../../../shared/domain/instrument.ts';
import { type BookDepth, bookDepth, type Quote } from '../../../shared/domain/quote.ts';
import { type EpochMs, minuteMs } from '../../../shared/domain/time.ts';
import { CcxtError } from './ccxt-errors.ts';
import { ohlcvListSchema, ohlcvRowSchema, tickerSchema, tickersSchema } from './ccxt-schemas.ts';

export interface ReadCandles {
  /** In the order given, the one under way too. */
  readonly candles: readonly Candle[];
  /** Rows that are no candle. */
  readonly unreadable: number;
  readonly rows: number;
}

/** Throws CcxtError `malformed` when the answer is no list. */
export function readCandles(symbol: string, answer: unknown): ReadCandles {
  const list = ohlcvListSchema.safeParse(answer);
  if (!list.success) throw new CcxtError('malformed', 'the answer is no list of candles');
  const candles: Candle[] = [];
  for (const item of list.data) {
    const row = ohlcvRowSchema.safeParse(item);
    if (!row.success) continue;
    const [openTime, open, high, low, close, volume] = row.data;
    candles.push({ symbol, timeframe: '1m', openTime, open, high, low, close, volume: volume ?? 0 });
  }
  return { candles, unreadable: list.data.length - candles.length, rows: list.data.length };
}

/** Closed candles only, oldest first: the last row of most venues is still under way and carries no mark. */
export function closedOnly(candles: readonly Candle[], closedBy: EpochMs): Candle[] {
  return candles
    .filter((candle) => candle.openTime + minuteMs <= closedBy)
    .sort((left, right) => left.openTime - right.openTime);
}

export interface ReadTicker {
  readonly quote: Quote;
  /** When the venue says it happened; undefined when it does not say. */
  readonly eventAt: EpochMs | undefined;
}

/** The two-sided price of a ticker; where only the last trade is given, with the instrument's typical spread. */
export function readTicker(
  ticker: unknown,
  symbolOf: (market: string) => string | undefined,
  receivedAt: EpochMs,
): ReadTicker | 'foreign' | undefined {
  const parsed = tickerSchema.safeParse(ticker);
  if (!parsed.success) return undefined;
  const symbol = symbolOf(parsed.data.symbol);
  if (symbol === undefined) return 'foreign';
  const { bid, ask, bidVolume, askVolume, last, timestamp } = parsed.data;
  const eventAt = typeof timestamp === 'number' && timestamp > 0 ? timestamp : undefined;
  const quote = (low: number, high: number, depth?: BookDepth): ReadTicker => ({
    quote: {
      symbol,
      bid: low,
      ask: high,
      ...(depth === undefined ? {} : { depth }),
      happenedAt: receivedAt,
    },
    eventAt,
  });
  if (typeof bid === 'number' && typeof ask === 'number')
    return quote(
      bid,
      ask,
      // Perpetuals are told in contracts of a size that differs by exchange.
      symbol.endsWith('-PERP') ? undefined : bookDepth([[bid, bidVolume ?? 0]], [[ask, askVolume ?? 0]]),
    );
  if (typeof last !== 'number') return undefined;
  const half = (last * (instrumentFor(symbol)?.typicalSpread ?? 0)) / 2;
  return quote(last - half, last + half);
}

/** The tickers of an answer: one ticker, or many by symbol. Throws CcxtError `malformed` for anything else. */
export function tickersOf(answer: unknown): readonly unknown[] {
  if (tickerSchema.safeParse(answer).success) return [answer];
  const many = tickersSchema.safeParse(answer);
  if (!many.success) throw new CcxtError('malformed', 'the answer is no list of tickers');
  return Object.values(many.data);
}
