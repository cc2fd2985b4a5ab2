// The chain of filters a candidate goes through, each with the value it looked at and its limit. Pure.
// An unknown value never passes: it makes the candidate unverified, not safe.
import type { Candidate, CandidateVerdict, FilterResult } from './candidate.ts';
import { type EpochMs, minuteMs } from './time.ts';

export interface CandidateLimits {
  readonly min_liquidity_usd: number;
  readonly min_volume_h24_usd: number;
  readonly min_age_minutes: number;
  readonly min_trades_h24: number;
  /** Sells among all trades; where nobody can sell, nobody does. */
  readonly min_sell_share: number;
  /** More turnover than this many times the pool is taken for wash trading. */
  readonly max_volume_to_liquidity: number;
  readonly max_top_10_holders_pct: number;
  readonly max_creator_tokens: number;
  /** Largest price over smallest among sources that spoke lately. */
  readonly max_price_disagreement: number;
}

export const defaultCandidateLimits: CandidateLimits = {
  min_liquidity_usd: 20_000,
  min_volume_h24_usd: 50_000,
  min_age_minutes: 60,
  min_trades_h24: 200,
  min_sell_share: 0.1,
  max_volume_to_liquidity: 50,
  max_top_10_holders_pct: 30,
  max_creator_tokens: 5,
  max_price_disagreement: 1.1,
};

/** Prices older than this are not compared with each other. */
const comparablePriceMs = 10 * minuteMs;

type Measured = Pick<Candidate, 'facts' | 'prices' | 'safety'>;

/** All filters in order; none is skipped, so that a reader sees the whole picture at once. */
export function runFilters(
  candidate: Measured,
  limits: CandidateLimits,
  now: EpochMs,
): readonly FilterResult[] {
  const { facts, safety } = candidate;
  const { liquidity_usd: liquidity, volume_h24_usd: volume } = facts;
  const { buys_h24: buys, sells_h24: sells } = safety;
  const trades = buys === 'unknown' || sells === 'unknown' ? undefined : buys + sells;
  return [
    atLeast('liquidity_usd', liquidity, limits.min_liquidity_usd),
    atLeast('volume_h24_usd', volume, limits.min_volume_h24_usd),
    atMost('volume_to_liquidity', ratio(volume, liquidity), limits.max_volume_to_liquidity),
    atLeast('age_minutes', safety.age_minutes, limits.min_age_minutes),
    atLeast('trades_h24', trades, limits.min_trades_h24),
    atLeast('sell_share', ratio(sells === 'unknown' ? undefined : sells, trades), limits.min_sell_share),
    atMost('price_disagreement', priceDisagreement(candidate, now), limits.max_price_disagreement),
    isOneOf('mint_authority', safety.mint_authority, ['renounced']),
    isOneOf('freeze_authority', safety.freeze_authority, ['renounced']),
    isOneOf('liquidity_lock', safety.liquidity_lock, ['burned', 'locked']),
    atMost('top_10_holders_pct', safety.top_10_holders_pct, limits.max_top_10_holders_pct),
    atMost('creator_tokens', safety.creator_tokens, limits.max_creator_tokens),
  ];
}

export function verdictOf(filters: readonly FilterResult[]): CandidateVerdict {
  if (filters.some((filter) => filter.outcome === 'failed')) return 'rejected';
  if (filters.some((filter) => filter.outcome === 'unknown')) return 'unverified';
  return 'eligible';
}

function atLeast(name: string, value: number | 'unknown' | undefined, limit: number): FilterResult {
  return compared(name, value, 'at least', limit, (known) => known >= limit);
}

function atMost(name: string, value: number | 'unknown' | undefined, limit: number): FilterResult {
  return compared(name, value, 'at most', limit, (known) => known <= limit);
}

function compared(
  name: string,
  value: number | 'unknown' | undefined,
  rule: 'at least' | 'at most',
  limit: number,
  holds: (value: number) => boolean,
): FilterResult {
  if (value === undefined || value === 'unknown')
    return { name, outcome: 'unknown', value: 'unknown', rule, limit };
  return { name, outcome: holds(value) ? 'passed' : 'failed', value, rule, limit };
}

function isOneOf(name: string, value: string, accepted: readonly string[]): FilterResult {
  const outcome = value === 'unknown' ? 'unknown' : accepted.includes(value) ? 'passed' : 'failed';
  return { name, outcome, value, rule: 'is', limit: accepted.join(' or ') };
}

function ratio(part: number | undefined, whole: number | undefined): number | undefined {
  if (part === undefined || whole === undefined || whole === 0) return undefined;
  return part / whole;
}

/** Undefined as long as fewer than two sources gave a price lately: agreement needs two. */
function priceDisagreement({ prices }: Measured, now: EpochMs): number | undefined {
  const recent = prices.filter(({ at }) => now - at <= comparablePriceMs).map(({ price_usd }) => price_usd);
  if (recent.length < 2) return undefined;
  return Math.max(...recent) / Math.min(...recent);
}
