// Closed candles of many symbols on one common grid, as the benchmark's world owns them.
// A scheduler under test must never be handed a panel; it sees answers of polls only.
import { dayMs, hourMs } from '../../shared/domain/time.ts';

/** Columns of one recorded symbol; `openTime` ascending, epoch milliseconds. */
export interface RecordedSeries {
  readonly symbol: string;
  readonly count: number;
  readonly openTime: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
}

export interface Panel {
  readonly barMs: number;
  readonly symbols: readonly string[];
  readonly bars: number;
  /** Close of each bar; strictly ascending, stretches in which nobody trades are left out. */
  readonly at: Float64Array;
  readonly close: readonly Float64Array[];
  readonly volume: readonly Float64Array[];
  /** 1 where the bar follows a left-out stretch. */
  readonly reopened: Uint8Array;
}

export interface LeftOut {
  readonly symbol: string;
  readonly reason: string;
}

const closedMs = 6 * hourMs;
/** A hole longer than this ends a recording; what follows is another one. */
const segmentGapMs = 7 * dayMs;
const minCoverage = 0.8;
const minDays = 3;

interface Segment {
  readonly series: RecordedSeries;
  readonly from: number;
  readonly to: number;
}

function segmentsOf(series: RecordedSeries): Segment[] {
  const found: Segment[] = [];
  let start = 0;
  for (let row = 1; row <= series.count; row += 1) {
    const ends =
      row === series.count ||
      (series.openTime[row] as number) - (series.openTime[row - 1] as number) > segmentGapMs;
    if (!ends) continue;
    found.push({
      series,
      from: series.openTime[start] as number,
      to: series.openTime[row - 1] as number,
    });
    start = row;
  }
  return found;
}

/** The stretch with the most symbol-days, and the recordings that cover it nearly whole. */
function bestStretch(segments: readonly Segment[]): { from: number; to: number; members: Segment[] } {
  let best = { from: 0, to: 0, members: [] as Segment[], score: 0 };
  const starts = [...new Set(segments.map((segment) => segment.from))];
  const ends = [...new Set(segments.map((segment) => segment.to))];
  for (const from of starts) {
    for (const to of ends) {
      if (to - from < minDays * dayMs) continue;
      const slack = Math.max(2 * dayMs, 0.05 * (to - from));
      const members = segments.filter((one) => one.from <= from + slack && one.to >= to - slack);
      const score = members.length * (to - from);
      if (score > best.score) best = { from, to, members, score };
    }
  }
  return best;
}

/**
 * Puts recordings of one bar size on one grid, over the stretch most of them share. Closes are carried forward over
 * holes. Throws RangeError when no three days of any symbol remain.
 */
export function buildPanel(
  recordings: readonly RecordedSeries[],
  barMs: number,
): { readonly panel: Panel; readonly leftOut: readonly LeftOut[] } {
  const { from, to, members } = bestStretch(recordings.flatMap(segmentsOf));
  if (members.length === 0)
    throw new RangeError(`no recording spans ${minDays} days; the benchmark needs more`);
  const present = new Set<number>();
  for (const { series } of members)
    for (let row = 0; row < series.count; row += 1) {
      const time = series.openTime[row] as number;
      if (time >= from && time <= to) present.add(Math.floor(time / barMs));
    }
  const used = [...present].sort((left, right) => left - right);
  const grid: number[] = [];
  const reopened: number[] = [];
  used.forEach((bar, index) => {
    const before = used[index - 1] ?? bar - 1;
    const closed = (bar - before) * barMs > closedMs;
    if (closed) reopened.push(grid.length);
    else for (let missing = before + 1; missing < bar; missing += 1) grid.push(missing);
    grid.push(bar);
  });
  const at = Float64Array.from(grid, (bar) => (bar + 1) * barMs);
  const marks = new Uint8Array(grid.length);
  for (const index of reopened) marks[index] = 1;
  const leftOut: LeftOut[] = recordings
    .filter((series) => !members.some((member) => member.series === series))
    .map((series) => ({ symbol: series.symbol, reason: 'does not cover the common stretch' }));
  const kept = members.flatMap(({ series }) => {
    const filled = onGrid(series, grid, barMs);
    if (filled.coverage >= minCoverage) return [{ symbol: series.symbol, ...filled }];
    leftOut.push({ symbol: series.symbol, reason: `has ${Math.round(filled.coverage * 100)} % of the bars` });
    return [];
  });
  if (kept.length === 0) throw new RangeError('no symbol has 80 % of the bars of the common stretch');
  return {
    panel: {
      barMs,
      symbols: kept.map((one) => one.symbol),
      bars: grid.length,
      at,
      close: kept.map((one) => one.close),
      volume: kept.map((one) => one.volume),
      reopened: marks,
    },
    leftOut,
  };
}

function onGrid(series: RecordedSeries, grid: readonly number[], barMs: number) {
  const close = new Float64Array(grid.length);
  const volume = new Float64Array(grid.length);
  let row = 0;
  let covered = 0;
  let last = Number.NaN;
  for (let index = 0; index < grid.length; index += 1) {
    const bar = grid[index] as number;
    let found = false;
    while (row < series.count && Math.floor((series.openTime[row] as number) / barMs) <= bar) {
      found = Math.floor((series.openTime[row] as number) / barMs) === bar;
      last = series.close[row] as number;
      if (found) volume[index] = (volume[index] as number) + (series.volume[row] as number);
      row += 1;
    }
    if (found) covered += 1;
    close[index] = last;
  }
  // Before the first candle there is no price: the first one stands for it.
  const first = close.find((value) => value > 0) ?? Number.NaN;
  for (let index = 0; index < close.length && !((close[index] as number) > 0); index += 1)
    close[index] = first;
  return { close, volume, coverage: first > 0 ? covered / grid.length : 0 };
}
