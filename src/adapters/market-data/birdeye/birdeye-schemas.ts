// What Birdeye may send: answers wrapped in { success, data }, numbers that may be null, times in seconds.
import { z } from 'zod';
import type { CandidateObservation } from '../../../shared/domain/candidate.ts';
import { type Candle, candleDefect, type Timeframe } from '../../../shared/domain/candle.ts';
import { hourMs, secondMs } from '../../../shared/domain/time.ts';
import {
  candidateName,
  candidateSymbol,
  type Decoded,
  type DecodeFault,
  fault,
  knownFacts,
  optionalNumeric,
  optionalText,
  shortText,
} from '../shared/lenient-json.ts';
import type { Verdict } from '../shared/polite-http.ts';

const quotaWaitMs = 6 * hourMs;
const planWaitMs = hourMs;

const errorSchema = z.object({ success: z.literal(false), message: z.string().max(2_000).catch('') });

/** Birdeye's own errors: quota exhaustion arrives as 400, and failures may arrive with status 200. */
export function judgeBirdeye(status: number, body: unknown): Verdict | undefined {
  const parsed = errorSchema.safeParse(body);
  if (!parsed.success) return undefined;
  const message = parsed.data.message.slice(0, 200);
  if (/compute units usage limit/i.test(message))
    return { fault: 'quota-exhausted', detail: `quota used up (HTTP ${status})`, waitMs: quotaWaitMs };
  if (status === 401) return { fault: 'refused', detail: 'the key is not accepted', waitMs: planWaitMs };
  if (status === 403) return { fault: 'refused', detail: 'not in this plan', waitMs: planWaitMs };
  // Of a 429 the common rules know more: Retry-After.
  if (status === 429 || status >= 500) return undefined;
  return { fault: 'refused', detail: `HTTP ${status}: ${message}` };
}

const priceSchema = z.object({
  data: z.object({ value: optionalNumeric, liquidity: optionalNumeric }).nullish(),
});

/** The price of one token; a token that is not indexed has none. */
export function decodePrice(body: unknown, chain: string, address: string): Decoded {
  const parsed = priceSchema.safeParse(body);
  if (!parsed.success) return unreadable(body);
  const { value, liquidity } = parsed.data.data ?? {};
  const price = value === 0 ? undefined : value;
  if (price === undefined && liquidity === undefined) return { observations: [], faults: [] };
  const facts = knownFacts({ price_usd: price, liquidity_usd: liquidity });
  return { observations: [{ chain, address, origin: null, name: '', symbol: '', facts }], faults: [] };
}

const overviewSchema = z.object({
  data: z.object({
    address: shortText,
    name: optionalText,
    symbol: optionalText,
    price: optionalNumeric,
    liquidity: optionalNumeric,
    mc: optionalNumeric,
    v1hUSD: optionalNumeric,
    v24hUSD: optionalNumeric,
    buy24h: optionalNumeric,
    sell24h: optionalNumeric,
    holder: optionalNumeric,
  }),
});

export function decodeOverview(body: unknown, chain: string, asked: string): Decoded {
  const parsed = overviewSchema.safeParse(body);
  if (!parsed.success) return unreadable(body);
  const { data } = parsed.data;
  if (data.address !== asked)
    return { observations: [], faults: [fault('an answer about another token', data.address)] };
  const observation: CandidateObservation = {
    chain,
    address: data.address,
    origin: null,
    name: candidateName(data.name),
    symbol: candidateSymbol(data.symbol),
    facts: knownFacts({
      price_usd: data.price === 0 ? undefined : data.price,
      liquidity_usd: data.liquidity,
      market_cap_usd: data.mc,
      volume_h1_usd: data.v1hUSD,
      volume_h24_usd: data.v24hUSD,
      buys_h24: data.buy24h,
      sells_h24: data.sell24h,
      holders: data.holder,
    }),
  };
  return { observations: [observation], faults: [] };
}

const amount = z.number().nonnegative();
const candleSchema = z.object({
  o: amount,
  h: amount,
  l: amount,
  c: amount,
  v: amount,
  unixTime: z.number().int().positive().max(1e11),
});
const candlesSchema = z.object({ data: z.object({ items: z.array(z.unknown()) }) });
const maxCandles = 5_000;

/** Closed candles that may be true, oldest first, each time once; the others are named in `faults`. */
export function decodeCandles(
  body: unknown,
  symbol: string,
  timeframe: Timeframe,
): { readonly candles: readonly Candle[]; readonly faults: readonly DecodeFault[] } {
  const parsed = candlesSchema.safeParse(body);
  if (!parsed.success) return { candles: [], faults: unreadable(body).faults };
  const byTime = new Map<number, Candle>();
  const faults: DecodeFault[] = [];
  for (const item of parsed.data.data.items.slice(0, maxCandles)) {
    const row = candleSchema.safeParse(item);
    if (!row.success) {
      faults.push(fault('a candle does not have the documented shape', item));
      continue;
    }
    const { o, h, l, c, v, unixTime } = row.data;
    const openTime = unixTime * secondMs;
    const candle: Candle = { symbol, timeframe, openTime, open: o, high: h, low: l, close: c, volume: v };
    const defect = candleDefect(candle);
    if (defect === undefined) byTime.set(openTime, candle);
    else faults.push(fault(defect, item));
  }
  return { candles: [...byTime.values()].sort((a, b) => a.openTime - b.openTime), faults };
}

function unreadable(body: unknown): Decoded {
  return { observations: [], faults: [fault('not a documented answer', body)] };
}
