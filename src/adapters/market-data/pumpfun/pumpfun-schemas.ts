// What Pump.fun's web application serves about coins. Undocumented and without promise: every field may be missing.
import { z } from 'zod';
import type { CandidateObservation, CandidateOrigin } from '../../../shared/domain/candidate.ts';
import {
  candidateName,
  candidateSymbol,
  cleanReference,
  type Decoded,
  decodeItems,
  fault,
  knownFacts,
  optionalNumeric,
  optionalText,
  shortText,
} from '../shared/lenient-json.ts';

/** Seen in use: rows per page, whatever limit is asked. */
export const coinsPerPage = 70;

const coinSchema = z.object({
  mint: shortText,
  name: optionalText,
  symbol: optionalText,
  creator: optionalText,
  /** Epoch milliseconds by most accounts; a value in seconds is recognised by its size. */
  created_timestamp: z.number().positive().nullish().catch(null),
  complete: z.boolean().nullish().catch(null),
  usd_market_cap: optionalNumeric,
  pump_swap_pool: optionalText,
});
type Coin = z.output<typeof coinSchema>;

/** A list of coins, or coins in an object by an unknown name (seen to change). */
export function decodeCoins(body: unknown, origin: CandidateOrigin | null): Decoded {
  const list = Array.isArray(body) ? body : firstList(body);
  return decodeItems(list ?? body, coinSchema, (coin) => observeCoin(coin, origin));
}

export function decodeCoin(body: unknown): Decoded {
  const parsed = coinSchema.safeParse(body);
  if (!parsed.success) return { observations: [], faults: [fault('not a coin', body)] };
  return { observations: [observeCoin(parsed.data, null)], faults: [] };
}

function firstList(body: unknown): unknown[] | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  return Object.values(body).find((value): value is unknown[] => Array.isArray(value));
}

const firstMillisecond = 1e12;

function observeCoin(coin: Coin, origin: CandidateOrigin | null): CandidateObservation {
  const created = coin.created_timestamp ?? undefined;
  const createdAt =
    created === undefined ? undefined : created < firstMillisecond ? created * 1_000 : created;
  return {
    chain: 'solana',
    address: coin.mint,
    origin,
    name: candidateName(coin.name),
    symbol: candidateSymbol(coin.symbol),
    facts: knownFacts({
      // No price: the reserves may be in SOL or in USDC, and nothing in the answer says which.
      market_cap_usd: coin.usd_market_cap,
      created_at: createdAt === undefined ? undefined : Math.round(createdAt),
      creator: cleanReference(coin.creator),
      pool: cleanReference(coin.pump_swap_pool),
      // By the published program, a completed curve moves to PumpSwap and its liquidity tokens are burnt.
      liquidity_lock: coin.complete === true && coin.pump_swap_pool !== '' ? 'burned' : undefined,
    }),
  };
}
