// The work behind `ato data`: foreign CSV files into the house format, and reports on what recordings hold.
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { newColumns } from '../../adapters/market-data/tape/candle-columns.ts';
import {
  type ColumnRole,
  columnRoles,
  type ForeignCandles,
  type ForeignLayout,
  readForeignCsv,
} from '../../adapters/market-data/tape/foreign-csv.ts';
import {
  type FileInspection,
  inspectSeries,
  type LoadedRecording,
  loadRecording,
  repeatedTimes,
} from '../../adapters/market-data/tape/inspect-tape.ts';
import { judgeSeries, unconfirmedReason } from '../../adapters/market-data/tape/judge-series.ts';
import { notRegular, readRecordingBytes } from '../../adapters/market-data/tape/read-bytes.ts';
import { TapeError } from '../../adapters/market-data/tape/tape-error.ts';
import { fileSymbolOf, readTapeFileName } from '../../adapters/market-data/tape/tape-file-name.ts';
import { tapeLine, tapeText } from '../../adapters/market-data/tape/tape-rows.ts';
import { replaceFile } from '../../adapters/market-data/tape/tape-writer.ts';
import { sessionRulesOf } from '../../shared/config/session-settings.ts';
import type { Settings } from '../../shared/config/settings.ts';
import { type Timeframe, timeframeMs } from '../../shared/domain/candle.ts';
import { instrumentFor } from '../../shared/domain/instrument.ts';
import { sessionCalendar } from '../../shared/domain/sessions.ts';
import { toIso } from '../../shared/domain/time.ts';

const pack = promisify(gzip);
/** Rejected rows listed per file; the count goes on. */
const maxListedRows = 100;
const maxFiles = 2_000;

export interface ImportRequest extends ForeignLayout {
  readonly files: readonly string[];
  readonly folder: string;
  /** Undefined to read it from the file's name. */
  readonly symbol?: string;
  /** Write over a file of the same name. */
  readonly force: boolean;
}

export interface ImportedFile {
  readonly file: string;
  readonly out: string;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly inferred_timeframe: boolean;
  readonly separator: string;
  readonly columns: Readonly<Record<string, string>>;
  readonly newest_first: boolean;
  readonly candles: number;
  readonly from: string;
  readonly to: string;
  readonly rejected_rows: number;
  readonly rejected: readonly { readonly line: number; readonly reason: string }[];
}

/** Reads `time=Date,open=2`: roles to header names or 1-based numbers. Throws Error naming the mistake. */
export function parseColumns(text: string): ForeignLayout['columns'] {
  const columns: Partial<Record<ColumnRole, string>> = {};
  for (const part of text.split(',')) {
    const [role = '', ...name] = part.split('=').map((piece) => piece.trim());
    const known = columnRoles.find((one) => one === role);
    if (known === undefined || name.join('=') === '' || name[0] === '0')
      throw new Error(
        `cannot read "${part}": write role=NAME or role=NUMBER, roles are ${columnRoles.join(', ')}`,
      );
    columns[known] = name.join('=');
  }
  return columns;
}

/** Imports each file into one recording. Throws TapeError at the first that cannot be read; those before stay. */
export async function importFiles(request: ImportRequest): Promise<ImportedFile[]> {
  mkdirSync(request.folder, { recursive: true });
  const imported: ImportedFile[] = [];
  for (const file of request.files) imported.push(await importFile(file, request));
  return imported;
}

async function importFile(file: string, request: ImportRequest): Promise<ImportedFile> {
  if (!existsSync(file)) throw new TapeError(`${file}: there is no such file; check the path`);
  if (/\.(zip|7z|xz|zst|xlsx?|parquet)$/i.test(file))
    throw new TapeError(`${file}: unpack it first; plain CSV and .gz are read`);
  const { bytes, damage } = await readRecordingBytes(file);
  if (damage !== undefined) throw new TapeError(`${file}: it cannot be read whole: ${damage}`);
  const symbol = request.symbol ?? symbolIn(file);
  const candles = readForeignCsv(bytes.toString('utf8'), file, request);
  const { timeframe, rejected } = candles;
  const rows = withoutSpikes(candles, file, symbol);
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined)
    throw new TapeError(`${file}: no row lies on the ${timeframe} grid; name another --timeframe or --zone`);
  const day = (at: number) => toIso(at).slice(0, 10).replaceAll('-', '');
  const out = path.join(
    request.folder,
    `${fileSymbolOf(symbol)}_${timeframe}_${day(first.time)}-${day(last.time)}.csv.gz`,
  );
  if (existsSync(out) && !request.force)
    throw new TapeError(`${out}: it exists already; write over it with --force, or choose another --out`);
  const lines = rows.map(({ time, line: _, ...prices }) => tapeLine({ openTime: time, ...prices }).trimEnd());
  await replaceFile(out, await pack(tapeText(lines)));
  return {
    file,
    out,
    symbol,
    timeframe,
    inferred_timeframe: candles.inferredTimeframe,
    separator: candles.separator,
    columns: { ...candles.columns },
    newest_first: candles.newestFirst,
    candles: rows.length,
    from: toIso(first.time),
    to: toIso(last.time + timeframeMs[timeframe]),
    rejected_rows: rejected.length,
    rejected: rejected.slice(0, maxListedRows),
  };
}

/** Judges the rows as a recording's are, so that the report names every row that a simulation would leave out. */
function withoutSpikes(candles: ForeignCandles, file: string, symbol: string): ForeignCandles['rows'] {
  const { rows, timeframe, rejected } = candles;
  const columns = { ...newColumns(rows.length), count: rows.length };
  for (const [index, row] of rows.entries()) {
    columns.openTime[index] = row.time;
    for (const name of ['open', 'high', 'low', 'close', 'volume'] as const) columns[name][index] = row[name];
  }
  const part = { file, columns, lineOf: (row: number) => rows[row]?.line ?? 0 };
  // The file that follows this one may confirm what its last rows cannot.
  const spikes = judgeSeries([part], symbol, timeframe).refused.filter(
    ({ reason }) => reason !== unconfirmedReason,
  );
  const left = new Set(spikes.map(({ row }) => row));
  rejected.push(...spikes.map(({ line, reason }) => ({ line, reason })));
  rejected.sort((one, other) => one.line - other.line);
  return rows.filter((_, index) => !left.has(index));
}

/** The symbol a file's name begins or ends with; never guessed from its content. */
function symbolIn(file: string): string {
  const words = path
    .basename(file)
    .replace(/\.(csv|txt)?(\.gz)?$/i, '')
    .toUpperCase()
    .split(/[^A-Z0-9]+/);
  const found = words.find(
    (word) => word.length >= 6 && /[A-Z]/.test(word) && instrumentFor(word) !== undefined,
  );
  if (found === undefined)
    throw new TapeError(
      `${file}: its name does not say the symbol; name it with --symbol, such as --symbol EURUSD`,
    );
  return found;
}

export interface CheckReport {
  /** Nothing bad was found; gaps count unless they are allowed. */
  readonly clean: boolean;
  readonly files: readonly FileInspection[];
  /** Series that several files give, with how many times stand in more than one. */
  readonly overlaps: readonly {
    readonly symbol: string;
    readonly timeframe: Timeframe;
    readonly times: number;
  }[];
  /** Named like a recording, and none inside. */
  readonly unreadable: readonly { readonly file: string; readonly reason: string }[];
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
  readonly problems: readonly string[];
}

/** Looks at every recording of the paths (files or folders). Throws TapeError when a path does not exist. */
export async function checkFiles(
  settings: Settings,
  paths: readonly string[],
  allowGaps: boolean,
): Promise<CheckReport> {
  const calendar = sessionCalendar(sessionRulesOf(settings));
  const skipped: { file: string; reason: string }[] = [];
  const unreadable: { file: string; reason: string }[] = [];
  const loaded: LoadedRecording[] = [];
  for (const { file, named } of recordingsOf(paths)) {
    try {
      loaded.push(await loadRecording(file));
    } catch (error) {
      if (!(error instanceof TapeError) || named) throw error;
      const reason = error.message.replace(`${file}: `, '');
      // Named like a recording and no recording inside: somebody counts on it.
      (isRecordingName(file) ? unreadable : skipped).push({ file, reason });
    }
  }
  const [first] = [...unreadable, ...skipped];
  if (loaded.length === 0)
    throw new TapeError(
      `no recording in ${paths.join(', ')}${first === undefined ? '' : `: ${first.file}: ${first.reason}`}`,
    );
  const groups = Map.groupBy(loaded, ({ symbol, timeframe, side }) => `${symbol}_${timeframe}_${side}`);
  const files = [...groups.values()].flatMap((group) => inspectSeries(group, calendar));
  const overlaps = [...groups.values()].flatMap((group) => {
    const times = repeatedTimes(group.map(({ columns }) => columns));
    const [one] = group;
    if (times === 0 || one === undefined) return [];
    return [{ symbol: one.symbol, timeframe: one.timeframe, times }];
  });
  const problems = [
    ...unreadable.map(({ file, reason }) => `${file}: ${reason}`),
    ...files.flatMap((file) => problemsOf(file, allowGaps)),
    ...overlaps.map(
      ({ symbol, timeframe, times }) => `${symbol} ${timeframe}: ${times} times stand in more than one file`,
    ),
  ];
  return { clean: problems.length === 0, files, overlaps, unreadable, skipped, problems };
}

function isRecordingName(file: string): boolean {
  try {
    readTapeFileName(file, false);
    return true;
  } catch {
    return false;
  }
}

function problemsOf(file: FileInspection, allowGaps: boolean): string[] {
  const problems = file.bad_rows.map(
    ({ reason, count, lines }) =>
      `${file.file}: ${count} rows: ${reason} (line ${lines.slice(0, 5).join(', ')}${count > 5 ? ', ...' : ''})`,
  );
  if (file.damage !== null) problems.unshift(`${file.file}: damaged: ${file.damage}`);
  if (file.candles === 0) problems.push(`${file.file}: no candle can be used`);
  if (!allowGaps && file.gap_count > 0)
    problems.push(
      `${file.file}: ${file.missing_candles} candles are missing in ${file.gap_count} gaps, first ${file.gaps[0]?.from} to ${file.gaps[0]?.to}`,
    );
  return problems;
}

function recordingsOf(paths: readonly string[]): { file: string; named: boolean }[] {
  const found = paths.flatMap((given) => {
    const info = statSync(given, { throwIfNoEntry: false });
    if (info === undefined) throw new TapeError(`${given}: there is no such file or folder; check the path`);
    if (info.isFile()) return [{ file: given, named: true }];
    if (!info.isDirectory()) throw new TapeError(`${given}: ${notRegular}`);
    return readdirSync(given)
      .filter((name) => /\.csv(\.gz|\.part)?$/.test(name))
      .sort()
      .map((name) => ({ file: path.join(given, name), named: false }));
  });
  if (found.length > maxFiles)
    throw new TapeError(`${found.length} recordings are more than ${maxFiles}; name fewer`);
  return found;
}
