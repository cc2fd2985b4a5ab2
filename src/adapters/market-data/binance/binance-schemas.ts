// What Binance may send, by its public documentation. Everything from outside passes here before it is used.
import { z } from 'zod';

const decimal = z
  .string()
  .max(40)
  .regex(/^\d+(\.\d+)?$/)
  .transform(Number);
const instant = z.number().int().positive();

/** One row of GET /api/v3/klines: open time, OHLC, volume, close time, and fields not used here. */
const klineRowSchema = z
  .tuple([instant, decimal, decimal, decimal, decimal, decimal, instant])
  .rest(z.unknown());
export const klinesSchema = z.array(klineRowSchema).max(1_000);

export const errorBodySchema = z.object({ code: z.number().int(), msg: z.string().max(500) });

export const klineEventSchema = z.object({
  e: z.literal('kline'),
  E: instant,
  s: z.string().max(40),
  k: z.object({
    t: instant,
    i: z.literal('1m'),
    o: decimal,
    h: decimal,
    l: decimal,
    c: decimal,
    v: decimal,
    x: z.boolean(),
  }),
});
export type KlineEvent = z.infer<typeof klineEventSchema>;

export const bookTickerSchema = z.object({
  u: z.number().int(),
  s: z.string().max(40),
  b: decimal,
  a: decimal,
  /** Quantities at these prices; what is no quantity is not known. */
  B: decimal.catch(0),
  A: decimal.catch(0),
});

export const serverShutdownSchema = z.object({ e: z.literal('serverShutdown') });

/** Frame of a combined stream. */
export const envelopeSchema = z.object({ stream: z.string().max(100), data: z.unknown() });
/** Answer to a request, which carries no data. */
export const replySchema = z.object({ result: z.unknown(), id: z.unknown() });
