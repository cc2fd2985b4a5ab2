// Candidates as they would stand in the analyst's book, for the page and the API; made numbers, no market data.
import {
  type Candidate,
  type CandidateFacts,
  candidateId,
  type TokenSafety,
} from '../../src/shared/domain/candidate.ts';
import { defaultCandidateLimits, runFilters, verdictOf } from '../../src/shared/domain/candidate-filters.ts';
import { minuteMs } from '../../src/shared/domain/time.ts';

/** Text that must only ever be seen as text. */
export const hostileText =
  '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';

/** Candidates one young and concentrated, one of which little is known, judged by the real filters. */
export function sampleCandidates(now: number): readonly Candidate[] {
  return [
    candidateOf('solana', '9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin', 'DOGWIF', now - 4 * minuteMs, {
      liquidity_usd: 84_500,
      volume_h24_usd: 310_000,
      buys_h24: 812,
      sells_h24: 640,
      created_at: now - 190 * minuteMs,
      top_10_holders_pct: 61.5,
    }),
    candidateOf('base', '0x532f27101965dd16442e59d40670faf5ebb142e4', 'BRETT', now - 55 * minuteMs, {
      liquidity_usd: 1_200_000,
    }),
  ];
}

function candidateOf(
  chain: string,
  address: string,
  symbol: string,
  at: number,
  facts: CandidateFacts,
): Candidate {
  const { created_at: createdAt, buys_h24, sells_h24, top_10_holders_pct } = facts;
  const safety: TokenSafety = {
    mint_authority: 'unknown',
    freeze_authority: 'unknown',
    liquidity_lock: 'unknown',
    top_10_holders_pct: top_10_holders_pct ?? 'unknown',
    holders: 'unknown',
    age_minutes: createdAt === undefined ? 'unknown' : (at - createdAt) / minuteMs,
    buys_h24: buys_h24 ?? 'unknown',
    sells_h24: sells_h24 ?? 'unknown',
    creator: 'unknown',
    creator_tokens: 'unknown',
  };
  const filters = runFilters({ facts, prices: [], safety }, defaultCandidateLimits, at);
  return {
    id: candidateId(chain, address),
    chain,
    address,
    name: symbol === 'DOGWIF' ? hostileText : '',
    symbol,
    origins: [
      { origin: 'new_pool', source: 'geckoterminal', at },
      { origin: 'boost', source: 'dexscreener', at },
    ],
    facts,
    prices: [],
    baseline: { at, volume_h1_usd: null, liquidity_usd: facts.liquidity_usd ?? null },
    growth: { since: null, volume: 'unknown', liquidity: 'unknown' },
    safety,
    filters,
    verdict: verdictOf(filters),
    first_seen_at: at,
    last_seen_at: at,
  };
}
