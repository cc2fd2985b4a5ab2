import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { candleDefect } from '../../../shared/domain/candle.ts';
import { parseCandleCsv } from './parse-csv.ts';
import { readTape } from './read-tape.ts';

const header = 'time,open,high,low,close,volume';
const t0 = 1_700_000_040_000;
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ato-tape-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function minute(index: number, price = 100 + index): string {
  return `${t0 + index * 60_000},${price},${price + 1},${price - 1},${price + 0.5},1.25`;
}

function write(name: string, lines: readonly string[], ending = '\n'): string {
  const file = path.join(folder, name);
  const text = Buffer.from(`${lines.join(ending)}${ending}`);
  writeFileSync(file, name.endsWith('.gz') ? gzipSync(text) : text);
  return file;
}

test('plays candles of several files by close time then symbol, happened and known at the close', async () => {
  write('BTCUSDT_1m_20231114-20231115.csv.gz', [header, minute(0), minute(1), minute(3)]);
  write('AAVEUSDT_1m_20231114-20231115.csv', [header, minute(1, 50), minute(2, 51)]);
  const tape = await readTape([folder]);
  const played = [...tape.events];
  expect(played.map((event) => `${event.candle.symbol} ${(event.happened_at - t0) / 60_000}`)).toEqual([
    'BTCUSDT 1',
    'AAVEUSDT 2',
    'BTCUSDT 2',
    'AAVEUSDT 3',
    'BTCUSDT 4',
  ]);
  expect(played.every((event) => event.happened_at === event.known_at && event.kind === 'recorded')).toBe(
    true,
  );
  expect(played[0]?.candle).toEqual({
    symbol: 'BTCUSDT',
    timeframe: '1m',
    openTime: t0,
    open: 100,
    high: 101,
    low: 99,
    close: 100.5,
    volume: 1.25,
  });
  expect(tape).toMatchObject({ candles: 5, from: t0, to: t0 + 240_000, symbols: ['AAVEUSDT', 'BTCUSDT'] });
  expect([...tape.events]).toEqual(played);
});

test('every malformed row is named by file and line and never played', async () => {
  const rows: readonly (readonly [string, string | undefined])[] = [
    [minute(0), undefined],
    ['1,2,3', 'wrong number of columns'],
    [`${t0 + 60_000},100,101,99,nonsense,1`, 'a field is not a number'],
    [`${t0 + 60_000},100,101,99,NaN,1`, 'a field is not a number'],
    [`${t0 + 60_000},-100,101,99,100,1`, 'a price is not above zero'],
    [`${t0 + 60_000},0,101,99,100,1`, 'a price is not above zero'],
    [`${t0 + 60_000},100,98,99,100,1`, 'high is below low'],
    [`${t0 + 60_000},100,101,99,102,1`, 'high or low lies inside the body'],
    [`${t0 + 60_000},100,101,99,100,-1`, 'volume is negative'],
    [`${t0 + 61_000},100,101,99,100,1`, 'time is off the timeframe grid'],
    [minute(0), 'duplicate time'],
    [minute(2), undefined],
    [minute(1), 'time runs backwards'],
    ['1700000100,100,101,99,100,1', 'time is not epoch milliseconds'],
    ['', undefined],
    [`${t0 + 180_000},0x10,101,99,100,1`, 'a field is not a number'],
    [`${minute(3)},7`, 'wrong number of columns'],
    [`${t0 + 90 * 86_400_000},100,101,99,100,1`, 'time jumps ahead of the rows after it'],
    [minute(4), undefined],
  ];
  const file = write('BTCUSDT_1m_20231114-20231115.csv.gz', [header, ...rows.map(([text]) => text)]);
  const tape = await readTape([file]);
  expect([...tape.events].map((event) => (event.candle.openTime - t0) / 60_000)).toEqual([0, 2, 4]);
  const named = tape.quarantined.flatMap((group) =>
    group.lines.map((line) => ({ line, reason: group.reason.replace(/ \(.*/, '') })),
  );
  const expected = rows.flatMap(([, reason], index) =>
    reason === undefined ? [] : [{ line: index + 2, reason }],
  );
  expect(named.sort((a, b) => a.line - b.line)).toEqual(expected);
  expect(tape.quarantined.every((group) => group.file === file && group.count === group.lines.length)).toBe(
    true,
  );
});

test('Windows line ends, a byte order mark, a missing last line break and a missing header are read', async () => {
  const windows = path.join(folder, 'AUSDT_1m_20231114-20231115.csv');
  writeFileSync(windows, `\uFEFF${[header, minute(0), minute(1)].join('\r\n')}`);
  const bare = path.join(folder, 'BUSDT_1m_20231114-20231115.csv');
  writeFileSync(bare, `${minute(0)}\n${minute(1)}`);
  const tape = await readTape([folder]);
  expect(tape.candles).toBe(4);
  expect(tape.quarantined).toEqual([]);
});

test('a close-only recording becomes candles without range', async () => {
  const file = write('GOOGL_1d-close-only_20231226-20240401.csv.gz', [
    'time,close',
    '1703548800000,141.520004',
  ]);
  const [event] = (await readTape([file])).events;
  expect(event?.candle).toMatchObject({ open: 141.520004, high: 141.520004, low: 141.520004, volume: 0 });
});

test('one row times a thousand is quarantined with file and line, and the rest plays as if it had not been there', async () => {
  const rows = Array.from({ length: 60 }, (_, index) => minute(index, 100 + (index % 5) / 100));
  const spike = (index: number, factor: number) =>
    minute(index, 0).replace(
      /,.*/,
      `,${['100', '101', '99', '100.5'].map((price) => Number(price) * factor).join(',')},1`,
    );
  const name = 'BTCUSDT_1m_20231114-20231115.csv';
  for (const [at, factor] of [
    [0, 1000],
    [40, 1000],
    [40, 0.001],
    [50, 1.3],
    [59, 1000],
  ] as const) {
    const file = write(name, [header, '', 'rubbish', ...rows.with(at, spike(at, factor))]);
    const tape = await readTape([file]);
    expect(tape.quarantined.slice(1)).toMatchObject([{ file, line: at + 4, count: 1 }]);
    const played = [...tape.events];
    const without = await readTape([write(name, [header, ...rows.toSpliced(at, 1)])]);
    expect(played).toEqual([...without.events]);
  }
});

test('a gap that stays is played whole, but known only when a later row has confirmed it', async () => {
  const rows = Array.from({ length: 60 }, (_, index) => minute(index, index < 40 ? 100 : 140));
  const tape = await readTape([write('BTCUSDT_1m_20231114-20231115.csv', [header, ...rows])]);
  expect(tape.quarantined).toEqual([]);
  const played = [...tape.events];
  expect(played.map(({ candle }) => (candle.openTime - t0) / 60_000)).toEqual(
    Array.from({ length: 60 }, (_, index) => index),
  );
  const late = played.filter((event) => event.known_at !== event.happened_at);
  expect(late.map((event) => [event.happened_at - t0, event.known_at - t0].map((ms) => ms / 60_000))).toEqual(
    [[41, 42]],
  );
  // The confirming row lies beyond the bound, so the gap is not known within it.
  const cut = await readTape([path.join(folder, 'BTCUSDT_1m_20231114-20231115.csv')], {
    to: t0 + 41 * 60_000,
  });
  expect([...cut.events].length).toBe(40);
});

test('what is known does not depend on what comes later: a shorter recording gives the beginning of a longer', async () => {
  const price = fc.oneof(
    { weight: 20, arbitrary: fc.double({ min: 99, max: 101, noNaN: true }) },
    { weight: 1, arbitrary: fc.constantFrom(0.1, 60, 140, 1000, 1e5) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(price, { minLength: 45, maxLength: 90 }), fc.nat(), async (prices, cut) => {
      const level = prices.map((value, index) => (index < 40 ? 100 : value));
      const rows = level.map((value, index) => minute(index, value).replace(/,[^,]*$/, ',1'));
      const length = 44 + (cut % (rows.length - 44));
      const play = async (lines: readonly string[]) =>
        [...(await readTape([write('BTCUSDT_1m_20231114-20231115.csv', [header, ...lines])])).events].map(
          (event) => [event.known_at, event.candle] as const,
        );
      const until = t0 + length * 60_000;
      const whole = (await play(rows)).filter(([knownAt]) => knownAt <= until);
      expect(await play(rows.slice(0, length))).toEqual(whole);
    }),
    { numRuns: 60 },
  );
});

test('nothing but regular files is read, and an archive that unpacks without end is dropped', async () => {
  symlinkSync('/dev/zero', path.join(folder, 'ETHUSDT_1m_20231114-20231115.csv'));
  await expect(readTape([folder])).rejects.toThrow(/no candle to play.*no regular file/);
  await expect(readTape([path.join(folder, 'ETHUSDT_1m_20231114-20231115.csv')])).rejects.toThrow(
    /no regular file/,
  );
  const bomb = path.join(folder, 'BTCUSDT_1m_20231114-20231115.csv.gz');
  writeFileSync(bomb, gzipSync(Buffer.alloc(300 * 1_048_576, 49), { level: 1 }));
  await expect(readTape([bomb])).rejects.toThrow(/unpacks to more than 256 MiB/);
});

test('a header of strange bytes is shown without them', async () => {
  const odd = write('BTCUSDT_1m_20231114-20231115.csv', ['\u001b[31mred\u0007', minute(0)]);
  await expect(readTape([odd])).rejects.toThrow(/it is "\\u\{1b\}\[31mred\\u\{7\}"/);
});

test('of a truncated or corrupted gzip the readable part is played and the damage reported', async () => {
  const lines = [
    header,
    ...Array.from({ length: 20_000 }, (_, index) => minute(index, 100 + ((index * 7919) % 997) / 200)),
  ];
  const whole = gzipSync(Buffer.from(lines.join('\n')));
  const truncated = path.join(folder, 'BTCUSDT_1m_20231114-20231128.csv.gz');
  writeFileSync(truncated, whole.subarray(0, Math.floor(whole.length / 2)));
  const half = await readTape([truncated]);
  expect(half.candles).toBeGreaterThan(5_000);
  expect(half.candles).toBeLessThan(20_000);
  expect(half.quarantined).toMatchObject([{ file: truncated, line: 0, count: 1 }]);
  expect(half.quarantined[0]?.reason).toContain('damaged file');

  const corrupt = Buffer.from(whole);
  corrupt.fill(0xff, Math.floor(whole.length * 0.8), Math.floor(whole.length * 0.8) + 64);
  writeFileSync(truncated, corrupt);
  const most = await readTape([truncated]);
  expect(most.candles).toBeGreaterThan(5_000);
  expect(most.quarantined.some((group) => group.reason.includes('damaged file'))).toBe(true);
  const reference = new Map(
    lines.slice(1).map((line) => [Number(line.split(',')[0]), Number(line.split(',')[4])]),
  );
  for (const event of half.events) expect(event.candle.close).toBe(reference.get(event.candle.openTime));
});

test('from and to bound the candles by open and close', async () => {
  const file = write('BTCUSDT_1m_20231114-20231115.csv', [
    header,
    ...[0, 1, 2, 3, 4].map((index) => minute(index)),
  ]);
  const tape = await readTape([file], { from: t0 + 60_000, to: t0 + 240_000 });
  expect([...tape.events].map((event) => (event.candle.openTime - t0) / 60_000)).toEqual([1, 2, 3]);
  expect(tape).toMatchObject({ from: t0 + 60_000, to: t0 + 240_000 });
});

test('several files of one symbol are joined by time, an overlap is counted once', async () => {
  write('BTCUSDT_1m_20231115-20231116.csv', [header, minute(2), minute(3)]);
  write('BTCUSDT_1m_20231114-20231115.csv', [header, minute(0), minute(1), minute(2)]);
  const tape = await readTape([folder]);
  expect([...tape.events].map((event) => (event.candle.openTime - t0) / 60_000)).toEqual([0, 1, 2, 3]);
  expect(tape.quarantined).toMatchObject([
    { count: 1, reason: 'time already given by another file of the symbol' },
  ]);
});

test('a folder plays one timeframe and one side per symbol and says what it left out', async () => {
  write('BTCUSDT_1m_20231114-20231115.csv', [header, minute(0)]);
  write('BTCUSDT_1h_20231114-20231115.csv', [header]);
  write('GBPUSD_1m-bid_20231114-20231115.csv', [header, minute(0)]);
  write('GBPUSD_1m-ask_20231114-20231115.csv', [header, minute(0)]);
  write('NZDUSD_tick_20231114-20231115.csv', ['time,bid,ask']);
  write('notes.csv', ['anything']);
  const tape = await readTape([folder]);
  expect(tape.symbols).toEqual(['BTCUSDT', 'GBPUSD']);
  expect(tape.skipped.map((one) => path.basename(one.file)).sort()).toEqual([
    'BTCUSDT_1h_20231114-20231115.csv',
    'GBPUSD_1m-ask_20231114-20231115.csv',
    'NZDUSD_tick_20231114-20231115.csv',
    'notes.csv',
  ]);
});

test('what cannot be used is refused with the fix', async () => {
  const nameless = write('prices.csv', [header, minute(0)]);
  await expect(readTape([nameless])).rejects.toThrow(/rename it to SYMBOL_TIMEFRAME_FROM-TO/);
  const tick = write('NZDUSD_tick_20140504-20140509.csv.gz', ['time,bid,ask']);
  await expect(readTape([tick])).rejects.toThrow(/tick recordings are not candles/);
  const hidden = write('NZDUSD_1m_20140504-20140509.csv.gz', ['time,bid,ask']);
  await expect(readTape([hidden])).rejects.toThrow(/tick recordings are not candles/);
  const odd = write('BTCUSDT_3m_20231114-20231115.csv', [header]);
  await expect(readTape([odd])).rejects.toThrow(/timeframe 3m is not one of/);
  const other = write('BTCUSDT_1m_20231114-20231115.csv', ['when,price', '1,2']);
  await expect(readTape([other])).rejects.toThrow(/the first line must be/);
  await expect(readTape([path.join(folder, 'missing.csv')])).rejects.toThrow(/no such file/);
  const empty = path.join(folder, 'empty');
  mkdirSync(empty);
  await expect(readTape([empty])).rejects.toThrow(/no candle to play/);
  const hourly = write('ETHUSDT_1h_20231114-20231115.csv', [header]);
  const minutely = write('ETHUSDT_1m_20231114-20231115.csv', [header, minute(0)]);
  await expect(readTape([hourly, minutely])).rejects.toThrow(/one timeframe per symbol/);
});

test('numbers are read exactly as Number() reads them', () => {
  const decimals = fc.oneof(
    fc.double({ min: 1e-9, max: 1e9, noNaN: true }).map((value) => value.toFixed(8)),
    fc.double({ min: 1e-12, max: 1e15, noNaN: true }).map(String),
    fc.integer({ min: 1, max: 1_000_000 }).map(String),
  );
  fc.assert(
    fc.property(fc.array(decimals, { minLength: 1, maxLength: 20 }), (texts) => {
      const csv = ['time,close', ...texts.map((text, index) => `${t0 + index * 60_000},${text}`)].join('\n');
      const bad: number[] = [];
      const { columns } = parseCandleCsv(Buffer.from(csv), '1m', 'x', (row) => bad.push(row.line));
      const good = texts.map(Number).filter((value) => value > 0);
      expect([...columns.close]).toEqual(good);
      expect(bad).toHaveLength(texts.length - good.length);
    }),
  );
});

test('whatever the bytes, no defective candle is played and every row is played or named', () => {
  const field = fc.oneof(
    fc.constantFrom(
      '',
      '-1',
      '0',
      '1',
      '99',
      '100',
      '101',
      'NaN',
      'Infinity',
      '1e3',
      '1e999',
      ' 7',
      '"8"',
      '.5',
      '..',
    ),
    fc.integer({ min: -5, max: 300 }).map((index) => String(t0 + index * 60_000)),
  );
  const line = fc.oneof(
    fc.array(field, { maxLength: 8 }).map((fields) => fields.join(',')),
    fc.integer({ min: 0, max: 300 }).map((index) => minute(index)),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), fc.constantFrom('\n', '\r\n'), (lines, ending) => {
      let bad = 0;
      const bytes = Buffer.from([header, ...lines].join(ending));
      const { columns, rows } = parseCandleCsv(bytes, '1m', 'x', () => {
        bad += 1;
      });
      expect(columns.count + bad).toBe(rows);
      for (let row = 0; row < columns.count; row += 1) {
        const [openTime, open, high, low, close, volume] = [
          columns.openTime[row]!,
          columns.open[row]!,
          columns.high[row]!,
          columns.low[row]!,
          columns.close[row]!,
          columns.volume[row]!,
        ];
        expect(candleDefect({ symbol: 'X', timeframe: '1m', openTime, open, high, low, close, volume })).toBe(
          undefined,
        );
        if (row > 0) expect(openTime).toBeGreaterThan(columns.openTime[row - 1]!);
      }
    }),
  );
});
