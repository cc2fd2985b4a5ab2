// What OANDA's v20 API may send, read tolerantly: unknown fields are ignored, unreadable entries counted, nothing guessed.
// Total functions for any input, so that they can be fuzzed.
import { z } from 'zod';
import type { Candle } from '../../../shared/domain/candle.ts';
import { bookDepth, type DepthLevel, type Quote } from '../../../shared/domain/quote.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';
import { venuePrice } from '../shared/venue-price.ts';
import { safeJson } from '../shared/venue-text.ts';

const maxCandles = 5_000;
const maxInstruments = 5_000;
const maxPriceLevels = 50;

/** Prices are decimal text; numbers are taken too. */
const price = venuePrice;
const instrumentName = z.string().regex(/^[A-Z0-9]{2,12}_[A-Z0-9]{2,12}$/);
/** RFC 3339 with up to nanoseconds, or decimal Unix seconds as text. */
const instant = z
  .string()
  .max(40)
  .transform((text) => instantOf(text))
  .refine((at) => Number.isSafeInteger(at) && at > 0);

/** A whole number or its text; what is neither is not known. */
const liquidity = z
  .union([z.number(), z.string().max(40).transform(Number)])
  .refine((value) => Number.isFinite(value) && value >= 0)
  .optional()
  .catch(undefined);
const levels = z.array(z.object({ price, liquidity })).max(maxPriceLevels);
const priceSchema = z.object({
  type: z.literal('PRICE').optional(),
  instrument: instrumentName,
  time: instant,
  tradeable: z.boolean().optional(),
  status: z.string().max(40).optional(),
  bids: levels,
  asks: levels,
});
const heartbeatSchema = z.object({ type: z.literal('HEARTBEAT'), time: instant });
const ohlc = z.object({ o: price, h: price, l: price, c: price });
const candleSchema = z.object({
  time: instant,
  complete: z.boolean(),
  volume: z.number().int().nonnegative(),
  mid: ohlc,
});
const candlesSchema = z.object({ candles: z.array(z.unknown()).max(maxCandles) });
const instrumentsSchema = z.object({
  instruments: z.array(z.object({ name: instrumentName })).max(maxInstruments),
});
const errorSchema = z.object({ errorMessage: z.string() });

export type OandaLine =
  | {
      readonly kind: 'price';
      readonly instrument: string;
      readonly at: EpochMs;
      /** undefined when nobody quotes: not tradeable, or one side is empty. */
      readonly quote: Pick<Quote, 'bid' | 'ask' | 'depth'> | undefined;
    }
  | { readonly kind: 'heartbeat'; readonly at: EpochMs }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** One line of the pricing stream. */
export function parseOandaLine(text: string): OandaLine {
  const body = safeJson(text);
  if (body === undefined) return { kind: 'unreadable', reason: 'a line is not JSON' };
  const heartbeat = heartbeatSchema.safeParse(body);
  if (heartbeat.success) return { kind: 'heartbeat', at: heartbeat.data.time };
  const parsed = priceSchema.safeParse(body);
  if (!parsed.success) return { kind: 'unreadable', reason: 'a line does not have a documented shape' };
  const { instrument, time, bids, asks, tradeable } = parsed.data;
  // The first level is the best one; believing the best of all levels does not depend on their order.
  const quoted = tradeable !== false && bids.length > 0 && asks.length > 0;
  const quote = quoted
    ? {
        bid: Math.max(...bids.map((level) => level.price)),
        ask: Math.min(...asks.map((level) => level.price)),
        ...depthOf(bids, asks),
      }
    : undefined;
  return { kind: 'price', instrument, at: time, quote };
}

export interface OandaCandles {
  /** Complete candles only, oldest first. Volume counts price changes, as forex venues do. */
  readonly candles: readonly Candle[];
  readonly unreadable: number;
}

/** The answer of the candles endpoint at M1; undefined when it is not one. */
export function parseOandaCandles(symbol: string, body: unknown): OandaCandles | undefined {
  const parsed = candlesSchema.safeParse(body);
  if (!parsed.success) return undefined;
  const candles: Candle[] = [];
  let unreadable = 0;
  for (const row of parsed.data.candles) {
    const candle = candleSchema.safeParse(row);
    if (!candle.success) {
      unreadable += 1;
      continue;
    }
    const { time, complete, volume, mid } = candle.data;
    if (!complete) continue;
    const { o: open, h: high, l: low, c: close } = mid;
    candles.push({ symbol, timeframe: '1m', openTime: time, open, high, low, close, volume });
  }
  candles.sort((left, right) => left.openTime - right.openTime);
  return { candles, unreadable };
}

/** Instrument names an account may trade, such as EUR_USD; undefined when the answer is not such a list. */
export function parseOandaInstruments(body: unknown): ReadonlySet<string> | undefined {
  const parsed = instrumentsSchema.safeParse(body);
  return parsed.success ? new Set(parsed.data.instruments.map(({ name }) => name)) : undefined;
}

export function parseOandaError(body: unknown): string | undefined {
  const parsed = errorSchema.safeParse(body);
  return parsed.success ? parsed.data.errorMessage : undefined;
}

function instantOf(text: string): number {
  if (/^\d{9,11}(\.\d{1,9})?$/.test(text)) return Math.floor(Number(text) * 1_000);
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,3})\d*)?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (match === null) return Number.NaN;
  return Date.parse(`${match[1]}.${(match[2] ?? '').padEnd(3, '0')}${match[3]}`);
}

interface PriceLevel {
  readonly price: number;
  readonly liquidity?: number | undefined;
}

/** Nothing where the size of a level is not told: half a book would look thinner than it is. */
function depthOf(bids: readonly PriceLevel[], asks: readonly PriceLevel[]): Pick<Quote, 'depth'> {
  const sided = (levels: readonly PriceLevel[]): DepthLevel[] =>
    levels.map((level) => [level.price, level.liquidity ?? 0]);
  const told = [...bids, ...asks].every((level) => level.liquidity !== undefined);
  const depth = told ? bookDepth(sided(bids), sided(asks)) : undefined;
  return depth === undefined ? {} : { depth };
}
