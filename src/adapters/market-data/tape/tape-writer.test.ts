// The recorder's files: rotation, resumption and mending, against real folders.
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Candle } from '../../../shared/domain/candle.ts';
import { minuteMs } from '../../../shared/domain/time.ts';
import { readTape } from './read-tape.ts';
import { repairRows, tapeLine, tapeText } from './tape-rows.ts';
import { TapeWriter } from './tape-writer.ts';

const begin = Date.parse('2026-03-23T23:50:00Z');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ato-tape-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function candle(minute: number, symbol = 'BTCUSDT'): Candle {
  const price = 100 + minute / 7;
  return {
    symbol,
    timeframe: '1m',
    openTime: begin + minute * minuteMs,
    open: price,
    high: price * 1.001,
    low: price * 0.999,
    close: price,
    volume: 1e-7 * (minute + 1),
  };
}

const openWriter = (maxFileBytes = 1_000_000) => TapeWriter.open({ folder, maxFileBytes });
const files = () => readdirSync(folder).sort();
const lastFile = () => path.join(folder, files().at(-1) ?? '');

async function write(minutes: readonly number[], maxFileBytes?: number): Promise<string[]> {
  const writer = await openWriter(maxFileBytes);
  const results = minutes.map((minute) => writer.write(candle(minute)));
  await writer.close();
  return results;
}

async function playedMinutes(): Promise<number[]> {
  const tape = await readTape([folder]);
  expect(tape.quarantined).toEqual([]);
  return [...tape.events].map((event) => (event.candle.openTime - begin) / minuteMs);
}

const upTo = (count: number, from = 0) => Array.from({ length: count }, (_, index) => from + index);

test('tokens on chains are recorded, resumed and played under their whole names', async () => {
  const token = 'solana:EKpQGSJtjMFqKZ9KQanSqYXRcF8fBopzLHYxdM65zcjm';
  for (const minutes of [upTo(5), upTo(8)]) {
    const writer = await openWriter();
    for (const minute of minutes) writer.write(candle(minute, token));
    expect(writer.lastOpenTime(token, '1m')).toBe(candle(minutes.at(-1) ?? 0).openTime);
    await writer.close();
  }
  expect(files()).toEqual([`${token.replace(':', '.')}_1m_20260323-20260323.csv.gz`]);
  const tape = await readTape([folder]);
  expect(tape.symbols).toEqual([token]);
  expect([...tape.events].map((event) => event.candle)).toEqual(
    upTo(8).map((minute) => candle(minute, token)),
  );
});

test('a day is a file, and what is read back is what was written, to the last bit', async () => {
  await write(upTo(30));
  expect(files()).toEqual(['BTCUSDT_1m_20260323-20260323.csv.gz', 'BTCUSDT_1m_20260324-20260324.csv.gz']);
  const tape = await readTape([folder]);
  expect([...tape.events].map((event) => event.candle)).toEqual(upTo(30).map((minute) => candle(minute)));
});

test('going on adds to the files of the day, and repeats and late candles stay out', async () => {
  await write(upTo(15));
  expect(await write([14, 13, 15, 15, 3, 16])).toEqual([
    'duplicate',
    'late',
    'written',
    'duplicate',
    'late',
    'written',
  ]);
  expect(await playedMinutes()).toEqual(upTo(17));
  expect(files().length).toBe(2);
});

test('a file that is full is followed by a numbered one', async () => {
  await write(upTo(10), 400);
  await write(upTo(10, 20), 400);
  expect(files().filter((name) => name.includes('20260323')).length).toBeGreaterThan(1);
  expect(files().every((name) => /^BTCUSDT_1m_\d{8}-\d{8}(\.\d+)?\.csv\.gz$/.test(name))).toBe(true);
  for (const name of files())
    expect(gunzipSync(readFileSync(path.join(folder, name))).length).toBeLessThanOrEqual(400);
  expect(await playedMinutes()).toEqual([...upTo(10), ...upTo(10, 20)]);
});

test('a growing file is played up to its last whole line', async () => {
  const writer = await openWriter();
  for (const minute of upTo(5)) writer.write(candle(minute));
  appendFileSync(lastFile(), '1774310100000,101.2,10');
  expect(files()).toEqual(['.ato-record.pid', 'BTCUSDT_1m_20260323-20260323.csv.part']);
  expect(await playedMinutes()).toEqual(upTo(5));
  await writer.close();
});

test('a folder has one recorder at a time; a dead one is taken over', async () => {
  const writer = await openWriter();
  writeFileSync(path.join(folder, '.ato-record.pid'), String(process.ppid));
  await expect(openWriter()).rejects.toThrow(/records here already/);
  writeFileSync(path.join(folder, '.ato-record.pid'), '999999999');
  await (await openWriter()).close();
  await writer.close();
});

test('wherever a crash cuts the last line, going on loses no whole line and repeats none', async () => {
  const whole = tapeText(upTo(6).map((minute) => tapeLine(candle(minute)).trimEnd()));
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: whole.length }), fc.boolean(), async (length, garbage) => {
      rmSync(folder, { recursive: true, force: true });
      folder = mkdtempSync(path.join(tmpdir(), 'ato-tape-'));
      const cut = whole.slice(0, length);
      writeFileSync(
        path.join(folder, 'BTCUSDT_1m_20260323-20260323.csv.part'),
        cut + (garbage ? '\0\0\0' : ''),
      );
      const kept = Math.max(0, cut.split('\n').length - 2);
      const writer = await openWriter();
      expect(writer.lastOpenTime('BTCUSDT', '1m')).toBe(kept === 0 ? undefined : candle(kept - 1).openTime);
      for (const minute of upTo(8)) writer.write(candle(minute));
      await writer.close();
      expect(await playedMinutes()).toEqual(upTo(8));
    }),
    { numRuns: 60 },
  );
});

test('a crash between packing and tidying leaves nothing twice', async () => {
  const lines = upTo(5).map((minute) => tapeLine(candle(minute)).trimEnd());
  const name = path.join(folder, 'BTCUSDT_1m_20260323-20260323.csv');
  writeFileSync(`${name}.gz`, gzipSync(tapeText(lines)));
  writeFileSync(`${name}.part`, tapeText(lines));
  writeFileSync(`${name}.gz.tmp`, 'half');
  await write(upTo(3, 4));
  expect(files()).toEqual(['BTCUSDT_1m_20260323-20260323.csv.gz']);
  expect(await playedMinutes()).toEqual(upTo(7));
});

test('files of earlier days that a crash left open are packed at the next start', async () => {
  writeFileSync(
    path.join(folder, 'BTCUSDT_1m_20260323-20260323.csv.part'),
    tapeText(upTo(10).map((minute) => tapeLine(candle(minute)).trimEnd())),
  );
  writeFileSync(
    path.join(folder, 'BTCUSDT_1m_20260324-20260324.csv.part'),
    tapeText(upTo(3, 10).map((minute) => tapeLine(candle(minute)).trimEnd())),
  );
  await write(upTo(2, 13));
  expect(files().every((file) => file.endsWith('.csv.gz'))).toBe(true);
  expect(await playedMinutes()).toEqual(upTo(15));
});

test('a damaged packed file is named and left alone', async () => {
  const file = path.join(folder, 'BTCUSDT_1m_20260323-20260323.csv.gz');
  writeFileSync(file, 'no gzip');
  await expect(openWriter()).rejects.toThrow(/20260323\.csv\.gz: it is damaged/);
  expect(readFileSync(file, 'utf8')).toBe('no gzip');
  expect(files()).toEqual(['BTCUSDT_1m_20260323-20260323.csv.gz']);
});

test('torn, empty and repeated lines are counted', () => {
  const text = tapeText(['1774310100000,1,1,1,1,0', '1774310100000,2,2,2,2,0', 'rubbish']);
  expect(repairRows([`${text}177431`])).toEqual({
    lines: ['1774310100000,1,1,1,1,0'],
    lastOpenTime: 1_774_310_100_000,
    dropped: 3,
  });
});
