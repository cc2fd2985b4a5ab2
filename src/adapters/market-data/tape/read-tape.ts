// Loads recordings into memory and plays them as one ordered stream of closed candles.
// A row that cannot be real is counted and named by file and line; it never becomes an event.
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { CandleEvent } from '../../../shared/bus/catalogue.ts';
import { type Candle, type Timeframe, timeframeMs } from '../../../shared/domain/candle.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';
import {
  type CandleColumns,
  columnNames,
  firstRowAtOrAfter,
  newColumns,
  sliceColumns,
} from './candle-columns.ts';
import { parseCandleCsv } from './parse-csv.ts';
import { readRecordingBytes } from './read-bytes.ts';
import { TapeError } from './tape-error.ts';
import { readTapeFileName, type TapeFile } from './tape-file-name.ts';

const maxFiles = 2_000;
/** Line numbers kept per file and reason; the count goes on. */
const maxNamedLines = 100;

/** Rows of one file left out for one reason. `line` is the first, 1-based; 0 speaks of the file as a whole. */
interface QuarantinedRows {
  readonly file: string;
  readonly line: number;
  readonly lines: readonly number[];
  readonly reason: string;
  readonly count: number;
}

interface SkippedFile {
  readonly file: string;
  readonly reason: string;
}

export interface TapeSeries {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly columns: CandleColumns;
}

export interface Tape {
  /** In symbol order. */
  readonly series: readonly TapeSeries[];
  readonly symbols: readonly string[];
  readonly timeframes: ReadonlyMap<string, Timeframe>;
  readonly candles: number;
  /** Open of the first candle. */
  readonly from: EpochMs;
  /** Close of the last candle. */
  readonly to: EpochMs;
  readonly quarantined: readonly QuarantinedRows[];
  /** Files of a given folder that were left out, and why. */
  readonly skipped: readonly SkippedFile[];
  /** Candles by close time, then symbol; every iteration starts from the beginning. */
  readonly events: Iterable<CandleEvent>;
}

export interface TapeOptions {
  /** Candles opening earlier are left out. */
  readonly from?: EpochMs;
  /** Candles closing later are left out. */
  readonly to?: EpochMs;
  /** Name of the source in every event; default `tape`. */
  readonly source?: string;
}

class Quarantine {
  readonly #groups = new Map<string, { file: string; reason: string; lines: number[]; count: number }>();

  add(file: string, line: number, reason: string): void {
    const key = `${file}\n${reason}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { file, reason, lines: [], count: 0 };
      this.#groups.set(key, group);
    }
    group.count += 1;
    if (group.lines.length < maxNamedLines) group.lines.push(line);
  }

  list(): QuarantinedRows[] {
    return [...this.#groups.values()].map((group) => ({ ...group, line: group.lines[0] ?? 0 }));
  }
}

async function filesOf(paths: readonly string[], skipped: SkippedFile[]): Promise<TapeFile[]> {
  const found = new Map<string, TapeFile>();
  for (const given of paths) {
    const info = await stat(given).catch(() => undefined);
    if (info === undefined) throw new TapeError(`${given}: there is no such file or folder; check the path`);
    if (!info.isDirectory()) {
      found.set(path.resolve(given), readTapeFileName(given, true));
      continue;
    }
    const names = (await readdir(given)).filter((name) => /\.csv(\.gz|\.part)?$/.test(name)).sort();
    for (const name of names) {
      const file = path.join(given, name);
      if (found.has(path.resolve(file))) continue;
      try {
        found.set(path.resolve(file), readTapeFileName(file, false));
      } catch (error) {
        if (!(error instanceof TapeError)) throw error;
        skipped.push({ file, reason: error.message });
      }
    }
  }
  if (found.size > maxFiles)
    throw new TapeError(`${found.size} recordings are more than ${maxFiles}; name fewer`);
  return [...found.values()];
}

/** One timeframe and one side per symbol: what a person named must fit, what a folder happens to hold may be left out. */
function chooseFiles(files: readonly TapeFile[], skipped: SkippedFile[]): Map<string, TapeFile[]> {
  const bySymbol = Map.groupBy(files, (file) => file.symbol);
  const chosen = new Map<string, TapeFile[]>();
  for (const [symbol, candidates] of bySymbol) {
    const pool = candidates.some((file) => file.named) ? candidates.filter((file) => file.named) : candidates;
    const spans = [...new Set(pool.map((file) => file.timeframe))].sort(
      (a, b) => timeframeMs[a] - timeframeMs[b],
    );
    if (pool[0]?.named === true && spans.length > 1) {
      throw new TapeError(
        `${symbol} is recorded as ${spans.join(' and ')}; a tape has one timeframe per symbol, so name the files of one`,
      );
    }
    const timeframe = spans[0];
    const sides = new Set(pool.filter((file) => file.timeframe === timeframe).map((file) => file.side));
    const side = sides.has('trade') ? 'trade' : sides.has('bid') ? 'bid' : 'ask';
    for (const file of candidates) {
      if (pool.includes(file) && file.timeframe === timeframe && file.side === side) {
        chosen.set(symbol, [...(chosen.get(symbol) ?? []), file]);
      } else if (file.timeframe !== timeframe) {
        skipped.push({
          file: file.path,
          reason: `${symbol} is played as ${timeframe}; name this file alone to play it`,
        });
      } else {
        skipped.push({ file: file.path, reason: `the ${side} side of ${symbol} is played` });
      }
    }
  }
  return chosen;
}

interface LoadedFile {
  readonly file: string;
  readonly columns: CandleColumns;
}

/** Merges files of one symbol by time; a time already taken by an earlier file is quarantined. */
function joinColumns(parts: readonly LoadedFile[], quarantine: Quarantine): CandleColumns {
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
    const part = parts[best] as LoadedFile;
    const row = cursors[best] as number;
    cursors[best] = row + 1;
    if (bestTime === last) {
      quarantine.add(part.file, 0, 'time already given by another file of the symbol');
      continue;
    }
    for (const name of columnNames) joined[name][count] = part.columns[name][row] as number;
    last = bestTime;
    count += 1;
  }
  return sliceColumns(joined, 0, count);
}

async function loadSeries(
  symbol: string,
  files: readonly TapeFile[],
  options: TapeOptions,
  quarantine: Quarantine,
): Promise<TapeSeries> {
  const timeframe = (files[0] as TapeFile).timeframe;
  const parts: LoadedFile[] = [];
  for (const file of files) {
    const { bytes, damage } = await readRecordingBytes(file.path);
    if (damage !== undefined) quarantine.add(file.path, 0, `damaged file, read up to the damage: ${damage}`);
    if (bytes.length === 0) continue;
    const parsed = parseCandleCsv(bytes, timeframe, file.path, (bad) => {
      quarantine.add(file.path, bad.line, bad.reason);
    });
    parts.push({ file: file.path, columns: parsed.columns });
  }
  const columns = parts.length === 0 ? newColumns(0) : joinColumns(parts, quarantine);
  const first = options.from === undefined ? 0 : firstRowAtOrAfter(columns, options.from);
  const end =
    options.to === undefined
      ? columns.count
      : firstRowAtOrAfter(columns, options.to - timeframeMs[timeframe] + 1);
  return { symbol, timeframe, columns: sliceColumns(columns, first, Math.max(first, end)) };
}

export function candleAt(series: TapeSeries, row: number): Candle {
  const { columns } = series;
  return {
    symbol: series.symbol,
    timeframe: series.timeframe,
    openTime: columns.openTime[row] as number,
    open: columns.open[row] as number,
    high: columns.high[row] as number,
    low: columns.low[row] as number,
    close: columns.close[row] as number,
    volume: columns.volume[row] as number,
  };
}

/** Earliest close among the candles not yet played; Infinity at the end. */
export function nextCloseOf(series: readonly TapeSeries[], cursors: Int32Array): number {
  let next = Number.POSITIVE_INFINITY;
  for (let index = 0; index < series.length; index += 1) {
    const one = series[index] as TapeSeries;
    const openTime = one.columns.openTime[cursors[index] as number];
    if (openTime === undefined) continue;
    const close = openTime + timeframeMs[one.timeframe];
    if (close < next) next = close;
  }
  return next;
}

/**
 * Steps from close time to close time instead of keeping a heap: markets print on one grid, so a step emits
 * nearly every symbol and the scan is paid back by as many candles.
 */
function* playSeries(series: readonly TapeSeries[], source: string): Generator<CandleEvent, void, undefined> {
  const cursors = new Int32Array(series.length);
  const steps = series.map((one) => timeframeMs[one.timeframe]);
  for (;;) {
    const closeAt = nextCloseOf(series, cursors);
    if (closeAt === Number.POSITIVE_INFINITY) return;
    for (let index = 0; index < series.length; index += 1) {
      const one = series[index] as TapeSeries;
      const row = cursors[index] as number;
      if (one.columns.openTime[row] !== closeAt - (steps[index] as number)) continue;
      cursors[index] = row + 1;
      yield { source, kind: 'recorded', candle: candleAt(one, row), happened_at: closeAt, known_at: closeAt };
    }
  }
}

/**
 * Reads recordings (files or folders, gzip'd or plain CSV `time,open,high,low,close,volume` or `time,close`,
 * time = epoch ms of the candle's open). Throws TapeError, naming the fix, when a named file cannot be used
 * or nothing is left to play; damaged rows and files found in a folder are reported instead.
 */
export async function readTape(paths: readonly string[], options: TapeOptions = {}): Promise<Tape> {
  const skipped: SkippedFile[] = [];
  const quarantine = new Quarantine();
  const chosen = chooseFiles(await filesOf(paths, skipped), skipped);
  const series: TapeSeries[] = [];
  for (const symbol of [...chosen.keys()].sort()) {
    const one = await loadSeries(symbol, chosen.get(symbol) ?? [], options, quarantine);
    if (one.columns.count > 0) series.push(one);
  }
  if (series.length === 0) {
    const why = [...quarantine.list(), ...skipped].slice(0, 3).map((item) => `${item.file}: ${item.reason}`);
    throw new TapeError(
      `no candle to play in ${paths.join(', ')}${why.length > 0 ? ` (${why.join('; ')})` : ''}; ` +
        'check the paths and the bounds from and to',
    );
  }
  const source = options.source ?? 'tape';
  return {
    series,
    symbols: series.map((one) => one.symbol),
    timeframes: new Map(series.map((one) => [one.symbol, one.timeframe])),
    candles: series.reduce((sum, one) => sum + one.columns.count, 0),
    from: Math.min(...series.map((one) => one.columns.openTime[0] as number)),
    to: Math.max(
      ...series.map(
        (one) => (one.columns.openTime[one.columns.count - 1] as number) + timeframeMs[one.timeframe],
      ),
    ),
    quarantined: quarantine.list(),
    skipped,
    events: { [Symbol.iterator]: () => playSeries(series, source) },
  };
}
