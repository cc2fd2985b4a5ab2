import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { projectFolder } from '../../../test/support/system-process.ts';
import { ExitCasesError, runExitCases } from './exit-cases.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ato-exits-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(content: unknown): string {
  const file = path.join(folder, 'cases.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

function refusal(content: unknown): string {
  try {
    runExitCases(fileOf(content));
  } catch (error) {
    expect(error).toBeInstanceOf(ExitCasesError);
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

const row = (index: number, change = {}) => ({ index, open: 100, high: 101, low: 99, close: 100, ...change });
const sound = { id: 'a', stop_loss: -0.1, candles: [row(0, { enter_long: true }), row(1), row(2)] };

test.each(['examples/exit-cases.json', 'test/exits/worked-cases.json'])(
  'every case of %s is as expected',
  (file) => {
    const { results, unknown_fields } = runExitCases(path.join(projectFolder, file));
    expect(unknown_fields).toEqual([]);
    expect(results.length).toBeGreaterThan(0);
    for (const { id, passed } of results) expect(passed, id).toBe(true);
  },
);

const published = path.join(projectFolder, '../shared/exams/exit-cases.json');
test.skipIf(!existsSync(published))('every published case is as expected (needs ../shared)', () => {
  const { results } = runExitCases(published);
  expect(results.filter(({ passed }) => passed !== true).map(({ id }) => id)).toEqual([]);
  expect(results.length).toBeGreaterThanOrEqual(18);
});

test('a wrong expectation fails, none is neither', () => {
  const trade = { exit_reason: 'force_exit', open_index: 1, close_index: 2, side: 'long' };
  const expected = (change: object) => ({
    ...sound,
    expected: { profit_ratio_sum: 0, trades: [trade], ...change },
  });
  const verdict = (content: object) => runExitCases(fileOf([content])).results[0]?.passed;
  expect(verdict(expected({}))).toBe(true);
  expect(verdict(expected({ profit_ratio_sum: 0.001 }))).toBe(false);
  expect(verdict(expected({ trades: [] }))).toBe(false);
  for (const change of [{ exit_reason: 'roi' }, { open_index: 0 }, { close_index: 1 }, { side: 'short' }])
    expect(verdict(expected({ trades: [{ ...trade, ...change }] }))).toBe(false);
  expect(verdict(sound)).toBeNull();
  expect(runExitCases(fileOf([])).results).toEqual([]);
});

test('null stands for an absent setting, flags may be 0 and 1, and a field it does not know is named', () => {
  const nulls = {
    timeframe: null,
    fee: null,
    leverage: null,
    minimal_roi: null,
    trailing_stop: null,
    trailing_stop_positive: null,
    trailing_stop_positive_offset: null,
    trailing_only_offset_is_reached: null,
    use_exit_signal: null,
  };
  const numbered = [row(0, { enter_long: 1, exit_long: 0, date: 'x' }), row(1), row(2, { exit_long: null })];
  const same = { ...sound, ...nulls, candles: numbered, expected: null, rule: 'any words' };
  const run = runExitCases(fileOf([sound, { ...same, 'custom_exit_price\n': 3 }]));
  expect(run.results[1]).toEqual(run.results[0]);
  expect(run.results[0]?.trades).toHaveLength(1);
  expect(run.unknown_fields).toEqual(['"custom_exit_price\\n"']);
});

test.each([
  ['{', 'is not JSON'],
  ['', 'is not JSON'],
  [{ cases: [] }, 'must be a JSON array of cases'],
  [[null], 'case 1'],
  [[sound, { ...sound, id: undefined }], 'case 2, id: give every case an "id"'],
  [[{ ...sound, stop_loss: 0.1 }], 'write the loss as a negative ratio'],
  [[{ ...sound, stop_loss: '-0.1' }], 'case 1, stop_loss: use a fraction'],
  [[{ ...sound, candles: [] }], 'at least one candle'],
  [[{ ...sound, candles: undefined }], 'case 1, candles'],
  [[{ ...sound, candles: [row(0), row(0)] }], 'candles.1.index: sort the candles'],
  [[{ ...sound, candles: [row(0, { high: 98 })] }], 'high is below low'],
  [[{ ...sound, candles: [row(0, { open: null })] }], 'candles.0.open: use a number above 0'],
  [[{ ...sound, candles: [row(0, { low: -1 })] }], 'candles.0.low: use a number above 0'],
  [[{ ...sound, minimal_roi: { soon: 0.1 } }], 'age in minutes'],
  [[{ ...sound, minimal_roi: { 0: '1' } }], 'minimal_roi.0'],
  [[{ ...sound, timeframe: 'hourly' }], 'write it as 1m'],
  [[{ ...sound, trailing_stop: 'yes' }], 'use true or false'],
  [[{ ...sound, leverage: 0 }], 'use 1 or more'],
  [[{ ...sound, expected: { trades: 3 } }], 'expected.trades'],
])('%j is refused: %s', (content, why) => {
  expect(refusal(content)).toContain(why);
});

test('a byte order mark is no reason to refuse', () => {
  expect(runExitCases(fileOf(`\uFEFF${JSON.stringify([sound])}`)).results).toHaveLength(1);
});

test('a missing file and a flood of mistakes are said in few words', () => {
  expect(() => runExitCases(path.join(folder, 'none.json'))).toThrow(/cannot be read: .* Fix: /);
  expect(refusal(Array.from({ length: 50 }, () => ({}))).split('\n')).toHaveLength(7);
});
