// What DexScreener may send, by its public reference and by what clients have seen. Everything from outside passes
// here before it is used; names and symbols are strangers' text.
import { z } from 'zod';
import type { CandidateObservation, CandidateOrigin } from '../../../shared/domain/candidate.ts';
import {
  candidateName,
  candidateSymbol,
  cleanReference,
  type Decoded,
  decodeItems,
  knownFacts,
  nothingDecoded,
  optionalCount,
  optionalNumeric,
  optionalText,
  shortText,
} from '../shared/lenient-json.ts';

const token = z.object({ address: shortText, name: optionalText, symbol: optionalText });
const trades = z.object({ buys: optionalCount, sells: optionalCount }).nullish().catch(null);
const windows = z.object({ h1: optionalNumeric, h24: optionalNumeric }).nullish();

const pairSchema = z.object({
  chainId: shortText,
  dexId: optionalText,
  pairAddress: optionalText,
  baseToken: token,
  quoteToken: z.object({ symbol: optionalText }).nullish().catch(null),
  priceUsd: optionalNumeric,
  txns: z.object({ h24: trades }).nullish().catch(null),
  volume: windows,
  liquidity: z.object({ usd: optionalNumeric }).nullish(),
  marketCap: optionalNumeric,
  pairCreatedAt: z.number().int().positive().nullish().catch(null),
  boosts: z.object({ active: optionalCount }).nullish().catch(null),
});
type Pair = z.output<typeof pairSchema>;

const promotedSchema = z.object({
  chainId: shortText,
  tokenAddress: shortText,
  /** Of the boost feeds; the top feed gives only the total. */
  amount: optionalCount,
  totalAmount: optionalCount,
});

/** Pairs of an answer, bare list or in an object; `pairs: null` is an empty answer. The deepest pool per token. */
export function decodePairs(body: unknown, origin: CandidateOrigin | null = null): Decoded {
  const list = pairsOf(body);
  if (list === null) return nothingDecoded;
  const decoded = decodeItems(list, pairSchema, (pair) => observePair(pair, origin));
  return { ...decoded, observations: deepestPerToken(decoded.observations) };
}

/** Profiles and boosts: token references with the reason why they came up, and nothing of a market. */
export function decodePromoted(body: unknown, origin: 'profile' | 'boost'): Decoded {
  // The reference shows one object where the service sends a list.
  const list = Array.isArray(body) || typeof body !== 'object' || body === null ? body : [body];
  return decodeItems(list, promotedSchema, ({ chainId, tokenAddress, totalAmount, amount }) => ({
    chain: chainId,
    address: tokenAddress,
    origin,
    name: '',
    symbol: '',
    facts: origin === 'boost' ? knownFacts({ boosts: totalAmount ?? amount }) : {},
  }));
}

function pairsOf(body: unknown): unknown {
  if (Array.isArray(body)) return body;
  if (typeof body !== 'object' || body === null || !('pairs' in body)) return body;
  return body.pairs;
}

function observePair(pair: Pair, origin: CandidateOrigin | null): CandidateObservation {
  const { baseToken, quoteToken } = pair;
  const quote = candidateSymbol(quoteToken?.symbol ?? '');
  return {
    chain: pair.chainId,
    address: baseToken.address,
    origin,
    name: candidateName(baseToken.name),
    symbol: candidateSymbol(baseToken.symbol),
    facts: knownFacts({
      // A price of zero means that there is none.
      price_usd: pair.priceUsd === 0 ? undefined : pair.priceUsd,
      liquidity_usd: pair.liquidity?.usd,
      volume_h1_usd: pair.volume?.h1,
      volume_h24_usd: pair.volume?.h24,
      market_cap_usd: pair.marketCap,
      buys_h24: pair.txns?.h24?.buys,
      sells_h24: pair.txns?.h24?.sells,
      created_at: pair.pairCreatedAt ?? undefined,
      boosts: pair.boosts?.active,
      pool: cleanReference(pair.pairAddress),
      dex: cleanReference(pair.dexId),
      quote_symbol: quote === '' ? undefined : quote,
    }),
  };
}

/** After graduation the bonding curve stays listed with an old price: it counts only where nothing else is. */
const curveDex = 'pumpfun';

function deepestPerToken(observations: readonly CandidateObservation[]): readonly CandidateObservation[] {
  const best = new Map<string, CandidateObservation>();
  for (const observation of observations) {
    const key = `${observation.chain}:${observation.address}`;
    const known = best.get(key);
    if (known === undefined || depth(observation) > depth(known)) best.set(key, observation);
  }
  return [...best.values()];
}

function depth({ facts }: CandidateObservation): number {
  return facts.dex === curveDex ? -1 : (facts.liquidity_usd ?? 0);
}
