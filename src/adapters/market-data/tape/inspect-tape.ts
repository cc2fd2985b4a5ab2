// Looks at recordings without playing them: what is in them, what is missing, what cannot be real.
// A gap is only what was missed while the market was open.
import { stat } from 'node:fs/promises';
import { type Timeframe, timeframeMs } from '../../../shared/domain/candle.ts';
import { instrumentFor } from '../../../shared/domain/instrument.ts';
import type { SessionCalendar } from '../../../shared/domain/sessions.ts';
import { type EpochMs, toIso } from '../../../shared/domain/time.ts';
import type { CandleColumns } from './candle-columns.ts';
import { judgeSeries, repeatReason, type SeriesPart, withoutRows } from './judge-series.ts';
import { type BadRow, parseCandleCsv } from './parse-csv.ts';
import { readRecordingBytes } from './read-bytes.ts';
import { TapeError } from './tape-error.ts';
import { readTapeFileName, type TapeFile } from './tape-file-name.ts';

/** Gaps and bad rows listed per file; the counts go on. */
const maxListed = 100;

interface Gap {
  /** Open of the first missing candle. */
  readonly from: string;
  /** Open of the first candle after it. */
  readonly to: string;
  readonly missing: number;
}

interface BadRows {
  readonly reason: string;
  readonly count: number;
  /** First line numbers, 1-based in the uncompressed file. */
  readonly lines: readonly number[];
}

export interface FileInspection {
  readonly file: string;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly bytes: number;
  readonly rows: number;
  readonly candles: number;
  readonly from: string | null;
  readonly to: string | null;
  readonly first_price: number | null;
  readonly last_price: number | null;
  readonly lowest: number | null;
  readonly highest: number | null;
  readonly volume: number;
  readonly damage: string | null;
  readonly bad_rows: readonly BadRows[];
  readonly gaps: readonly Gap[];
  readonly gap_count: number;
  readonly missing_candles: number;
  /** Candles there of those that an open market would have given, 0..1; null without candles. */
  readonly coverage: number | null;
}

/** One recording, read but not yet judged. */
export interface LoadedRecording extends SeriesPart, Pick<TapeFile, 'symbol' | 'timeframe' | 'side'> {
  readonly size: number;
  readonly rows: number;
  readonly damage: string | undefined;
  readonly bad: BadRow[];
}

/** Throws TapeError when the name or the header says that this is no recording of ours. */
export async function loadRecording(file: string): Promise<LoadedRecording> {
  const { symbol, timeframe, side } = readTapeFileName(file, true);
  const { bytes, damage } = await readRecordingBytes(file);
  if (bytes.length === 0 && damage !== undefined) throw new TapeError(`${file}: ${damage}`);
  const { size } = await stat(file);
  const bad: BadRow[] = [];
  const { columns, rows, lineOf } = parseCandleCsv(bytes, timeframe, file, (row) => bad.push(row));
  return { file, symbol, timeframe, side, size, rows, damage, bad, columns, lineOf };
}

/** Judges the recordings of one symbol, timeframe and side as a simulation does, and says what is in each. */
export function inspectSeries(
  recordings: readonly LoadedRecording[],
  calendar: SessionCalendar,
): FileInspection[] {
  const [one] = recordings;
  if (one === undefined) return [];
  // Times that several files give are told of the series as a whole, and are no fault of one file.
  const refused = judgeSeries(recordings, one.symbol, one.timeframe).refused.filter(
    ({ reason }) => reason !== repeatReason,
  );
  return recordings.map((recording) => {
    const spikes = refused.filter(({ part }) => part === recording);
    const rows = new Set(spikes.map(({ row }) => row));
    const columns = withoutRows(recording.columns, rows);
    return inspectionOf(recording, columns, [...recording.bad, ...spikes], calendar);
  });
}

function inspectionOf(
  { file, symbol, timeframe, size, rows, damage }: LoadedRecording,
  columns: CandleColumns,
  bad: readonly BadRow[],
  calendar: SessionCalendar,
): FileInspection {
  const groups = Map.groupBy(bad, ({ reason }) => reason);
  const follows = instrumentFor(symbol)?.calendar === 'forex' ? calendar : undefined;
  const { gaps, gapCount, missing } = findGaps(columns, timeframe, follows);
  return {
    file,
    symbol,
    timeframe,
    bytes: size,
    rows,
    candles: columns.count,
    ...summaryOf(columns, timeframe),
    damage: damage ?? null,
    bad_rows: [...groups].map(([reason, lines]) => ({
      reason,
      count: lines.length,
      lines: lines.slice(0, maxListed).map(({ line }) => line),
    })),
    gaps,
    gap_count: gapCount,
    missing_candles: missing,
    coverage:
      columns.count === 0 ? null : Math.floor((1e6 * columns.count) / (columns.count + missing)) / 1e6,
  };
}

/** Times that several files of one series give, by the files' count beyond the first. */
export function repeatedTimes(series: readonly CandleColumns[]): number {
  if (series.length < 2) return 0;
  const all = new Float64Array(series.reduce((sum, columns) => sum + columns.count, 0));
  let filled = 0;
  for (const columns of series) {
    all.set(columns.openTime, filled);
    filled += columns.count;
  }
  all.sort();
  let repeated = 0;
  for (let index = 1; index < all.length; index += 1) if (all[index] === all[index - 1]) repeated += 1;
  return repeated;
}

function summaryOf(columns: CandleColumns, timeframe: Timeframe) {
  const last = columns.count - 1;
  if (last < 0)
    return {
      from: null,
      to: null,
      first_price: null,
      last_price: null,
      lowest: null,
      highest: null,
      volume: 0,
    };
  let [lowest, highest, volume] = [Number.POSITIVE_INFINITY, 0, 0];
  for (let row = 0; row <= last; row += 1) {
    lowest = Math.min(lowest, columns.low[row] as number);
    highest = Math.max(highest, columns.high[row] as number);
    volume += columns.volume[row] as number;
  }
  return {
    from: toIso(columns.openTime[0] as number),
    to: toIso((columns.openTime[last] as number) + timeframeMs[timeframe]),
    first_price: columns.open[0] as number,
    last_price: columns.close[last] as number,
    lowest,
    highest,
    volume,
  };
}

function findGaps(columns: CandleColumns, timeframe: Timeframe, calendar: SessionCalendar | undefined) {
  const step = timeframeMs[timeframe];
  const gaps: Gap[] = [];
  let gapCount = 0;
  let missing = 0;
  for (let row = 1; row < columns.count; row += 1) {
    const from = (columns.openTime[row - 1] as number) + step;
    const to = columns.openTime[row] as number;
    if (from >= to) continue;
    const count = calendar === undefined ? (to - from) / step : openSteps(calendar, from, to, step);
    if (count === 0) continue;
    gapCount += 1;
    missing += count;
    if (gaps.length < maxListed) gaps.push({ from: toIso(from), to: toIso(to), missing: count });
  }
  return { gaps, gapCount, missing };
}

/** Candle opens of the grid in [from, to) at which the market was open. */
function openSteps(calendar: SessionCalendar, from: EpochMs, to: EpochMs, step: number): number {
  let count = 0;
  for (let at = from; at < to; ) {
    const end = Math.min(calendar.nextChange(at), to);
    const steps = Math.ceil((end - at) / step);
    if (calendar.isMarketOpen(at)) count += steps;
    at += steps * step;
  }
  return count;
}
