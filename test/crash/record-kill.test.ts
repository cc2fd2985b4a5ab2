// The real `ato record` killed at random moments: what it leaves plays, and going on repeats nothing.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readTape } from '../../src/adapters/market-data/tape/read-tape.ts';
import { childEnvironment, projectFolder, runAto } from '../support/system-process.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ato-record-'));
const out = path.join(folder, 'tape');
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const rounds = Number(process.env.ATO_TEST_KILLS ?? 4);
const settings = {
  ATO_MARKET_SOURCE: 'synthetic',
  ATO_MARKET_SPEED: '20000',
  ATO_UNIVERSE: 'BTCUSDT,ETHUSDT',
};
const args = ['record', '--sources', 'synthetic', '--out', out, '--max-mb', '0.02'];

/** Starts the recorder and kills it some time after it has written something new. */
async function recordAndDie(delayMs: number): Promise<void> {
  const before = readdirOf(out).length;
  const child = spawn(process.execPath, [path.join(projectFolder, 'src', 'main.ts'), ...args], {
    cwd: folder,
    env: childEnvironment(settings),
    stdio: 'ignore',
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  while (readdirOf(out).length <= before && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 10));
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  child.kill('SIGKILL');
  await gone;
  expect(child.signalCode, 'it ended by itself').toBe('SIGKILL');
}

function readdirOf(place: string): string[] {
  try {
    return readdirSync(place);
  } catch {
    return [];
  }
}

test('kill -9 at random moments', { timeout: 120_000 }, async () => {
  let before = 0;
  for (let round = 0; round < rounds; round += 1) {
    await recordAndDie(100 + Math.random() * 400);
    // What a dead recorder left plays at once, without mending.
    const tape = await readTape([out]);
    expect(tape.quarantined.filter(({ reason }) => !reason.includes('another file'))).toEqual([]);
    expect(tape.candles).toBeGreaterThan(before);
    before = tape.candles;
  }
  const last = await runAto([...args, '--hours', '1', '--json'], settings, folder);
  expect(last.code, last.stderr).toBe(0);
  expect(readdirSync(out).filter((name) => !/\.csv\.gz$/.test(name))).toEqual(['recording.json']);
  const tape = await readTape([out]);
  expect(tape.quarantined).toEqual([]);
  expect(tape.symbols).toEqual(['BTCUSDT', 'ETHUSDT']);
  for (const { symbol, columns } of tape.series) {
    // A dead recorder's minutes are asked for again, so the series has neither gap nor repetition.
    const span = ((columns.openTime[columns.count - 1] ?? 0) - (columns.openTime[0] ?? 0)) / 60_000;
    expect(columns.count, symbol).toBe(span + 1);
  }
  const played = await runAto(['sim', '--tape', out, '--json'], {}, folder);
  expect(played.code, played.stderr).toBe(0);
  expect(JSON.parse(played.stdout).candles).toBe(tape.candles);
});

test('misuse ends with 2', async () => {
  const wrong = ['record', '--out', out, '--json'];
  for (const more of [
    ['--sources', 'nowhere'],
    ['--hours', '0'],
    ['--max-mb', 'x'],
  ]) {
    const { code, stdout } = await runAto([...wrong, ...more], {}, folder);
    expect([code, stdout]).toEqual([2, '']);
  }
  expect((await runAto(['record'], {}, folder)).code).toBe(2);
});
