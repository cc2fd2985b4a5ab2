// Scores the open claims of one instrument against base candles: right, wrong, or never known.
// It must not guess: a claim whose candles are missing waits for them and is dropped unscored when they never come.
import type { EpochMs } from '../shared/domain/time.ts';
import type { Claim } from './analyst-memory.ts';

/** Missing base candles in a row that count as a quiet market rather than as blindness. */
export const quietGapCandles = 5;
/** Base candles after its horizon that a claim with a hole waits for history to fill it. */
export const blindGraceCandles = 60;

export type Outcome = 'right' | 'wrong' | 'unknown';

interface Watch {
  readonly claim: Claim;
  next: EpochMs;
  blind: boolean;
}

export interface ScoredClaim {
  readonly claim: Claim;
  readonly outcome: Outcome;
}

const nothing: readonly ScoredClaim[] = [];

export class OutcomeScorer {
  readonly #baseMs: number;
  #watches: Watch[] = [];

  constructor(baseMs: number) {
    this.#baseMs = baseMs;
  }

  /** Watches exactly these claims, each from its beginning. */
  watch(claims: readonly Claim[]): void {
    this.#watches = claims.map((claim) => ({ claim, next: claim.from, blind: false }));
  }

  /** Adds one claim; the caller keeps their number bounded. */
  add(claim: Claim): void {
    this.#watches.push({ claim, next: claim.from, blind: false });
  }

  /** Stops watching the oldest claims beyond the newest `limit`. */
  keepNewest(limit: number): void {
    if (this.#watches.length > limit) this.#watches = this.#watches.slice(-limit);
  }

  /** Claims still open, oldest first. */
  get open(): readonly Claim[] {
    return this.#watches.map((watch) => watch.claim);
  }

  /** Takes in one closed base candle; returns the claims it settles, which are no longer watched. */
  onCandle(openTime: EpochMs, high: number, low: number): readonly ScoredClaim[] {
    if (this.#watches.length === 0) return nothing;
    // A hole blinds all claims alike, so that filling it later settles them in the order it really happened.
    if (this.#watches.some((watch) => openTime - watch.next > quietGapCandles * this.#baseMs))
      for (const watch of this.#watches) watch.blind = true;
    let settled: ScoredClaim[] | undefined;
    for (const watch of this.#watches) {
      const outcome = this.#judge(watch, openTime, high, low);
      if (outcome === undefined) continue;
      settled ??= [];
      settled.push({ claim: watch.claim, outcome });
    }
    if (settled === undefined) return nothing;
    const done = settled;
    this.#watches = this.#watches.filter((watch) => !done.some((scored) => scored.claim === watch.claim));
    return settled;
  }

  #judge(watch: Watch, openTime: EpochMs, high: number, low: number): Outcome | undefined {
    const { claim } = watch;
    if (openTime < watch.next) return undefined;
    if (watch.blind)
      return openTime >= claim.until + blindGraceCandles * this.#baseMs ? 'unknown' : undefined;
    watch.next = openTime + this.#baseMs;
    // The horizon ends before this candle does: it may no longer speak for the claim.
    if (watch.next > claim.until) return 'wrong';
    const { reference_price: reference, average_true_range: range } = claim;
    const upper = high >= reference + range;
    const lower = low <= reference - range;
    // Both in one candle: which came first is unknown, so the claim gets no credit.
    if (claim.direction === 1 ? lower : upper) return 'wrong';
    if (claim.direction === 1 ? upper : lower) return 'right';
    return undefined;
  }
}
