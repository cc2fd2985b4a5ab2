// Candles from the CSV files of other programs: separator, columns, time and number format are recognised or named.
// It must never repair a row: one that cannot be real is reported by line and left out.
import { candleDefect, type Timeframe, timeframeMs, timeframes } from '../../../shared/domain/candle.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';
import { readTime, type TimeUnit } from './foreign-time.ts';
import { quoted } from './quoted.ts';
import { TapeError } from './tape-error.ts';

export const columnRoles = ['time', 'date', 'clock', 'open', 'high', 'low', 'close', 'volume'] as const;
export type ColumnRole = (typeof columnRoles)[number];

export interface ForeignLayout {
  /** Separator, or undefined to recognise comma, semicolon, tabulator or bar. */
  readonly separator?: string;
  /** Header name or 1-based number of a column, by role. */
  readonly columns: Readonly<Partial<Record<ColumnRole, string>>>;
  readonly timeUnit: TimeUnit;
  /** Zone of written times that name none. */
  readonly timeZone: string;
  /** Undefined to take the most frequent distance of rows. */
  readonly timeframe?: Timeframe;
}

interface ForeignRow {
  /** 1-based line in the uncompressed file. */
  readonly line: number;
  readonly time: EpochMs;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

interface RejectedRow {
  /** 1-based line in the uncompressed file. */
  readonly line: number;
  readonly reason: string;
}

export interface ForeignCandles {
  /** In time order, each time once. */
  readonly rows: readonly ForeignRow[];
  readonly rejected: RejectedRow[];
  readonly timeframe: Timeframe;
  /** True when nobody named the timeframe. */
  readonly inferredTimeframe: boolean;
  /** True when the file ran from new to old. */
  readonly newestFirst: boolean;
  /** How the file was read, for the person who asked. */
  readonly separator: string;
  readonly columns: Readonly<Partial<Record<ColumnRole, string>>>;
}

const headerNames: Readonly<Record<ColumnRole, readonly string[]>> = {
  time: [
    'time',
    'timestamp',
    'unix',
    'unix timestamp',
    'open time',
    'open_time',
    'opentime',
    'datetime',
    'date time',
    'gmt time',
    'local time',
    'utc',
    'time (utc)',
    'ts',
    'epoch',
    't',
    'snapped_at',
    'candle_begin_time',
  ],
  date: ['date', 'day', 'dtyyyymmdd', 'time left'],
  clock: ['time', 'hour', 'clock'],
  open: ['open', 'o', 'open price', 'price open', 'bidopen', 'mid_o'],
  high: ['high', 'h', 'max', 'high price', 'price high', 'bidhigh', 'mid_h'],
  low: ['low', 'l', 'min', 'low price', 'price low', 'bidlow', 'mid_l'],
  close: ['close', 'c', 'last', 'close price', 'price close', 'price', 'close/last', 'bidclose', 'mid_c'],
  volume: ['volume', 'vol', 'v', 'vol.', 'tickvol', 'tick volume', 'base volume', 'volume base', 'tickqty'],
};
/** Lines above the header that a file may begin with, such as the address it came from. */
const maxLinesAboveHeader = 5;
const separators = ['\t', ';', ',', '|'] as const;

interface Columns {
  readonly index: Partial<Record<ColumnRole, number>>;
  readonly shown: Partial<Record<ColumnRole, string>>;
  /** Index of the first line of data. */
  readonly bodyAt: number;
}

/** Throws TapeError, naming the option that helps, when the layout cannot be recognised or nothing is left. */
export function readForeignCsv(text: string, file: string, layout: ForeignLayout): ForeignCandles {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  const [first = ''] = lines.filter((line) => line.trim() !== '');
  if (first === '') throw new TapeError(`${file}: it is empty`);
  if (first.trimStart().startsWith('<') && !/^<\w+>[,;\t]/.test(first.trimStart()))
    throw new TapeError(`${file}: it is a web page, no candles (${quoted(first)}); fetch the file again`);
  const separator = layout.separator ?? recogniseSeparator(lines, file);
  const columns = recogniseColumns(lines, separator, layout, file);
  const rejected: RejectedRow[] = [];
  const read: ForeignRow[] = [];
  for (let index = columns.bodyAt; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (line.trim() === '') continue;
    const row = readRow(cells(line, separator), columns.index, layout, separator);
    if (typeof row === 'string') rejected.push({ line: index + 1, reason: row });
    else read.push({ ...row, line: index + 1 });
  }
  if (read.length === 0)
    throw new TapeError(
      `${file}: no row could be read${rejected[0] === undefined ? '' : `; line ${rejected[0].line}: ${rejected[0].reason}`}; name the layout with --columns, --time-unit and --separator`,
    );
  const newestFirst = (read[0]?.time ?? 0) > (read.at(-1)?.time ?? 0);
  // A stable sort keeps the file's order for equal times, so the first row of a time wins.
  read.sort((left, right) => left.time - right.time);
  const timeframe = layout.timeframe ?? inferTimeframe(read, file);
  return {
    rows: withoutRepeats(read, timeframe, rejected),
    rejected: rejected.sort((left, right) => left.line - right.line),
    timeframe,
    inferredTimeframe: layout.timeframe === undefined,
    newestFirst,
    separator,
    columns: columns.shown,
  };
}

function recogniseSeparator(lines: readonly string[], file: string): string {
  const counts = separators.map((separator) => {
    const sample = lines.slice(0, 20).filter((line) => line.trim() !== '');
    const widths = sample.map((line) => line.split(separator).length);
    return { separator, width: widths.toSorted((left, right) => left - right)[widths.length >> 1] ?? 1 };
  });
  const best = counts.reduce((left, right) => (right.width > left.width ? right : left));
  if (best.width < 2)
    throw new TapeError(
      `${file}: no separator recognised; name it with --separator, such as --separator ";"`,
    );
  return best.separator;
}

function recogniseColumns(
  lines: readonly string[],
  separator: string,
  layout: ForeignLayout,
  file: string,
): Columns {
  for (let index = 0; index <= maxLinesAboveHeader; index += 1) {
    const line = lines[index];
    if (line === undefined) break;
    const names = cells(line, separator);
    const found = columnsByHeader(names, layout.columns, file);
    if (found !== undefined) return { ...found, bodyAt: index + 1 };
    if (index === 0 && isData(names)) return columnsByPosition(names, layout.columns, file);
  }
  throw new TapeError(
    `${file}: the columns time, open, high, low and close were not recognised in ${quoted(lines[0] ?? '')}; ` +
      'name them with --columns time=NAME,open=NAME,high=NAME,low=NAME,close=NAME,volume=NAME (names or numbers)',
  );
}

function isData(names: readonly string[]): boolean {
  return names.length >= 5 && /^\d/.test(names[0] ?? '') && names.slice(-3).every((cell) => /\d/.test(cell));
}

function columnsByHeader(
  names: readonly string[],
  wanted: ForeignLayout['columns'],
  file: string,
): Omit<Columns, 'bodyAt'> | undefined {
  const plain = names.map((name) => name.toLowerCase().replace(/^<|>$/g, '').trim());
  const index: Partial<Record<ColumnRole, number>> = {};
  for (const role of columnRoles) {
    const named = wanted[role];
    const at =
      named === undefined
        ? plain.findIndex((name) => headerNames[role].includes(name))
        : /^\d+$/.test(named)
          ? Number(named) - 1
          : plain.indexOf(named.toLowerCase());
    if (at >= 0 && at < names.length) index[role] = at;
  }
  if (index.close === undefined || index.open === undefined) {
    return undefined;
  }
  // "volume btc" and "volume usdt": the first of them is the base volume in the files that have both.
  if (index.volume === undefined && wanted.volume === undefined) {
    const at = plain.findIndex((name) => name.startsWith('vol'));
    if (at >= 0) index.volume = at;
  }
  settleTime(index, wanted);
  return complete(index, names, file);
}

/** A date column beside a time column means two halves of one time; a lone date column is the time. */
function settleTime(index: Partial<Record<ColumnRole, number>>, wanted: ForeignLayout['columns']): void {
  const named = wanted.time !== undefined;
  if (named) {
    delete index.date;
    delete index.clock;
    return;
  }
  const halves = index.date !== undefined && index.clock !== undefined && index.clock !== index.date;
  const unix = index.time !== undefined && index.time !== index.clock;
  if (halves && !unix) {
    delete index.time;
    return;
  }
  if (index.time === undefined && index.date !== undefined) index.time = index.date;
  delete index.date;
  delete index.clock;
}

function complete(
  index: Partial<Record<ColumnRole, number>>,
  names: readonly string[],
  file: string,
): Omit<Columns, 'bodyAt'> {
  const prices = ['open', 'high', 'low', 'close'] as const;
  const missing: string[] = prices.filter((role) => index[role] === undefined);
  if (index.time === undefined && index.date === undefined) missing.unshift('time');
  if (missing.length > 0)
    throw new TapeError(
      `${file}: no column for ${missing.join(', ')} in ${quoted(names.join(' '))}; name it with --columns, such as --columns ${missing[0]}=2`,
    );
  const shown: Partial<Record<ColumnRole, string>> = {};
  for (const role of columnRoles) {
    const at = index[role];
    if (at !== undefined) shown[role] = names[at] ?? String(at + 1);
  }
  return { index, shown };
}

/** Files without a header: time, open, high, low, close, volume, with the date and the time apart or together. */
function columnsByPosition(
  first: readonly string[],
  wanted: ForeignLayout['columns'],
  file: string,
): Columns {
  const apart = /^\d{1,2}:\d\d/.test(first[1] ?? '');
  const index: Partial<Record<ColumnRole, number>> = apart
    ? { date: 0, clock: 1, open: 2, high: 3, low: 4, close: 5, volume: 6 }
    : { time: 0, open: 1, high: 2, low: 3, close: 4, volume: 5 };
  for (const role of columnRoles) {
    const named = wanted[role];
    if (named === undefined) continue;
    if (!/^\d+$/.test(named))
      throw new TapeError(`${file}: it has no header, so name columns by number: --columns ${role}=2`);
    index[role] = Number(named) - 1;
  }
  if (wanted.time !== undefined) settleTime(index, wanted);
  if ((index.volume ?? 0) >= first.length) delete index.volume;
  return {
    ...complete(
      index,
      first.map((_, at) => `column ${at + 1}`),
      file,
    ),
    bodyAt: 0,
  };
}

/** Cells of one line, quotes taken off; a separator between quotes does not separate. */
function cells(line: string, separator: string): string[] {
  if (!line.includes('"')) return line.split(separator).map((cell) => cell.trim());
  const found: string[] = [];
  let cell = '';
  let quoted = false;
  for (const character of line) {
    if (character === '"') quoted = !quoted;
    else if (character === separator && !quoted) {
      found.push(cell.trim());
      cell = '';
    } else cell += character;
  }
  return [...found, cell.trim()];
}

function readRow(
  row: readonly string[],
  index: Partial<Record<ColumnRole, number>>,
  layout: ForeignLayout,
  separator: string,
): Omit<ForeignRow, 'line'> | string {
  const cell = (role: ColumnRole) => (index[role] === undefined ? undefined : row[index[role]]);
  const written = cell('time') ?? `${cell('date') ?? ''} ${cell('clock') ?? ''}`;
  const time = readTime(written.trim(), layout.timeUnit, layout.timeZone);
  if (Number.isNaN(time)) return `time cannot be read: ${quoted(written.trim())}`;
  const number = (role: ColumnRole) => readNumber(cell(role) ?? '', separator);
  const [open, high, low, close] = [number('open'), number('high'), number('low'), number('close')];
  const volume = index.volume === undefined || cell('volume') === '' ? 0 : number('volume');
  if ([open, high, low, close, volume].some((value) => Number.isNaN(value))) return 'a field is not a number';
  const defect = candleDefect({
    symbol: '',
    timeframe: '1m',
    openTime: time,
    open,
    high,
    low,
    close,
    volume,
  });
  return defect ?? { time, open, high, low, close, volume };
}

/** A decimal comma is read where the comma does not separate; thousands separators are refused as not a number. */
function readNumber(text: string, separator: string): number {
  const plain = separator === ',' ? text : text.replace(/^(-?\d+),(\d+)$/, '$1.$2');
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : Number.NaN;
}

function inferTimeframe(rows: readonly { readonly time: EpochMs }[], file: string): Timeframe {
  const counts = new Map<number, number>();
  for (let index = 1; index < rows.length; index += 1) {
    const distance = (rows[index]?.time ?? 0) - (rows[index - 1]?.time ?? 0);
    if (distance > 0) counts.set(distance, (counts.get(distance) ?? 0) + 1);
  }
  const [most] = [...counts].sort((left, right) => right[1] - left[1] || left[0] - right[0]);
  const found = timeframes.find((timeframe) => timeframeMs[timeframe] === most?.[0]);
  if (found === undefined)
    throw new TapeError(
      `${file}: the distance of its rows (${most === undefined ? 'one row only' : `${most[0] / 1_000} s`}) is not one of ${timeframes.join(', ')}; name it with --timeframe, or aggregate the file first`,
    );
  return found;
}

function withoutRepeats(
  rows: readonly ForeignRow[],
  timeframe: Timeframe,
  rejected: RejectedRow[],
): ForeignRow[] {
  const kept: ForeignRow[] = [];
  let last: ForeignRow | undefined;
  for (const row of rows) {
    const { line } = row;
    if (row.time % timeframeMs[timeframe] !== 0)
      rejected.push({ line, reason: 'time is off the timeframe grid' });
    else if (last?.time === row.time)
      rejected.push({
        line,
        reason:
          last.open === row.open && last.high === row.high && last.low === row.low && last.close === row.close
            ? 'duplicate time'
            : 'duplicate time with other prices',
      });
    else {
      kept.push(row);
      last = row;
    }
  }
  return kept;
}
