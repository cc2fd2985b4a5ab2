// A look: one subject (an instrument) judged once by a task. What it may cost, why it was taken, and what it showed.
import { type EpochMs, minuteMs } from './time.ts';

/** What looking may cost and how long a symbol may go without a look; part of the agents' settings. */
export interface LookSettings {
  /** Mean looks per symbol and hour: each source's calls per hour are this times its symbols ... */
  readonly looks_per_hour: number;
  /** ... unless given here, by source name. */
  readonly source_calls_per_hour: Readonly<Record<string, number>>;
  /** CPU seconds per hour that all looks together may use. */
  readonly cpu_seconds_per_hour: number;
  /** Longest time without a look at a symbol while its market is admitted. */
  readonly max_interval_ms: number;
  /** Source of each symbol; a symbol not named belongs to the first source. */
  readonly source_of: Readonly<Record<string, string>>;
}

export const defaultLookSettings: LookSettings = {
  looks_per_hour: 6,
  source_calls_per_hour: {},
  cpu_seconds_per_hour: 180,
  max_interval_ms: 30 * minuteMs,
  source_of: {},
};

/** Why a subject was looked at, as the decision records it. */
export interface LookRecord {
  /** Derived from subject and time: the same slot has the same id after a restart. */
  readonly slot_id: string;
  readonly symbol: string;
  /** `gain` worth its price, `floor` its maximum interval, `overflow` budget that would lapse, `asked` outside the queue. */
  readonly reason: 'gain' | 'floor' | 'overflow' | 'asked';
  /** Expected gain and price, both in find values. */
  readonly gain: number;
  readonly price: number;
  /** The strongest terms in words. */
  readonly text: string;
}

/** Close of one bar: [close time, close, volume]. */
export type LookBar = readonly [at: EpochMs, close: number, volume: number];

/** What a task asks its handler to report of each symbol beside its work. */
export interface LookRequest {
  readonly bar_ms: number;
  /** At most this many of the newest bars per symbol. */
  readonly max_bars: number;
  /** Per symbol of the task: close time of the last bar known; 0 for none. */
  readonly after: readonly EpochMs[];
}

/** What one look showed. */
export interface LookAnswer {
  readonly symbol: string;
  /** False when there was nothing to look at: no data, or too old. */
  readonly seen: boolean;
  /** Opportunities found: signals given. */
  readonly found: number;
  /** Closed bars since the last look, oldest first. */
  readonly bars: readonly LookBar[];
}

/** Bars in one answer, all symbols together. */
export const maxBarsPerAnswer = 20_000;
/** Looks put in words, one by one, in a decision; its tasks name every symbol. */
export const maxLooksTold = 24;
/** Symbols of one task. */
export const maxLooksPerTask = 256;
