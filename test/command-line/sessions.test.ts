// ato sessions, run as people run it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runAto } from '../support/system-process.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ato-sessions-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function openAt(at: string, settings: Record<string, string> = {}): Promise<string[]> {
  const { code, stdout, stderr } = await runAto(['sessions', '--at', at, '--json'], settings, folder);
  expect(code, stderr).toBe(0);
  return (JSON.parse(stdout) as { open: string[] }).open;
}

test('answers one JSON document, and the machine zone does not matter', async () => {
  expect(await openAt('2026-10-28T12:30:00Z')).toEqual(['london', 'newyork']);
  expect(await openAt('2026-10-28T12:30:00', { TZ: 'Asia/Tokyo' })).toEqual(['london', 'newyork']);
  expect(await openAt('2026-10-24T12:00:00Z')).toEqual([]);
});

test('hours and holidays come from the settings', async () => {
  const earlyLondon = { ATO_SESSION_HOURS: 'london=08:00-16:00' };
  expect(await openAt('2026-01-14T16:30:00Z')).toEqual(['london', 'newyork']);
  expect(await openAt('2026-01-14T16:30:00Z', earlyLondon)).toEqual(['newyork']);
  expect(await openAt('2026-12-25T15:00:00Z')).toEqual([]);
  expect(await openAt('2026-12-24T19:00:00Z')).toEqual(['newyork']);
  const file = path.join(folder, 'mine.json');
  writeFileSync(
    file,
    JSON.stringify({
      source: 'my broker',
      holidays: [{ day: '12-24', name: 'Eve', effect: 'early_close', closes_at: '13:00' }],
    }),
  );
  const mine = { ATO_HOLIDAYS_FILE: file };
  expect(await openAt('2026-12-24T17:59:00Z', mine)).toEqual(['newyork']);
  expect(await openAt('2026-12-24T18:00:00Z', mine)).toEqual([]);
  expect(await openAt('2026-12-25T15:00:00Z', mine)).toEqual(['london', 'newyork']);
});

test('misuse ends with 2 and says what to write', async () => {
  const bad = path.join(folder, 'bad.json');
  writeFileSync(bad, '{"source":"x","holidays":[{"day":"02-30","name":"Never","effect":"closed"}]}');
  for (const [args, settings, message] of [
    [['--at', 'tomorrow'], {}, /ISO 8601/],
    [['--at', '2026-02-30T00:00:00Z'], {}, /ISO 8601/],
    [['--at', '0001-01-01T00:00:00Z'], {}, /after 1970/],
    [['--at', '1970-06-01T00:00:00Z'], {}, /between 1971 and 2100/],
    [['--at', '2100-01-01T00:00:00Z'], {}, /between 1971 and 2100/],
    [[], { ATO_SESSION_HOURS: 'paris=09:00-17:00' }, /"paris" is not a session/],
    [[], { ATO_HOLIDAYS_FILE: bad }, /"02-30" is not a day/],
    [[], { ATO_HOLIDAYS_FILE: '/nowhere.json' }, /ATO_HOLIDAYS_FILE: \/nowhere\.json/],
  ] as [string[], Record<string, string>, RegExp][]) {
    const { code, stdout, stderr } = await runAto(['sessions', '--json', ...args], settings, folder);
    expect(code, stderr).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
  }
});
