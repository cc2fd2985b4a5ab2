// What TraderMade may send, read tolerantly: numbers also as text, unknown fields ignored, unreadable entries counted.
// Total functions for any input, so that they can be fuzzed.
import { z } from 'zod';
import type { Candle } from '../../../shared/domain/candle.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';
import { venuePrice } from '../shared/venue-price.ts';
import { safeJson } from '../shared/venue-text.ts';

const maxQuotes = 1_000;
const maxCandles = 5_000;
const maxNames = 5_000;

/** Documented as numbers, seen as quoted text: both are read. */
const price = venuePrice;
const code = z.string().regex(/^[A-Z0-9]{2,12}$/);

const pairQuoteSchema = z.object({ base_currency: code, quote_currency: code, bid: price, ask: price });
const instrumentQuoteSchema = z.object({ instrument: code, bid: price, ask: price });
/** Unix seconds. */
const timestamp = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{9,11}(\.\d{1,9})?$/)
      .transform(Number),
  ])
  .refine((seconds) => seconds > 1e8 && seconds < 1e11);
const liveSchema = z.object({ quotes: z.array(z.unknown()).max(maxQuotes), timestamp: timestamp.optional() });
const seriesSchema = z.object({ quotes: z.array(z.unknown()).max(maxCandles) });
const candleSchema = z.object({
  date: z.string().max(40),
  open: price,
  high: price,
  low: price,
  close: price,
});
const errorSchema = z.union([
  z.object({ message: z.string() }).transform(({ message }) => message),
  z.object({ error: z.string() }).transform(({ error }) => error),
  z.object({ errors: z.string() }).transform(({ errors }) => errors),
]);

const names = z.array(z.string().max(60)).max(maxNames).optional();
const tickSchema = z.object({
  t: z.enum(['QUOTE', 'LAST_QUOTE']).optional(),
  s: code,
  b: price,
  a: price,
  ts: z.string().max(40),
});
const loginOkSchema = z.object({
  type: z.literal('login_ok'),
  symbol_limit: z.number().int().positive().optional(),
});
const rejectSchema = z.object({ type: z.literal('login_reject'), reason: z.string().optional() });
const ackSchema = z.object({ type: z.literal('sub_ack'), accepted: names, denied: names, invalid: names });
const streamErrorSchema = z.object({ type: z.literal('error'), reason: z.string().optional() });

export interface TradermadeQuote {
  readonly symbol: string;
  readonly bid: number;
  readonly ask: number;
}

export interface TradermadeLive {
  readonly quotes: readonly TradermadeQuote[];
  /** When the venue says the quotes are of; undefined when it does not say. */
  readonly at: EpochMs | undefined;
  readonly unreadable: number;
}

/** The answer of /live; undefined when it is not one. */
export function parseTradermadeLive(body: unknown): TradermadeLive | undefined {
  const parsed = liveSchema.safeParse(body);
  if (!parsed.success) return undefined;
  const quotes: TradermadeQuote[] = [];
  let unreadable = 0;
  for (const entry of parsed.data.quotes) {
    const pair = pairQuoteSchema.safeParse(entry);
    const single = pair.success ? undefined : instrumentQuoteSchema.safeParse(entry);
    if (pair.success) {
      const { base_currency, quote_currency, bid, ask } = pair.data;
      quotes.push({ symbol: base_currency + quote_currency, bid, ask });
    } else if (single?.success === true) {
      quotes.push({ symbol: single.data.instrument, bid: single.data.bid, ask: single.data.ask });
    } else unreadable += 1;
  }
  const seconds = parsed.data.timestamp;
  return { quotes, at: seconds === undefined ? undefined : Math.floor(seconds * 1_000), unreadable };
}

export interface TradermadeSeries {
  /** Oldest first. The venue returns no forex volume: it is 0. */
  readonly candles: readonly Candle[];
  readonly unreadable: number;
}

/** The answer of /timeseries with minute interval and records format; undefined when it is not one. */
export function parseTradermadeSeries(symbol: string, body: unknown): TradermadeSeries | undefined {
  const parsed = seriesSchema.safeParse(body);
  if (!parsed.success) return undefined;
  const candles: Candle[] = [];
  let unreadable = 0;
  for (const entry of parsed.data.quotes) {
    const row = candleSchema.safeParse(entry);
    const openTime = row.success ? tradermadeTime(row.data.date) : Number.NaN;
    if (!row.success || !Number.isSafeInteger(openTime)) {
      unreadable += 1;
      continue;
    }
    const { open, high, low, close } = row.data;
    candles.push({ symbol, timeframe: '1m', openTime, open, high, low, close, volume: 0 });
  }
  candles.sort((left, right) => left.openTime - right.openTime);
  return { candles, unreadable };
}

/** Why a request was refused, when the body says so. */
export function parseTradermadeError(body: unknown): string | undefined {
  const parsed = errorSchema.safeParse(body);
  return parsed.success ? parsed.data : undefined;
}

export type TradermadeFrame =
  | { readonly kind: 'greeting' }
  | { readonly kind: 'login-ok'; readonly symbolLimit: number | undefined }
  | { readonly kind: 'login-reject'; readonly reason: string }
  | { readonly kind: 'subscribed'; readonly refused: readonly string[] }
  | { readonly kind: 'error'; readonly reason: string }
  | ({ readonly kind: 'quote'; readonly at: EpochMs } & TradermadeQuote)
  | { readonly kind: 'unreadable'; readonly reason: string };

/** One frame of the websocket. */
export function parseTradermadeFrame(text: string): TradermadeFrame {
  if (/^\s*"?connected"?\s*$/i.test(text)) return { kind: 'greeting' };
  const body = safeJson(text);
  if (body === undefined) return { kind: 'unreadable', reason: 'a frame is not JSON' };
  const tick = tickSchema.safeParse(body);
  if (tick.success) {
    const at = streamTime(tick.data.ts);
    if (!Number.isSafeInteger(at)) return { kind: 'unreadable', reason: 'a quote has no readable time' };
    return { kind: 'quote', symbol: tick.data.s, bid: tick.data.b, ask: tick.data.a, at };
  }
  return parseControl(body) ?? { kind: 'unreadable', reason: 'a frame does not have a documented shape' };
}

function parseControl(body: unknown): TradermadeFrame | undefined {
  const ok = loginOkSchema.safeParse(body);
  if (ok.success) return { kind: 'login-ok', symbolLimit: ok.data.symbol_limit };
  const reject = rejectSchema.safeParse(body);
  if (reject.success) return { kind: 'login-reject', reason: reject.data.reason ?? 'login rejected' };
  const ack = ackSchema.safeParse(body);
  if (ack.success) {
    const refused = [...(ack.data.denied ?? []), ...(ack.data.invalid ?? [])];
    return { kind: 'subscribed', refused: refused.map((name) => name.split(':')[0] ?? name) };
  }
  const error = streamErrorSchema.safeParse(body);
  if (error.success) return { kind: 'error', reason: error.data.reason ?? 'no reason given' };
  return undefined;
}

/** `yyyyMMdd-HH:mm:ss.SSS`, UTC. */
function streamTime(text: string): EpochMs {
  const match = /^(\d{4})(\d\d)(\d\d)-(\d\d:\d\d:\d\d(?:\.\d{1,3})?)$/.exec(text);
  return match === null ? Number.NaN : Date.parse(`${match[1]}-${match[2]}-${match[3]}T${match[4]}Z`);
}

/** `yyyy-MM-dd HH:mm[:ss]`, with a space, a dash or a T between; the zone is not stated and taken for UTC. */
function tradermadeTime(text: string): EpochMs {
  const match = /^(\d{4}-\d\d-\d\d)[ T-](\d\d:\d\d)(?::(\d\d)(?:\.\d+)?)?Z?$/.exec(text);
  return match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}:${match[3] ?? '00'}Z`);
}
