// Tells a fault of the feed from a move of the market, one series of candles at a time, in constant time and memory.
// A row far from the last believed price is a suspect. Only later rows clear it: a market trades on from where it went,
// a fault is gone at once. It must never repair a price, nor judge by anything but rows it was given.

import { instrumentFor } from '../../../shared/domain/instrument.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';

/** Distances between prices are written as excess ratios: 0.1 means the larger is 1.1 times the smaller. */
export interface SpikeLimits {
  /** No move below this is suspected, however quiet the market was. */
  readonly floor: number;
  /** Beyond this every move is suspected, however wild the market was, and one row does not clear it. */
  readonly absurd: number;
  /** What stands for all limits until the scale of moves is known; default `absurd`. */
  readonly unproven?: number;
}

/**
 * `pass`: believed. `suspect`: wait for the rows that follow. `confirms`: believed, and so are the suspects before it.
 * `returns`: believed, and the suspects before it were a spike. `replaces`: the suspects before it were a spike, and this
 * row is a suspect itself. `wick`: the row alone is impossible, nothing else changes.
 */
export type SpikeVerdict = 'pass' | 'suspect' | 'confirms' | 'returns' | 'replaces' | 'wick';

export const spikeReason = 'price spike: no later row stayed there';
export const wickReason = 'absurd spike inside the candle';

/** Rows before the recent scale of moves is known; until then only absurd moves are suspected. */
const warmUpRows = 32;
const scaleWeight = 1 / 64;
/** A row is suspected that opens this many mean moves of late away from the last price. */
const suspectScales = 50;
/** A move within the row, which began where the market was, must be this many mean moves. So must a wick. */
const innerScales = 200;
/** A row counts into the scale with at most this many times the scale, so that one crash does not blind the guard. */
const maxScaleShare = 10;
/** What a move within the row, and a wick, may always be. */
const innerFloors = 5;
const wickFloors = 10;
/** Silence widens the limit by its square root, up to this many steps. */
const maxSilenceSteps = 64;
/** Rows that must agree with a suspect that opened absurdly far away before it is believed; others need one. */
const absurdConfirmations = 3;

const cryptoLimits: SpikeLimits = { floor: 0.1, absurd: 4 };
const tokenLimits: SpikeLimits = { floor: 0.2, absurd: 2 };
const forexLimits: SpikeLimits = { floor: 0.02, absurd: 0.3 };

/** Limits by what the symbol is; a symbol of no known kind is taken for a crypto pair, the wider choice. */
export function spikeLimitsOf(symbol: string): SpikeLimits {
  const instrument = instrumentFor(symbol);
  if (instrument?.assetClass === 'forex') return forexLimits;
  return instrument?.kind === 'dex_token' ? tokenLimits : cryptoLimits;
}

/** How far two prices are apart, as an excess ratio. */
export function apart(left: number, right: number): number {
  return left > right ? left / right - 1 : right / left - 1;
}

export class SpikeGuard {
  readonly #limits: SpikeLimits;
  readonly #stepMs: number;
  #level = 0;
  #levelAt: EpochMs = 0;
  /** Mean size of a row's move, of the rows believed so far. */
  #scale = 0;
  #rows = 0;
  #suspects = 0;
  #suspectPrice = 0;
  #needed = 0;

  constructor(limits: SpikeLimits, stepMs: number) {
    this.#limits = limits;
    this.#stepMs = stepMs;
  }

  /** Suspects that no row has cleared yet. */
  get suspects(): number {
    return this.#suspects;
  }

  /** Beyond what distance from the last believed price a price of the instant is suspected. */
  limitAt(at: EpochMs): number {
    const { floor, absurd } = this.#limits;
    if (this.#rows < warmUpRows) return this.#limits.unproven ?? absurd;
    const steps = Math.min(maxSilenceSteps, Math.max(1, (at - this.#levelAt) / this.#stepMs));
    const limit = Math.max(floor, suspectScales * this.#scale);
    return Math.min(absurd, steps > 1 ? limit * Math.sqrt(steps) : limit);
  }

  /** Judges the next row. Its prices must be above zero and finite, its open time after the row's before. */
  judge(openTime: EpochMs, open: number, high: number, low: number, close: number): SpikeVerdict {
    if (this.#isWick(open, high, low, close)) return 'wick';
    if (this.#rows === 0) {
      this.#believe(openTime, close);
      return 'pass';
    }
    const limit = this.limitAt(openTime);
    if (this.#suspects > 0) return this.#judgeAfterSuspect(openTime, open, close, limit);
    if (apart(open, this.#level) > limit || apart(close, this.#level) > this.#innerLimit(limit)) {
      this.#suspect(open, close);
      return 'suspect';
    }
    this.#believe(openTime, close);
    return 'pass';
  }

  #judgeAfterSuspect(openTime: EpochMs, open: number, close: number, limit: number): SpikeVerdict {
    const before = this.#suspectPrice;
    // The open first: a market that fell and rose again opened where the fall had ended.
    const goesOn = apart(open, before) <= limit;
    const isBack = !goesOn && (apart(open, this.#level) <= limit || apart(close, this.#level) <= limit);
    if (goesOn || (!isBack && apart(close, before) <= limit)) {
      this.#suspects += 1;
      this.#suspectPrice = close;
      if (this.#suspects <= this.#needed) return 'suspect';
      this.#believe(openTime, close);
      return 'confirms';
    }
    if (isBack && apart(close, this.#level) <= limit) {
      this.#believe(openTime, close);
      return 'returns';
    }
    this.#suspect(open, close);
    return 'replaces';
  }

  /** A market that moves far within a row goes on from there in the next: this is wider than the limit of a jump. */
  #innerLimit(limit: number): number {
    if (this.#rows < warmUpRows) return limit;
    const { floor, absurd } = this.#limits;
    return Math.min(absurd, Math.max(limit, innerFloors * floor, innerScales * this.#scale));
  }

  #suspect(open: number, close: number): void {
    this.#suspects = 1;
    this.#suspectPrice = close;
    this.#needed = apart(open, this.#level) > this.#limits.absurd ? absurdConfirmations : 1;
  }

  #believe(openTime: EpochMs, close: number): void {
    if (this.#rows > 0) {
      const move = apart(close, this.#level);
      const weight = Math.max(scaleWeight, 1 / this.#rows);
      // Never so small that a series that stood still could not come to life again.
      const most = Math.max(maxScaleShare * this.#scale, this.#limits.floor / suspectScales);
      const share = this.#rows < warmUpRows ? move : Math.min(move, most);
      this.#scale += weight * (share - this.#scale);
    }
    this.#rows += 1;
    this.#level = close;
    this.#levelAt = openTime;
    this.#suspects = 0;
  }

  #isWick(open: number, high: number, low: number, close: number): boolean {
    const { floor, absurd } = this.#limits;
    const top = open > close ? open : close;
    const bottom = open > close ? close : open;
    const wick = Math.max(high / top, bottom / low) - 1;
    // Most rows end here.
    if (wick <= floor) return false;
    if (this.#rows < warmUpRows) return wick > (this.#limits.unproven ?? absurd);
    return wick > Math.min(absurd, Math.max(wickFloors * floor, innerScales * this.#scale));
  }
}
