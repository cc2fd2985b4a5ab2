// Loads recordings into memory and plays them as one ordered stream of closed candles.
// A row that cannot be real is counted and named by file and line; it never becomes an event.
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { CandleEvent } from '../../../shared/bus/catalogue.ts';
import { type Candle, type Timeframe, timeframeMs } from '../../../shared/domain/candle.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';
import { type CandleColumns, firstRowAtOrAfter, sliceColumns } from './candle-columns.ts';
import { judgeSeries, type SeriesPart } from './judge-series.ts';
import { parseCandleCsv } from './parse-csv.ts';
import { isRegularFile, notRegular, readRecordingBytes } from './read-bytes.ts';
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
  /** Open times of candles that only a later one made believable, with the instant at which it closed. */
  readonly delayed: ReadonlyMap<EpochMs, EpochMs>;
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
      if (!info.isFile()) throw new TapeError(`${given}: ${notRegular}`);
      found.set(path.resolve(given), readTapeFileName(given, true));
      continue;
    }
    const names = (await readdir(given)).filter((name) => /\.csv(\.gz|\.part)?$/.test(name)).sort();
    for (const name of names) {
      const file = path.join(given, name);
      if (found.has(path.resolve(file))) continue;
      try {
        // A device or a pipe behind a link would be read for ever.
        if (!(await isRegularFile(file))) throw new TapeError(notRegular);
        found.set(path.resolve(file), readTapeFileName(file, false));
      } catch (error) {
        if (!(error instanceof TapeError)) throw error;
        skipped.push({ file, reason: error.message.replace(`${file}: `, '') });
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

async function loadSeries(
  symbol: string,
  files: readonly TapeFile[],
  options: TapeOptions,
  quarantine: Quarantine,
): Promise<TapeSeries> {
  const timeframe = (files[0] as TapeFile).timeframe;
  const parts: SeriesPart[] = [];
  for (const { path: file } of files) {
    const { bytes, damage } = await readRecordingBytes(file);
    if (damage !== undefined) quarantine.add(file, 0, `damaged file, read up to the damage: ${damage}`);
    if (bytes.length === 0) continue;
    const { columns, lineOf } = parseCandleCsv(bytes, timeframe, file, ({ line, reason }) =>
      quarantine.add(file, line, reason),
    );
    parts.push({ file, columns, lineOf });
  }
  const { columns, delayed, refused } = judgeSeries(parts, symbol, timeframe);
  for (const { part, line, reason } of refused) quarantine.add(part.file, line, reason);
  const first = options.from === undefined ? 0 : firstRowAtOrAfter(columns, options.from);
  const end =
    options.to === undefined
      ? columns.count
      : firstRowAtOrAfter(columns, options.to - timeframeMs[timeframe] + 1);
  return { symbol, timeframe, columns: sliceColumns(columns, first, Math.max(first, end)), delayed };
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

/** Rows that became known with the close of `row`, oldest first: itself, after those that it made believable. */
export function rowsKnownWith(series: TapeSeries, row: number): readonly number[] {
  const { columns, delayed, timeframe } = series;
  const openTime = columns.openTime[row] as number;
  if (delayed.has(openTime)) return [];
  const closeAt = openTime + timeframeMs[timeframe];
  let first = row;
  while (first > 0 && delayed.get(columns.openTime[first - 1] as number) === closeAt) first -= 1;
  return Array.from({ length: row - first + 1 }, (_, index) => first + index);
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

export function recorded(source: string, series: TapeSeries, row: number, knownAt: EpochMs): CandleEvent {
  const candle = candleAt(series, row);
  const happenedAt = candle.openTime + timeframeMs[candle.timeframe];
  return { source, kind: 'recorded', candle, happened_at: happenedAt, known_at: knownAt };
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
      if (one.delayed.size > 0) {
        for (const known of rowsKnownWith(one, row)) yield recorded(source, one, known, closeAt);
        continue;
      }
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
