// The small durable memory of trading beside orders and positions: one bounded row, rewritten when it changes.
// It must never hold what can be read from orders or positions.
import type { DecimalText } from '../shared/domain/money.ts';
import { decimalText } from '../shared/domain/money.ts';
import { dayMs, type EpochMs } from '../shared/domain/time.ts';
import { maxMismatches } from './limits.ts';

export const memoryKey = 'trading_ai/account';

/** What leading a position out needs to know, changed only when its stop moves or its best price moved far. */
export interface ExitRecord {
  /** Distance from entry to the first stop in price units. */
  readonly risk: number;
  readonly best_price: number;
  /** When a stop was last sent to replace another; null before the first. */
  readonly moved_at: EpochMs | null;
}

/** A difference with the broker, believed only when a later snapshot shows the same again. */
export interface Mismatch {
  readonly key: string;
  readonly difference: DecimalText;
  readonly seen_at: EpochMs;
}

export interface TradingMemory {
  readonly version: 1;
  /** Settled balance: starting cash + realised profit - fees, exact. */
  readonly cash: DecimalText;
  readonly peak_equity: number;
  /** Days since the epoch (UTC) and the equity with which that day began. */
  readonly day: number;
  readonly day_open_equity: number;
  /** Last prices of symbols with an open position, so that a restart values them. */
  readonly marks: Readonly<Record<string, number>>;
  /** Last rates into the account currency of those whose quote currency is not the dollar; absent while there was none. */
  readonly rates?: Readonly<Record<string, number>>;
  readonly recent_entries: readonly EpochMs[];
  readonly cooldowns: Readonly<Record<string, EpochMs>>;
  /** Losing trades in a row, on any instrument, and until when they stop entries. */
  readonly losses_in_a_row: number;
  readonly paused_until: EpochMs;
  /** How many exits and stops were sent for a position. */
  readonly epochs: Readonly<Record<string, number>>;
  /** By position id. */
  readonly exits: Readonly<Record<string, ExitRecord>>;
  /** The question to the broker that is still open. */
  readonly question: { readonly id: string; readonly asked_at: EpochMs } | null;
  readonly questions: number;
  /** Questions in a row that left something open; lengthens the pause before the next. */
  readonly rounds: number;
  /** Why the broker must be asked although no order is in flight. */
  readonly doubt: { readonly reason: string; readonly at: EpochMs } | null;
  readonly mismatches: readonly Mismatch[];
  /** Symbols without new entries until the broker's answer and our books agree, with the reason. */
  readonly blocks: Readonly<Record<string, string>>;
  /** Differences booked as adoptions so far; keeps their ids apart without any time in them. */
  readonly adoptions: number;
}

function freshMemory(startingCash: number): TradingMemory {
  return {
    version: 1,
    cash: decimalText(startingCash),
    peak_equity: startingCash,
    day: -1,
    day_open_equity: startingCash,
    marks: {},
    recent_entries: [],
    cooldowns: {},
    losses_in_a_row: 0,
    paused_until: 0,
    epochs: {},
    exits: {},
    question: null,
    questions: 0,
    rounds: 0,
    doubt: null,
    mismatches: [],
    blocks: {},
    adoptions: 0,
  };
}

/** Throws when the row is not ours to read, for a wrong memory would be worse than a stop. */
export function readMemory(value: unknown, startingCash: number): TradingMemory {
  if (value === undefined) return freshMemory(startingCash);
  const memory = value as TradingMemory;
  if (memory.version !== 1) throw new Error('trading memory has an unknown version');
  return { ...freshMemory(startingCash), ...memory };
}

export function dayOf(at: EpochMs): number {
  return Math.floor(at / dayMs);
}

/** The record with one entry set or, with undefined, removed; the order of the others is kept. */
export function withEntry<Value>(
  record: Readonly<Record<string, Value>>,
  key: string,
  value: Value | undefined,
): Record<string, Value> {
  const { [key]: _dropped, ...rest } = record;
  return value === undefined ? rest : { ...rest, [key]: value };
}

export function boundedMismatches(mismatches: readonly Mismatch[]): readonly Mismatch[] {
  return mismatches.slice(0, maxMismatches);
}
