import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { environmentSchema } from '../shared/config/settings.ts';
import { openLog } from './logging.ts';
import { StartRefused } from './start-guards.ts';

let folder = '';
let terminal = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ato-log-'));
  terminal = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    terminal += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const settings = (changes: Record<string, string> = {}) =>
  environmentSchema.parse({ LOG_DIR: path.join(folder, 'logs'), ...changes });

test('lines reach the file as JSON and the terminal as text, without credentials', async () => {
  const { log, close } = await openLog(settings({ LOG_LEVEL: 'WARNING' }));
  log.info({}, 'too quiet');
  log.warn({ source: 'x', token: 'sesame', nested: { password: 'sesame' } }, 'careful');
  await close();
  const files = readdirSync(path.join(folder, 'logs'));
  const text = readFileSync(path.join(folder, 'logs', files[0] ?? ''), 'utf8');
  expect(text.trim().split('\n')).toHaveLength(1);
  expect(JSON.parse(text)).toMatchObject({ level: 40, source: 'x', msg: 'careful', token: '(hidden)' });
  expect(terminal).toMatch(/^\d\d:\d\d:\d\d WARNING careful {2}source=x/);
  expect(text + terminal).not.toContain('sesame');
});

test('what is said after the end reaches the terminal only and does not throw', async () => {
  const { log, close } = await openLog(settings());
  await close();
  expect(() => log.warn({}, 'late')).not.toThrow();
  expect(terminal).toContain('late');
});

test('a folder that cannot be written is refused with the fix', async () => {
  writeFileSync(path.join(folder, 'logs'), '');
  await expect(openLog(settings())).rejects.toThrow(StartRefused);
  await expect(openLog(settings())).rejects.toThrow(/LOG_DIR.*Fix: set LOG_DIR/);
});

test('text from outside cannot steer the terminal or pass for a line of ours', async () => {
  const { log, close } = await openLog(settings());
  log.warn({ detail: 'a\u001b[2Jb\r\n12:00:00 INFO    all is well\u0007' }, 'odd');
  await close();
  expect(terminal).toContain('detail=a\uFFFD[2Jb\uFFFD\n  12:00:00 INFO    all is well\uFFFD\n');
});
