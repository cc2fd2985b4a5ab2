// Turns the bytes of one recording into columns, and names every row that cannot be real.
// Written by hand because a year of minutes must load in well under a second: general CSV libraries build
// a string per field (here none is built), and these files have no quoting to support.
import { type Timeframe, timeframeMs } from '../../../shared/domain/candle.ts';
import { type CandleColumns, newColumns, sliceColumns } from './candle-columns.ts';
import { quoted } from './quoted.ts';
import { TapeError } from './tape-error.ts';

export interface BadRow {
  /** 1-based line in the uncompressed file. */
  readonly line: number;
  readonly reason: string;
}

export interface ParsedCsv {
  readonly columns: CandleColumns;
  /** Rows read, good and bad, without header and blank lines. */
  readonly rows: number;
  /** 1-based line of a row of the columns in the uncompressed file. */
  readonly lineOf: (row: number) => number;
}

/** Which lines are no rows of the columns: for finding a row's line again without keeping one number per row. */
class LeftOutLines {
  /** Rows of the columns before a run of lines left out, and the lines left out up to its end. */
  readonly #rowsBefore: number[] = [];
  readonly #leftOut: number[] = [];
  #total = 0;

  add(rowsBefore: number): void {
    this.#total += 1;
    if (this.#rowsBefore.at(-1) === rowsBefore) this.#leftOut.pop();
    else this.#rowsBefore.push(rowsBefore);
    this.#leftOut.push(this.#total);
  }

  /** Lines left out above a row, by bisection. */
  above(row: number): number {
    let low = 0;
    let high = this.#rowsBefore.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#rowsBefore[middle] as number) <= row) low = middle + 1;
      else high = middle;
    }
    return this.#leftOut[low - 1] ?? 0;
  }
}

const newline = 10;
const carriageReturn = 13;
const comma = 44;
const dot = 46;
const digitZero = 48;
const digitNine = 57;

const maxFields = 16;
/** Digits that a float holds exactly; longer numbers take the slow road. */
const maxExactDigits = 15;
const maxExactPowerOfTen = 22;
const powersOfTen = Float64Array.from({ length: maxExactPowerOfTen + 1 }, (_, power) => Number(`1e${power}`));
const plainNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Epoch milliseconds between 1973 and 2100; seconds or microseconds fall outside. */
const minPlausibleTime = 100_000_000_000;
const maxPlausibleTime = 4_102_444_800_000;
/** A forward jump longer than this is compared with the next row, so one wild time cannot spoil all after it. */
const suspiciousJumpMs = 86_400_000;

const knownHeaders: Readonly<Record<string, 'candles' | 'close-only'>> = {
  'time,open,high,low,close,volume': 'candles',
  'time,close': 'close-only',
};

/** One row's numbers; reused for every row. */
interface Row {
  readonly fields: Float64Array;
  fieldCount: number;
  /** Offset just behind the row's line break. */
  next: number;
}

function slowNumber(bytes: Buffer, from: number, to: number): number {
  const text = bytes.toString('latin1', from, to).trim();
  return plainNumber.test(text) ? Number(text) : Number.NaN;
}

/**
 * Reads the row at `start`. Plain decimals of up to 15 digits are mantissa / power of ten: both exact, so the
 * one division rounds correctly and the result equals Number(text).
 */
function readRow(bytes: Buffer, start: number, row: Row): void {
  const end = bytes.length;
  let at = start;
  let field = 0;
  for (;;) {
    const fieldStart = at;
    let mantissa = 0;
    let digits = 0;
    let fraction = -1;
    let byte = newline;
    for (; at < end; at += 1) {
      byte = bytes[at] as number;
      if (byte >= digitZero && byte <= digitNine) {
        mantissa = mantissa * 10 + (byte - digitZero);
        digits += 1;
        if (fraction >= 0) fraction += 1;
      } else if (byte === dot && fraction < 0) fraction = 0;
      else break;
    }
    const plainEnd = at;
    if (at < end && byte !== comma && byte !== newline) {
      while (at < end && bytes[at] !== comma && bytes[at] !== newline) at += 1;
    }
    const plain = plainEnd === at || (plainEnd === at - 1 && bytes[plainEnd] === carriageReturn);
    if (field < maxFields) {
      row.fields[field] =
        plain && digits > 0 && digits <= maxExactDigits
          ? fraction > 0
            ? mantissa / (powersOfTen[fraction] as number)
            : mantissa
          : slowNumber(bytes, fieldStart, at);
    }
    field += 1;
    const separator = at < end ? bytes[at] : newline;
    at += 1;
    if (separator === newline) break;
  }
  row.fieldCount = field;
  row.next = at;
}

function isBlankLine(bytes: Buffer, at: number): boolean {
  const byte = bytes[at];
  return (
    byte === newline || (byte === carriageReturn && (at + 1 >= bytes.length || bytes[at + 1] === newline))
  );
}

function timeDefect(time: number, last: number, stepMs: number): string | undefined {
  if (!(time >= minPlausibleTime && time <= maxPlausibleTime) || !Number.isInteger(time)) {
    return 'time is not epoch milliseconds';
  }
  if (time % stepMs !== 0) return 'time is off the timeframe grid';
  if (time === last) return 'duplicate time';
  if (time < last) return 'time runs backwards';
  return undefined;
}

/** The same verdicts as candleDefect of the domain, on plain numbers. */
function priceDefect(
  open: number,
  high: number,
  low: number,
  close: number,
  volume: number,
): string | undefined {
  if (!Number.isFinite(open + high + low + close + volume)) return 'a field is not a number';
  if (!(open > 0 && high > 0 && low > 0 && close > 0)) return 'a price is not above zero';
  if (volume < 0) return 'volume is negative';
  if (high < low) return 'high is below low';
  if (high < open || high < close || low > open || low > close) return 'high or low lies inside the body';
  return undefined;
}

function readHeader(
  bytes: Buffer,
  file: string,
): { kind: 'candles' | 'close-only'; bodyAt: number; line: number } {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const first = bytes[start] ?? newline;
  if (first >= digitZero && first <= digitNine) return { kind: 'candles', bodyAt: start, line: 1 };
  const breakAt = bytes.indexOf(newline, start);
  const end = breakAt < 0 ? bytes.length : breakAt;
  const header = bytes
    .toString('latin1', start, Math.min(end, start + 200))
    .trim()
    .toLowerCase();
  if (header === 'time,bid,ask') {
    throw new TapeError(`${file}: tick recordings are not candles; aggregate it to 1m candles first`);
  }
  if (bytes.length === start) throw new TapeError(`${file}: it is empty`);
  const kind = knownHeaders[header];
  if (kind === undefined) {
    throw new TapeError(
      `${file}: the first line must be time,open,high,low,close,volume (or time,close), but it is ${quoted(header)}`,
    );
  }
  return { kind, bodyAt: Math.min(end + 1, bytes.length), line: 2 };
}

function countLines(bytes: Buffer, from: number): number {
  let lines = 1;
  for (let at = from; at < bytes.length; at += 1) if (bytes[at] === newline) lines += 1;
  return lines;
}

/** Time of the row after this one, or undefined when it has none that can be read. */
function timeOfRowAt(bytes: Buffer, at: number, row: Row): number | undefined {
  if (at >= bytes.length) return undefined;
  readRow(bytes, at, row);
  const time = row.fields[0] as number;
  return time >= minPlausibleTime && time <= maxPlausibleTime ? time : undefined;
}

/**
 * Parses one uncompressed recording. Bad rows go to `onBadRow` in line order and never into the columns.
 * Throws TapeError when the header says that this is no candle file.
 */
export function parseCandleCsv(
  bytes: Buffer,
  timeframe: Timeframe,
  file: string,
  onBadRow: (bad: BadRow) => void,
): ParsedCsv {
  const header = readHeader(bytes, file);
  const stepMs = timeframeMs[timeframe];
  const expectedFields = header.kind === 'candles' ? 6 : 2;
  const columns = newColumns(countLines(bytes, header.bodyAt));
  const row: Row = { fields: new Float64Array(maxFields), fieldCount: 0, next: 0 };
  const peeked: Row = { fields: new Float64Array(maxFields), fieldCount: 0, next: 0 };
  const fields = row.fields;
  let count = 0;
  let rows = 0;
  let last = 0;
  let line = header.line;
  const leftOut = new LeftOutLines();
  for (let at = header.bodyAt; at < bytes.length; at = row.next, line += 1) {
    if (isBlankLine(bytes, at)) {
      row.next = bytes[at] === newline ? at + 1 : at + 2;
      leftOut.add(count);
      continue;
    }
    readRow(bytes, at, row);
    rows += 1;
    const time = fields[0] as number;
    const close = fields[expectedFields === 6 ? 4 : 1] as number;
    const open = expectedFields === 6 ? (fields[1] as number) : close;
    const high = expectedFields === 6 ? (fields[2] as number) : close;
    const low = expectedFields === 6 ? (fields[3] as number) : close;
    const volume = expectedFields === 6 ? (fields[5] as number) : 0;
    let reason =
      row.fieldCount !== expectedFields
        ? `wrong number of columns (expected ${expectedFields})`
        : (timeDefect(time, last, stepMs) ?? priceDefect(open, high, low, close, volume));
    if (reason === undefined && time - last > suspiciousJumpMs) {
      const following = timeOfRowAt(bytes, row.next, peeked);
      if (following !== undefined && following > last && following < time)
        reason = 'time jumps ahead of the rows after it';
    }
    if (reason !== undefined) {
      onBadRow({ line, reason });
      leftOut.add(count);
      continue;
    }
    columns.openTime[count] = time;
    columns.open[count] = open;
    columns.high[count] = high;
    columns.low[count] = low;
    columns.close[count] = close;
    columns.volume[count] = volume;
    last = time;
    count += 1;
  }
  return {
    columns: sliceColumns(columns, 0, count),
    rows,
    lineOf: (one) => header.line + one + leftOut.above(one),
  };
}
