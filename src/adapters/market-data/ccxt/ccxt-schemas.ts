// What comes out of ccxt is still from outside: parsed here before it is used. ccxt leaves out what a venue did not
// say, so every price may be missing.
import { z } from 'zod';

const instant = z.number().int().positive();
const price = z.number();
const absent = z.union([z.undefined(), z.null()]);

/** `[open time ms, open, high, low, close, volume]`; a missing volume is a venue that gives none. */
export const ohlcvRowSchema = z
  .tuple([instant, price, price, price, price, z.union([z.number(), absent])])
  .rest(z.unknown());

/** Rows are parsed one by one, so that a bad one costs itself only. */
export const ohlcvListSchema = z.array(z.unknown()).max(10_000);

/** Offered at the best price; what is no quantity is not known. */
const quantity = z.number().positive().nullish().catch(null);

export const tickerSchema = z.object({
  symbol: z.string().max(60),
  timestamp: z.union([z.number(), absent]).optional(),
  bid: z.union([price, absent]).optional(),
  ask: z.union([price, absent]).optional(),
  bidVolume: quantity,
  askVolume: quantity,
  last: z.union([price, absent]).optional(),
});

/** Tickers by ccxt symbol. */
export const tickersSchema = z.record(z.string().max(60), z.unknown());
