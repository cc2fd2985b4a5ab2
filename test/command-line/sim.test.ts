import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { jobKinds } from '../../src/shared/domain/task.ts';
import { projectFolder, runAto } from '../support/system-process.ts';

const recordings = path.join(projectFolder, '..', 'shared', 'market-data', 'crypto');
const month = path.join(recordings, 'BTCUSDT_1m_20260323-20260422.csv.gz');

async function sim(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await runAto(['sim', '--json', ...args]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
}

const window = [
  '--from',
  '2026-01-05T00:00:00Z',
  '--to',
  '2026-01-12T00:00:00Z',
  '--symbols',
  'BTCUSDT,EURUSD',
];

test('the same seed gives the same journal, another seed another', async () => {
  const [first, second, other] = await Promise.all([
    sim('--synthetic', '--seed', '7', ...window),
    sim('--synthetic', '--seed', '7', ...window),
    sim('--synthetic', '--seed', '8', ...window),
  ]);
  expect({ ...second, wall_ms: 0 }).toEqual({ ...first, wall_ms: 0 });
  expect(other.journal_hash).not.toBe(first.journal_hash);
  expect(Number(first.decisions)).toBeGreaterThan(500);
  expect(first.dead_letters).toBe(0);
});

test('a report has every documented field', async () => {
  const report = await sim('--synthetic', '--from', '2026-01-05T00:00:00Z', '--to', '2026-01-06T00:00:00Z');
  const names = [
    'candles',
    'from',
    'to',
    'decisions',
    'tasks_run',
    'signals',
    'orders',
    'fills',
    'refusals',
    'final_equity',
    'max_drawdown_pct',
    'journal_hash',
    'wall_ms',
  ];
  expect(Object.keys(report)).toEqual(expect.arrayContaining(names));
  expect(report.candles).toBe(5 * 1_440 - 2 * 0);
});

test.skipIf(!existsSync(month))('a real month runs through all four agents', async () => {
  const report = await sim('--tape', month, '--seed', '1');
  expect(report.candles).toBe(43_199);
  expect(Number(report.decisions)).toBeGreaterThan(3_000);
  expect(Number(report.signals)).toBeGreaterThan(0);
  expect(Number(report.orders)).toBeGreaterThan(0);
  expect(Number(report.fills)).toBeGreaterThan(0);
  expect(report.dead_letters).toBe(0);
});

test('misuse ends with 2 and names the fix, failure with 1', async () => {
  const neither = await runAto(['sim']);
  expect(neither).toMatchObject({ code: 2, stderr: expect.stringContaining('--tape PATH') });
  const badSeed = await runAto(['sim', '--synthetic', '--seed', 'x']);
  expect(badSeed).toMatchObject({ code: 2, stderr: expect.stringContaining('whole number') });
  const missing = await runAto(['sim', '--tape', '/no/such/BTCUSDT_1m_20260101-20260102.csv.gz']);
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('no such file') });
  const unknownSetting = await runAto(['sim', '--synthetic'], { ATO_UNIVERS: 'BTCUSDT' });
  expect(unknownSetting).toMatchObject({ code: 2, stderr: expect.stringContaining('ATO_UNIVERSE') });
  const command = await runAto(['fly']);
  expect(command.code).toBe(2);
});

test('help exists for every command', async () => {
  for (const args of [
    [],
    ['sim'],
    ['start'],
    ['journal'],
    ['journal', 'verify'],
    ['explain'],
    ['doctor'],
    ['bench'],
    ['bench', 'kernel'],
  ]) {
    const { code, stdout } = await runAto([...args, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: ato');
  }
});

test('the help of worker names every kind of job, as it is written on the command line', async () => {
  const words = (await runAto(['worker', '--help'])).stdout.replaceAll(/\s+/g, ' ');
  expect(words).toContain(`(${jobKinds.join(', ')})`);
  expect(words).toContain(`(default: ${jobKinds.join(',')})`);
});

test.each([
  [['--synthetic', '--symbols', 'BTCUSDT,FOO'], /cannot read the symbol "FOO"/],
  [['--synthetic', '--seed', ''], /whole number/],
  [['--synthetic', '--cash', '1e300'], /from 1 to/],
  [['--synthetic', '--from', '1969-12-31'], /after 1970/],
  [['--synthetic', '--from', 'yesterday'], /ISO 8601/],
  [['--tape', 'x.csv', '--symbols', 'BTCUSDT'], /synthetic market/],
])('%j is misuse, said on stderr alone', async (args, message) => {
  const { code, stdout, stderr } = await runAto(['sim', '--json', ...args]);
  expect(stderr).toMatch(message);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});

test('an instant without an offset is UTC in every time zone, and an empty span is a failure', async () => {
  const span = ['--symbols', 'BTCUSDT', '--from', '2026-01-05T00:00', '--to', '2026-01-05T02:00'];
  const { code, stdout } = await runAto(['sim', '--json', '--synthetic', ...span], { TZ: 'Asia/Tokyo' });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ from: '2026-01-05T00:00:00.000Z', candles: 120 });
  const empty = await runAto([
    'sim',
    '--json',
    '--synthetic',
    '--from',
    '2026-01-05',
    '--to',
    '2026-01-05T00:00:30Z',
  ]);
  expect(empty.code).toBe(1);
  expect(empty.stdout).toBe('');
});
