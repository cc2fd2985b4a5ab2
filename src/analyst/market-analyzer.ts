// Market state per asset class: volatility and activity across instruments, spoken only when it matters.
// It must stay cheap per candle and must say null rather than guess before warm-up.
import type { AssetClass } from '../shared/domain/instrument.ts';
import { type EpochMs, minuteMs } from '../shared/domain/time.ts';
import type { MarketState } from '../shared/domain/vitals.ts';
import type { InstrumentWindows } from './instrument-windows.ts';

/** A state is repeated after this much candle time even when nothing changed. */
const stateIntervalMs = 15 * minuteMs;
/** A relative change of activity that is worth saying at once. */
const materialChange = 0.25;
/** Below this, activity is noise: changes are measured against it. */
const quietActivity = 0.1;
/** Instruments whose newest candle is older than this many base candles do not count. */
export const freshCandles = 3;

export class MarketAnalyzer {
  readonly #assetClass: AssetClass;
  readonly #members: readonly InstrumentWindows[];
  readonly #baseMs: number;
  readonly #scratch: Float64Array;
  #checkedThrough: EpochMs = 0;
  #saidThrough: EpochMs = 0;
  #said: MarketState | undefined;

  constructor(assetClass: AssetClass, members: readonly InstrumentWindows[], baseMs: number) {
    this.#assetClass = assetClass;
    this.#members = members;
    this.#baseMs = baseMs;
    this.#scratch = new Float64Array(members.length);
  }

  /** A state to emit after a candle that closed at `closedAt`, or undefined. Looks once per instant, not per candle. */
  afterCandle(closedAt: EpochMs, now: EpochMs): MarketState | undefined {
    if (closedAt <= this.#checkedThrough) return undefined;
    this.#checkedThrough = closedAt;
    const due = this.#said === undefined || closedAt - this.#saidThrough >= stateIntervalMs;
    const activity = this.#median('activity');
    if (!due && !materiallyDifferent(activity, this.#said?.activity ?? null)) return undefined;
    return this.#say(activity, now);
  }

  /** As after a candle, for a batch of past candles: said only when it is news. */
  afterHistory(closedAt: EpochMs, now: EpochMs): MarketState | undefined {
    this.#checkedThrough = Math.max(this.#checkedThrough, closedAt);
    const activity = this.#median('activity');
    const news = this.#said === undefined || materiallyDifferent(activity, this.#said.activity);
    return news ? this.#say(activity, now) : undefined;
  }

  /** The state now, when it differs from the last one said; for scans. */
  refreshed(now: EpochMs): MarketState | undefined {
    const said = this.#said;
    const activity = this.#median('activity');
    if (said !== undefined && said.activity === activity && said.volatility === this.#median('annualised'))
      return undefined;
    return this.#checkedThrough === 0 ? undefined : this.#say(activity, now);
  }

  #say(activity: number | null, now: EpochMs): MarketState {
    this.#saidThrough = this.#checkedThrough;
    this.#said = {
      asset_class: this.#assetClass,
      volatility: this.#median('annualised'),
      activity,
      instruments: this.#members.filter((member) => this.#fresh(member)).length,
      at: now,
    };
    return this.#said;
  }

  #fresh(member: InstrumentWindows): boolean {
    const closed = member.closedThrough;
    return closed > 0 && this.#checkedThrough - closed <= freshCandles * this.#baseMs;
  }

  /** Median over fresh, warmed-up instruments, so that one wild instrument cannot speak for all. */
  #median(measure: 'activity' | 'annualised'): number | null {
    let count = 0;
    for (const member of this.#members) {
      if (!this.#fresh(member)) continue;
      const value = member.volatility[measure];
      if (Number.isNaN(value)) continue;
      this.#scratch[count++] = value;
    }
    if (count === 0) return null;
    const values = this.#scratch.subarray(0, count);
    if (count > 1) values.sort();
    const middle = values[count >> 1] ?? 0;
    const median = count % 2 === 1 ? middle : (middle + (values[(count >> 1) - 1] ?? 0)) / 2;
    return Math.round(median * 1e6) / 1e6;
  }
}

function materiallyDifferent(now: number | null, said: number | null): boolean {
  if (now === null || said === null) return now !== said;
  return Math.abs(now - said) >= materialChange * Math.max(said, quietActivity);
}
