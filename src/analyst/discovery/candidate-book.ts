// Keeps the bounded book of candidates: merges what sources say of a token, measures growth, runs the filters.
// It must never trade on a candidate, and never remember anything that is not in its rows.
import type { StateReader, Turn } from '../../kernel/agent.ts';
import type {
  Candidate,
  CandidateBatch,
  CandidateFacts,
  CandidateGrowth,
  CandidateObservation,
  CandidateOrigin,
  TokenSafety,
} from '../../shared/domain/candidate.ts';
import { candidateId } from '../../shared/domain/candidate.ts';
import {
  type CandidateLimits,
  defaultCandidateLimits,
  runFilters,
  verdictOf,
} from '../../shared/domain/candidate-filters.ts';
import { type EpochMs, hourMs, minuteMs } from '../../shared/domain/time.ts';

export const maxCandidates = 400;
/** Of them, tokens of which nothing but their launch is known: tens of thousands are launched each day. */
export const maxLaunchesOnly = 100;
/** An observation that changes no verdict, filter or origin is left out until the row is this old. */
export const refreshMs = 5 * minuteMs;
const baselineMs = hourMs;
const minGrowthMs = 5 * minuteMs;
/** Growth to this multiple within the baseline is a reason of its own to look. */
const growthOrigin = 2;
const maxOrigins = 12;
const maxPrices = 6;

export class CandidateBook {
  readonly #limits: CandidateLimits;
  readonly #candidates = new Map<string, Candidate>();

  constructor(limits: CandidateLimits = defaultCandidateLimits) {
    this.#limits = limits;
  }

  restore(state: StateReader): void {
    for (const [id, candidate] of state.all('candidates')) this.#candidates.set(id, candidate);
  }

  observe(batch: CandidateBatch, turn: Turn): void {
    for (const observation of batch.observations) {
      const id = candidateId(observation.chain, observation.address);
      const known = this.#candidates.get(id);
      // A mere second look at a token that is not in the book, or not any more, is no reason to take it in.
      if (known === undefined && observation.origin === null) continue;
      const next = this.#merged(known, id, observation, batch.source, turn.now);
      if (known !== undefined && !isWorthWriting(known, next, turn.now)) continue;
      this.#candidates.set(id, next);
      turn.put('candidates', id, next);
    }
    this.#evict(turn);
  }

  #merged(
    known: Candidate | undefined,
    id: string,
    observation: CandidateObservation,
    source: string,
    now: EpochMs,
  ): Candidate {
    const facts: CandidateFacts = { ...known?.facts, ...observation.facts };
    const baseline = baselineOf(known, facts, now);
    const growth = growthOf(baseline, facts, now);
    const { price_usd: price } = observation.facts;
    const others = (known?.prices ?? []).filter((entry) => entry.source !== source);
    const prices =
      price === undefined
        ? (known?.prices ?? [])
        : [...others, { source, price_usd: price, at: now }].slice(-maxPrices);
    const safety = safetyOf(facts, now);
    const filters = runFilters({ facts, prices, safety }, this.#limits, now);
    return {
      id,
      chain: observation.chain,
      address: observation.address,
      name: observation.name === '' ? (known?.name ?? '') : observation.name,
      symbol: observation.symbol === '' ? (known?.symbol ?? '') : observation.symbol,
      origins: originsOf(known, [observation.origin, ...grownBy(growth)], source, now),
      facts,
      prices,
      baseline,
      growth,
      safety,
      filters,
      verdict: verdictOf(filters),
      first_seen_at: known?.first_seen_at ?? now,
      last_seen_at: now,
    };
  }

  #evict(turn: Turn): void {
    const launches = [...this.#candidates.values()].filter(isLaunchOnly);
    this.#removeOldest(launches, launches.length - maxLaunchesOnly, turn);
    this.#removeOldest([...this.#candidates.values()], this.#candidates.size - maxCandidates, turn);
  }

  /** Rejected ones go first, eligible ones last; among equals the one not heard of for longest. */
  #removeOldest(candidates: Candidate[], count: number, turn: Turn): void {
    if (count <= 0) return;
    candidates.sort(
      (a, b) =>
        rank[a.verdict] - rank[b.verdict] || a.last_seen_at - b.last_seen_at || (a.id < b.id ? -1 : 1),
    );
    for (const { id } of candidates.slice(0, count)) {
      this.#candidates.delete(id);
      turn.remove('candidates', id);
    }
  }
}

const rank = { rejected: 0, unverified: 1, eligible: 2 } as const;

function isLaunchOnly(candidate: Candidate): boolean {
  return candidate.origins.every(({ origin }) => origin === 'launch');
}

function isWorthWriting(before: Candidate, after: Candidate, now: EpochMs): boolean {
  if (now - before.last_seen_at >= refreshMs) return true;
  if (before.verdict !== after.verdict || before.origins.length !== after.origins.length) return true;
  return after.filters.some((filter, index) => filter.outcome !== before.filters[index]?.outcome);
}

function baselineOf(
  known: Candidate | undefined,
  facts: CandidateFacts,
  now: EpochMs,
): Candidate['baseline'] {
  const fresh = {
    at: now,
    volume_h1_usd: facts.volume_h1_usd ?? null,
    liquidity_usd: facts.liquidity_usd ?? null,
  };
  if (known === undefined || now - known.baseline.at > baselineMs) return fresh;
  // The first word on an amount is its baseline, also when it comes from the second source.
  const { volume_h1_usd: volume, liquidity_usd: liquidity } = known.baseline;
  if (volume === null && fresh.volume_h1_usd !== null) return fresh;
  if (liquidity === null && fresh.liquidity_usd !== null) return fresh;
  return known.baseline;
}

function growthOf(baseline: Candidate['baseline'], facts: CandidateFacts, now: EpochMs): CandidateGrowth {
  if (now - baseline.at < minGrowthMs) return { since: null, volume: 'unknown', liquidity: 'unknown' };
  return {
    since: baseline.at,
    volume: multiple(facts.volume_h1_usd, baseline.volume_h1_usd),
    liquidity: multiple(facts.liquidity_usd, baseline.liquidity_usd),
  };
}

function multiple(now: number | undefined, then: number | null): number | 'unknown' {
  if (now === undefined || then === null || then <= 0) return 'unknown';
  const value = now / then;
  return Number.isFinite(value) ? value : 'unknown';
}

function grownBy(growth: CandidateGrowth): readonly CandidateOrigin[] {
  const grown: CandidateOrigin[] = [];
  if (growth.volume !== 'unknown' && growth.volume >= growthOrigin) grown.push('volume_growth');
  if (growth.liquidity !== 'unknown' && growth.liquidity >= growthOrigin) grown.push('liquidity_growth');
  return grown;
}

/** Each origin of each source once, with when it was first given. */
function originsOf(
  known: Candidate | undefined,
  given: readonly (CandidateOrigin | null)[],
  source: string,
  now: EpochMs,
): Candidate['origins'] {
  const origins = [...(known?.origins ?? [])];
  for (const origin of given) {
    if (origin === null || origins.length >= maxOrigins) continue;
    if (origins.some((entry) => entry.origin === origin && entry.source === source)) continue;
    origins.push({ origin, source, at: now });
  }
  return origins;
}

function safetyOf(facts: CandidateFacts, now: EpochMs): TokenSafety {
  return {
    mint_authority: facts.mint_authority ?? 'unknown',
    freeze_authority: facts.freeze_authority ?? 'unknown',
    liquidity_lock: facts.liquidity_lock ?? 'unknown',
    top_10_holders_pct: facts.top_10_holders_pct ?? 'unknown',
    holders: facts.holders ?? 'unknown',
    age_minutes:
      facts.created_at === undefined
        ? 'unknown'
        : Math.max(0, Math.floor((now - facts.created_at) / minuteMs)),
    buys_h24: facts.buys_h24 ?? 'unknown',
    sells_h24: facts.sells_h24 ?? 'unknown',
    creator: facts.creator ?? 'unknown',
    creator_tokens: facts.creator_tokens ?? 'unknown',
  };
}
