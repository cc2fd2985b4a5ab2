// ato data, run as people run it: the layouts of other programs in, recordings that play out.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { readTape } from '../../src/adapters/market-data/tape/read-tape.ts';
import { runAto } from '../support/system-process.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ato-data-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;

interface Imported {
  readonly out: string;
  readonly timeframe: string;
  readonly candles: number;
  readonly rejected: readonly { readonly line: number; readonly reason: string }[];
}

async function importText(name: string, text: string, ...args: string[]) {
  count += 1;
  const place = path.join(folder, String(count));
  mkdirSync(place);
  const file = path.join(place, name);
  writeFileSync(file, name.endsWith('.gz') ? gzipSync(text) : text);
  const run = await runAto(
    ['data', 'import', file, '--out', path.join(place, 'out'), '--json', ...args],
    {},
    place,
  );
  const imported =
    run.code === 0 ? (JSON.parse(run.stdout) as { imported: Imported[] }).imported[0] : undefined;
  return { ...run, imported };
}

const first = Date.parse('2026-03-23T00:00:00Z');

test.each<[what: string, name: string, text: string, args: string[], times: number[]]>([
  [
    'Binance archive in microseconds, no header, packed',
    'BTCUSDT-1m-2026-03.csv.gz',
    `${first}000,1,2,1,2,5,${first}999,9,3,1,1,0\n${first + 60_000}000,2,3,1,2,5,0,9,3,1,1,0\n`,
    [],
    [first, first + 60_000],
  ],
  [
    'MetaTrader with date and time apart',
    'EURUSD_M5.txt',
    '<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\r\n2026.03.23\t00:00\t1\t2\t1\t2\t5\r\n2026.03.23\t00:05\t1\t2\t1\t2\t5\r\n',
    [],
    [first, first + 300_000],
  ],
  [
    'HistData, semicolons, New York winter time all year',
    'DAT_ASCII_EURUSD_M1_2026.csv',
    '20260322 190000;1;2;1;2;0\n20260322 190100;1;2;1;2;0\n',
    ['--zone', 'Etc/GMT+5'],
    [first, first + 60_000],
  ],
  [
    'an address above the header, newest first',
    'Binance_BTCUSDT_1h.csv',
    `https://example.org\nunix,date,symbol,open,high,low,close,Volume BTC\n${first + 3_600_000},x,BTC/USDT,1,2,1,2,5\n${first},x,BTC/USDT,1,2,1,2,5\n`,
    [],
    [first, first + 3_600_000],
  ],
  [
    'Dukascopy, day first',
    'EURUSD_Candlestick_1_M.csv',
    'Gmt time,Open,High,Low,Close,Volume\n23.03.2026 00:00:00.000,1,2,1,2,5\n23.03.2026 00:01:00.000,1,2,1,2,5\n',
    [],
    [first, first + 60_000],
  ],
  [
    'decimal commas, quotes and an offset',
    'x.csv',
    '"time";"open";"high";"low";"close"\n"2026-03-23T01:00:00+01:00";"1,0";"2,5";"1,0";"2,0"\n"2026-03-23T01:01:00+01:00";"1,0";"2,5";"1,0";"2,0"\n',
    ['--symbol', 'eurusd'],
    [first, first + 60_000],
  ],
  [
    'named columns and seconds',
    'y.csv',
    `when|a|b|c|d\n${first / 1_000}|2|1|2|1\n${first / 1_000 + 60}|2|1|2|1\n`,
    ['--symbol', 'BTCUSDT', '--columns', 'time=when,high=a,low=b,open=3,close=d'],
    [first, first + 60_000],
  ],
])('imports %s', async (_what, name, text, args, times) => {
  const { code, stderr, imported } = await importText(name, text, ...args);
  expect(code, stderr).toBe(0);
  expect(imported?.rejected).toEqual([]);
  const tape = await readTape([imported?.out ?? '']);
  expect(tape.quarantined).toEqual([]);
  expect([...tape.events].map(({ candle }) => candle.openTime)).toEqual(times);
});

test('rows that cannot be real are named by line and left out', async () => {
  const minute = (index: number) => first + index * 60_000;
  const rows = [
    `${minute(0)},1,2,1,2,5`,
    `${minute(1)},1,2,3,2,5`,
    `${minute(2)},-1,2,1,2,5`,
    `${minute(3)},1,2,1,NaN,5`,
    `yesterday,1,2,1,2,5`,
    `${minute(4) + 7},1,2,1,2,5`,
    `${minute(5)},1,2,1,2,5`,
    `${minute(5)},1,2,1,2,5`,
    `${minute(5)},1,9,1,2,5`,
    `${minute(6)},1,2,1,2,-5`,
    `${minute(7)},1,2,1,2,5`,
  ];
  const text = `time,open,high,low,close,volume\n${rows.join('\n')}\n`;
  const { imported } = await importText('BTCUSDT.csv', text, '--timeframe', '1m');
  expect(imported?.candles).toBe(3);
  expect(imported?.rejected.map(({ line, reason }) => `${line} ${reason}`)).toEqual([
    '3 high is below low',
    '4 a price is not above zero',
    '5 a field is not a number',
    '6 time cannot be read: "yesterday"',
    '7 time is off the timeframe grid',
    '9 duplicate time',
    '10 duplicate time with other prices',
    '11 volume is negative or not a number',
  ]);
});

test('what cannot be recognised fails and says which option helps', async () => {
  const candles = 'time,open,high,low,close\n1774224000,1,2,1,2\n1774224060,1,2,1,2\n';
  for (const [name, text, args, code, message] of [
    ['x.csv', candles, [], 1, /--symbol/],
    ['BTCUSDT.csv', 'a,b,c\n1,2,3\n', [], 1, /--columns/],
    ['BTCUSDT.csv', 'time,open,high,low\n1,2,3,4\n', [], 1, /--columns/],
    ['BTCUSDT.csv', 'nothing', [], 1, /--separator/],
    ['BTCUSDT.csv', '', [], 1, /it is empty/],
    [
      'BTCUSDT.csv',
      'time,open,high,low,close\n1774224000,1,2,1,2\n1774224007,1,2,1,2\n',
      [],
      1,
      /--timeframe/,
    ],
    ['BTCUSDT.csv', candles, ['--columns', 'price=2'], 2, /roles are/],
    ['BTCUSDT.csv', candles, ['--zone', 'Mars/Base'], 2, /time zone/],
    ['BTCUSDT.csv', candles, ['--timeframe', '7m'], 2, /Allowed choices/],
    ['BTCUSDT.zip', 'PK', [], 1, /unpack it first/],
  ] as [string, string, string[], number, RegExp][]) {
    const run = await importText(name, text, ...args);
    expect(run.code, `${name} ${args} ${run.stderr}`).toBe(code);
    expect(run.stdout).toBe('');
    expect(run.stderr).toMatch(message);
  }
});

test('check names gaps, duplicates, impossible rows and times off the grid, and info sums up', async () => {
  const place = path.join(folder, 'check');
  mkdirSync(place);
  const file = path.join(place, 'EURUSD_1h_20260319-20260323.csv');
  const at = (iso: string) => Date.parse(iso);
  // Friday's last hour, the weekend, then Sunday's third hour: two hours are missing, the weekend is not.
  writeFileSync(
    file,
    [
      'time,open,high,low,close,volume',
      `${at('2026-03-20T20:00:00Z')},1,2,1,2,5`,
      `${at('2026-03-22T23:00:00Z')},1,2,1,2,5`,
      `${at('2026-03-22T23:00:00Z')},1,2,1,2,5`,
      `${at('2026-03-23T00:00:00Z')},1,2,3,2,5`,
      `${at('2026-03-23T00:30:00Z')},1,2,1,2,5`,
      `${at('2026-03-23T00:00:00Z')},1,2,1,2,5`,
      '',
    ].join('\n'),
  );
  const checked = await runAto(['data', 'check', place, '--json'], {}, place);
  expect(checked.code).toBe(1);
  const report = JSON.parse(checked.stdout);
  expect(report.clean).toBe(false);
  expect(report.files[0].bad_rows).toEqual([
    { reason: 'duplicate time', count: 1, lines: [4] },
    { reason: 'high is below low', count: 1, lines: [5] },
    { reason: 'time is off the timeframe grid', count: 1, lines: [6] },
  ]);
  expect(report.files[0].gaps).toEqual([
    { from: '2026-03-20T21:00:00.000Z', to: '2026-03-22T23:00:00.000Z', missing: 2 },
  ]);
  const text = await runAto(['data', 'check', file], {}, place);
  expect(text.stdout).toContain(`${file}:5: high is below low`);
  const info = await runAto(['data', 'info', file, '--json'], {}, place);
  expect(info.code).toBe(0);
  expect(JSON.parse(info.stdout).files[0]).toMatchObject({ symbol: 'EURUSD', candles: 3, bad_rows: 3 });
});

test('a clean recording passes, a gap of crypto fails unless allowed, and two files that overlap are found', async () => {
  const place = path.join(folder, 'clean');
  mkdirSync(place);
  const lines = (minutes: number[]) =>
    `time,open,high,low,close,volume\n${minutes.map((minute) => `${first + minute * 60_000},1,2,1,2,5\n`).join('')}`;
  const file = path.join(place, 'BTCUSDT_1m_20260323-20260323.csv');
  const check = (...args: string[]) => runAto(['data', 'check', '--json', ...args], {}, place);
  writeFileSync(file, lines([0, 1, 2]));
  expect((await check(file)).code).toBe(0);
  writeFileSync(file, lines([0, 1, 5]));
  expect((await check(file)).code).toBe(1);
  expect((await check(file, '--allow-gaps')).code).toBe(0);
  writeFileSync(path.join(place, 'BTCUSDT_1m_20260323-20260324.csv'), lines([5, 6]));
  const overlap = await check(place, '--allow-gaps');
  expect(overlap.code).toBe(1);
  expect(JSON.parse(overlap.stdout).overlaps).toEqual([{ symbol: 'BTCUSDT', timeframe: '1m', times: 1 }]);
  expect((await check(path.join(place, 'nowhere'))).code).toBe(1);
});

test('check names spikes as a simulation leaves them out, and a file that is no recording is a problem', async () => {
  const place = path.join(folder, 'spikes');
  mkdirSync(place);
  const file = path.join(place, 'BTCUSDT_1m_20260323-20260323.csv');
  const rows = Array.from({ length: 60 }, (_, index) => {
    const price = index === 40 ? 100_000 : 100 + (index % 3) / 100;
    const wick = index === 50 ? price * 1000 : price;
    return `${first + index * 60_000},${price},${wick},${price},${price},1`;
  });
  writeFileSync(file, ['time,open,high,low,close,volume', ...rows, ''].join('\n'));
  const page = path.join(place, 'ETHUSDT_1m_20260323-20260323.csv');
  writeFileSync(page, '<!doctype html><title>403\u001b[2J</title>');
  writeFileSync(path.join(place, 'notes.csv'), 'a,b');
  const checked = await runAto(['data', 'check', place, '--json'], {}, place);
  expect(checked.code).toBe(1);
  const report = JSON.parse(checked.stdout) as {
    files: { bad_rows: unknown }[];
    unreadable: { file: string; reason: string }[];
    skipped: { file: string }[];
  };
  expect(report.files.map((one) => one.bad_rows)).toEqual([
    [
      { reason: 'price spike: no later row stayed there', count: 1, lines: [42] },
      { reason: 'absurd spike inside the candle', count: 1, lines: [52] },
    ],
  ]);
  expect(report.unreadable).toMatchObject([
    { file: page, reason: expect.stringMatching(/^the first line must/) },
  ]);
  expect(report.unreadable[0]?.reason).not.toContain('\u001b');
  expect(report.skipped.map((one) => one.file)).toEqual([path.join(place, 'notes.csv')]);
  const simulated = await runAto(['sim', '--tape', file, '--json'], {}, place);
  const { quarantined, quarantined_rows } = JSON.parse(simulated.stdout) as {
    quarantined: { line: number }[];
    quarantined_rows: number;
  };
  expect(quarantined_rows).toBe(2);
  expect(quarantined.map(({ line }) => line)).toEqual([42, 52]);
  const { imported, stderr } = await importText('BTCUSDT.csv', rows.join('\n'));
  expect(
    imported?.rejected.map(({ line }) => line),
    stderr,
  ).toEqual([41, 51]);
  expect((await importText('BTCUSDT.csv', '<html>403</html>')).stderr).toMatch(/it is a web page/);
  expect((await importText('BTCUSDT.csv', '\n\n')).stderr).toMatch(/it is empty/);
});
