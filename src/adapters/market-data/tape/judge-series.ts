// Joins the files of one series by time and judges its prices row by row: what no later row confirms is a spike.
// It must never drop a row without naming its file and line, and never let a suspect be known before what cleared it.
import { type Timeframe, timeframeMs } from '../../../shared/domain/candle.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';
import { apart, SpikeGuard, spikeLimitsOf, spikeReason, wickReason } from '../shared/spike-guard.ts';
import {
  type CandleColumns,
  columnNames,
  firstRowAtOrAfter,
  newColumns,
  sliceColumns,
} from './candle-columns.ts';

/** The recording ends before anything could confirm the move. */
export const unconfirmedReason = 'price jump at the end that no row confirms';
export const repeatReason = 'time already given by another file of the symbol';

/** Whatever the symbol: a handful of rows may be anything, as long as they are not absurd beside each other. */
const unprovenLimit = 4;

export interface SeriesPart {
  readonly file: string;
  readonly columns: CandleColumns;
  /** 1-based line of a row in the uncompressed file. */
  readonly lineOf: (row: number) => number;
}

/** A row that was left out. */
export interface RefusedRow {
  readonly part: SeriesPart;
  /** In the part's columns. */
  readonly row: number;
  readonly line: number;
  readonly reason: string;
}

export interface JudgedSeries {
  readonly columns: CandleColumns;
  /** Open times of rows that were suspects, with the instant at which a later row had cleared them. */
  readonly delayed: ReadonlyMap<EpochMs, EpochMs>;
  readonly refused: readonly RefusedRow[];
}

/** Parts of one symbol, timeframe and side; of a time that several give, the earlier part's row counts. */
export function judgeSeries(
  parts: readonly SeriesPart[],
  symbol: string,
  timeframe: Timeframe,
): JudgedSeries {
  const refused: RefusedRow[] = [];
  const refuse = (part: SeriesPart, row: number, reason: string) =>
    refused.push({ part, row, line: part.lineOf(row), reason });
  const joined = joinColumns(parts, (part, row) => refuse(part, row, repeatReason));
  const { spikes, delayed } = judgeColumns(joined, symbol, timeframe);
  for (const [row, reason] of spikes) {
    const at = joined.openTime[row] as number;
    for (const part of parts) {
      const own = firstRowAtOrAfter(part.columns, at);
      if (part.columns.openTime[own] !== at || own >= part.columns.count) continue;
      refuse(part, own, reason);
      break;
    }
  }
  return { columns: withoutRows(joined, spikes), delayed, refused };
}

/** The same columns without some rows. */
export function withoutRows(
  columns: CandleColumns,
  rows: { readonly size: number; has(row: number): boolean },
): CandleColumns {
  if (rows.size === 0) return columns;
  const kept = newColumns(columns.count);
  let count = 0;
  for (let row = 0; row < columns.count; row += 1) {
    if (rows.has(row)) continue;
    for (const name of columnNames) kept[name][count] = columns[name][row] as number;
    count += 1;
  }
  return sliceColumns(kept, 0, count);
}

/** Spikes by row with the reason. */
function judgeColumns(columns: CandleColumns, symbol: string, timeframe: Timeframe) {
  const spikes = new Map<number, string>();
  const delayed = new Map<EpochMs, EpochMs>();
  const stepMs = timeframeMs[timeframe];
  const guard = new SpikeGuard({ ...spikeLimitsOf(symbol), unproven: unprovenLimit }, stepMs);
  const { openTime, open, high, low, close, count } = columns;
  let waiting: number[] = [];
  const first = firstRowStandsAlone(columns, unprovenLimit) ? 1 : 0;
  if (first === 1) spikes.set(0, spikeReason);
  for (let row = first; row < count; row += 1) {
    const verdict = guard.judge(
      openTime[row] as number,
      open[row] as number,
      high[row] as number,
      low[row] as number,
      close[row] as number,
    );
    if (verdict === 'pass') continue;
    if (verdict === 'wick') {
      spikes.set(row, wickReason);
      continue;
    }
    if (verdict === 'confirms')
      for (const one of waiting) delayed.set(openTime[one] as number, (openTime[row] as number) + stepMs);
    else if (verdict !== 'suspect') for (const one of waiting) spikes.set(one, spikeReason);
    if (verdict !== 'suspect') waiting = [];
    if (verdict === 'suspect' || verdict === 'replaces') waiting.push(row);
  }
  for (const row of waiting) spikes.set(row, unconfirmedReason);
  return { spikes, delayed };
}

/** Nothing comes before the first row, so the two after it must speak for it. */
function firstRowStandsAlone({ open, close, count }: CandleColumns, absurd: number): boolean {
  if (count < 3) return false;
  const [own, next] = [close[0] as number, close[1] as number];
  return (
    apart(own, open[1] as number) > absurd &&
    apart(own, next) > absurd &&
    apart(next, open[2] as number) <= absurd
  );
}

function joinColumns(
  parts: readonly SeriesPart[],
  onRepeat: (part: SeriesPart, row: number) => void,
): CandleColumns {
  if (parts.length === 1 && parts[0] !== undefined) return parts[0].columns;
  const total = parts.reduce((sum, part) => sum + part.columns.count, 0);
  const joined = newColumns(total);
  const cursors = new Int32Array(parts.length);
  let count = 0;
  let last = 0;
  for (let taken = 0; taken < total; taken += 1) {
    let best = -1;
    let bestTime = Number.POSITIVE_INFINITY;
    for (let index = 0; index < parts.length; index += 1) {
      const time = parts[index]?.columns.openTime[cursors[index] as number] ?? Number.POSITIVE_INFINITY;
      if (time < bestTime) {
        best = index;
        bestTime = time;
      }
    }
    const part = parts[best] as SeriesPart;
    const row = cursors[best] as number;
    cursors[best] = row + 1;
    if (bestTime === last) {
      onRepeat(part, row);
      continue;
    }
    for (const name of columnNames) joined[name][count] = part.columns[name][row] as number;
    last = bestTime;
    count += 1;
  }
  return sliceColumns(joined, 0, count);
}
