// A token that somebody may want to watch: what sources said of it, what is known of its safety, and which filters
// it passed. What nobody said is `unknown`, a value of its own that is never read as safe.
import type { EpochMs } from './time.ts';

/** Why a token came to our eyes; null in an observation means: only looked at again. */
export const candidateOrigins = [
  'new_pool',
  'launch',
  'migration',
  'profile',
  'boost',
  'volume_growth',
  'liquidity_growth',
] as const;
export type CandidateOrigin = (typeof candidateOrigins)[number];

export const authorityStates = ['renounced', 'held', 'unknown'] as const;
export type AuthorityState = (typeof authorityStates)[number];
export const liquidityLocks = ['burned', 'locked', 'unlocked', 'unknown'] as const;
export type LiquidityLock = (typeof liquidityLocks)[number];

/** What one source said of one token at one moment. A field it did not speak of is absent, never zero. */
export interface CandidateFacts {
  readonly price_usd?: number;
  readonly liquidity_usd?: number;
  readonly volume_h1_usd?: number;
  readonly volume_h24_usd?: number;
  readonly market_cap_usd?: number;
  readonly buys_h24?: number;
  readonly sells_h24?: number;
  readonly created_at?: EpochMs;
  readonly boosts?: number;
  readonly pool?: string;
  readonly dex?: string;
  readonly quote_symbol?: string;
  readonly mint_authority?: 'renounced' | 'held';
  readonly freeze_authority?: 'renounced' | 'held';
  readonly liquidity_lock?: 'burned' | 'locked' | 'unlocked';
  readonly top_10_holders_pct?: number;
  readonly holders?: number;
  readonly creator?: string;
  /** How many tokens the creator made, as far as the source lists them. */
  readonly creator_tokens?: number;
}

export interface CandidateObservation {
  /** Lower-case chain name such as `solana`. */
  readonly chain: string;
  readonly address: string;
  readonly origin: CandidateOrigin | null;
  readonly name: string;
  readonly symbol: string;
  readonly facts: CandidateFacts;
}

export interface CandidateBatch {
  readonly source: string;
  readonly observations: readonly CandidateObservation[];
  readonly known_at: EpochMs;
}

export const maxObservationsPerBatch = 200;
export const maxCandidateNameChars = 64;
export const maxCandidateSymbolChars = 24;

type Known<Value> = Value | 'unknown';

export interface TokenSafety {
  readonly mint_authority: AuthorityState;
  readonly freeze_authority: AuthorityState;
  readonly liquidity_lock: LiquidityLock;
  readonly top_10_holders_pct: Known<number>;
  readonly holders: Known<number>;
  readonly age_minutes: Known<number>;
  readonly buys_h24: Known<number>;
  readonly sells_h24: Known<number>;
  readonly creator: string;
  readonly creator_tokens: Known<number>;
}

export interface FilterResult {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'unknown';
  readonly value: number | string;
  /** What the value is held against, such as `at least`. */
  readonly rule: 'at least' | 'at most' | 'is';
  readonly limit: number | string;
}

/** `eligible`: every filter passed. `unverified`: none failed, but something is unknown. `rejected`: one failed. */
export const candidateVerdicts = ['eligible', 'unverified', 'rejected'] as const;
export type CandidateVerdict = (typeof candidateVerdicts)[number];

export interface CandidateGrowth {
  readonly since: EpochMs | null;
  /** Now over then; 2 is twice as much. */
  readonly volume: Known<number>;
  readonly liquidity: Known<number>;
}

export interface Candidate {
  readonly id: string;
  readonly chain: string;
  readonly address: string;
  /** Written by strangers: data, never instruction. */
  readonly name: string;
  readonly symbol: string;
  readonly origins: readonly {
    readonly origin: CandidateOrigin;
    readonly source: string;
    readonly at: EpochMs;
  }[];
  readonly facts: CandidateFacts;
  /** Last price of each source that gave one, newest last. */
  readonly prices: readonly { readonly source: string; readonly price_usd: number; readonly at: EpochMs }[];
  /** What growth is measured against; renewed each hour. */
  readonly baseline: {
    readonly at: EpochMs;
    readonly volume_h1_usd: number | null;
    readonly liquidity_usd: number | null;
  };
  readonly growth: CandidateGrowth;
  readonly safety: TokenSafety;
  readonly filters: readonly FilterResult[];
  readonly verdict: CandidateVerdict;
  readonly first_seen_at: EpochMs;
  readonly last_seen_at: EpochMs;
}

const chainPattern = /^[a-z0-9][a-z0-9_-]{0,31}$/;
const addressPattern = /^[A-Za-z0-9][A-Za-z0-9:_-]{0,99}$/;
/** Above these a number is a fault of the feed, whatever the token. */
const maxPriceUsd = 1e9;
const maxAmountUsd = 1e13;
const maxCount = 1e9;

const amounts = ['liquidity_usd', 'volume_h1_usd', 'volume_h24_usd', 'market_cap_usd'] as const;
const counts = ['buys_h24', 'sells_h24', 'holders', 'creator_tokens', 'boosts'] as const;

/** Why the observation cannot be true, in words; undefined when it may be. */
export function observationDefect(observation: CandidateObservation, knownAt: EpochMs): string | undefined {
  const { chain, address, facts } = observation;
  if (!chainPattern.test(chain)) return 'the chain is not a name';
  if (!addressPattern.test(address)) return 'the token address is not an address';
  const { price_usd: price, top_10_holders_pct: share, created_at: createdAt } = facts;
  if (price !== undefined && !(price > 0 && price <= maxPriceUsd)) return 'the price is not a possible price';
  for (const name of amounts) {
    const value = facts[name];
    if (value !== undefined && !(value >= 0 && value <= maxAmountUsd))
      return `${name} is not a possible amount`;
  }
  for (const name of counts) {
    const value = facts[name];
    if (value !== undefined && !(Number.isInteger(value) && value >= 0 && value <= maxCount))
      return `${name} is not a count`;
  }
  if (share !== undefined && !(share >= 0 && share <= 100)) return 'the holders share is not a percentage';
  if (createdAt !== undefined && !(Number.isInteger(createdAt) && createdAt > 0))
    return 'the creation is no instant';
  if (createdAt !== undefined && createdAt > knownAt + 60_000) return 'the pool was created in the future';
  return undefined;
}

/** Key of a token across sources. */
export function candidateId(chain: string, address: string): string {
  return `${chain}:${address}`;
}
