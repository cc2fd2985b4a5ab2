// What GeckoTerminal may send (JSON:API): pools with their tokens, and what it knows of a token's safety.
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
  maxItems,
  optionalCount,
  optionalNumeric,
  optionalText,
  shortText,
} from '../shared/lenient-json.ts';

const reference = z.object({ data: z.object({ id: shortText }) });
const trades = z.object({ buys: optionalCount, sells: optionalCount }).nullish().catch(null);

const poolSchema = z.object({
  attributes: z.object({
    address: optionalText,
    name: optionalText,
    base_token_price_usd: optionalNumeric,
    reserve_in_usd: optionalNumeric,
    market_cap_usd: optionalNumeric,
    pool_created_at: optionalText,
    volume_usd: z.object({ h1: optionalNumeric, h24: optionalNumeric }).nullish(),
    transactions: z.object({ h24: trades }).nullish().catch(null),
  }),
  relationships: z.object({
    base_token: reference,
    dex: reference.nullish().catch(null),
  }),
});
type Pool = z.output<typeof poolSchema>;

const includedSchema = z.object({
  id: shortText,
  type: z.literal('token'),
  attributes: z.object({ name: optionalText, symbol: optionalText }),
});
type Included = z.output<typeof includedSchema>;

const authority = z.enum(['yes', 'no']).nullish().catch(null);
const tokenInfoSchema = z.object({
  data: z.object({
    attributes: z.object({
      address: shortText,
      name: optionalText,
      symbol: optionalText,
      mint_authority: authority,
      freeze_authority: authority,
      holders: z
        .object({
          count: optionalCount,
          distribution_percentage: z.object({ top_10: optionalNumeric }).nullish(),
        })
        .nullish(),
    }),
  }),
});

const envelope = z.object({ data: z.unknown(), included: z.unknown().optional() });

/** Pools of one network; the chain is named as elsewhere in the house. */
export function decodePools(body: unknown, chain: string, origin: CandidateOrigin | null): Decoded {
  const parsed = envelope.safeParse(body);
  if (!parsed.success) return { observations: [], faults: [fault('not a documented answer', body)] };
  const tokens = new Map<string, Included>();
  const included = Array.isArray(parsed.data.included) ? parsed.data.included.slice(0, 3 * maxItems) : [];
  for (const entry of included) {
    const token = includedSchema.safeParse(entry);
    if (token.success) tokens.set(token.data.id, token.data);
  }
  return decodeItems(parsed.data.data, poolSchema, (pool) => observePool(pool, tokens, chain, origin));
}

/** Safety of one token. `no` means that nobody holds the authority; anything but yes and no is unknown. */
export function decodeTokenInfo(body: unknown, chain: string): Decoded {
  const parsed = tokenInfoSchema.safeParse(body);
  if (!parsed.success) return { observations: [], faults: [fault('not a documented answer', body)] };
  const token = parsed.data.data.attributes;
  const observation: CandidateObservation = {
    chain,
    address: token.address,
    origin: null,
    name: candidateName(token.name),
    symbol: candidateSymbol(token.symbol),
    facts: knownFacts({
      mint_authority: authorityOf(token.mint_authority),
      freeze_authority: authorityOf(token.freeze_authority),
      top_10_holders_pct: token.holders?.distribution_percentage?.top_10,
      holders: token.holders?.count,
    }),
  };
  return { observations: [observation], faults: [] };
}

function authorityOf(said: 'yes' | 'no' | null | undefined): 'held' | 'renounced' | undefined {
  return said === 'yes' ? 'held' : said === 'no' ? 'renounced' : undefined;
}

function observePool(
  { attributes, relationships }: Pool,
  tokens: ReadonlyMap<string, Included>,
  chain: string,
  origin: CandidateOrigin | null,
): CandidateObservation {
  const tokenId = relationships.base_token.data.id;
  const token = tokens.get(tokenId)?.attributes;
  const createdAt = Date.parse(attributes.pool_created_at);
  // A pool's name is "BASE / QUOTE", with a fee at the end on some exchanges.
  const [base = '', quote = ''] = attributes.name.split(' / ', 2);
  const quoteSymbol = candidateSymbol(quote.split(' ', 1)[0] ?? '');
  const { base_token_price_usd: price, volume_usd: volume, transactions } = attributes;
  return {
    chain,
    // Ids are "network_address".
    address: tokenId.slice(tokenId.indexOf('_') + 1),
    origin,
    name: candidateName(token?.name ?? base),
    symbol: candidateSymbol(token?.symbol ?? base),
    facts: knownFacts({
      price_usd: price === 0 ? undefined : price,
      liquidity_usd: attributes.reserve_in_usd,
      volume_h1_usd: volume?.h1,
      volume_h24_usd: volume?.h24,
      market_cap_usd: attributes.market_cap_usd,
      buys_h24: transactions?.h24?.buys,
      sells_h24: transactions?.h24?.sells,
      created_at: Number.isNaN(createdAt) ? undefined : createdAt,
      pool: cleanReference(attributes.address),
      dex: cleanReference(relationships.dex?.data.id ?? ''),
      quote_symbol: quoteSymbol === '' ? undefined : quoteSymbol,
    }),
  };
}
