import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { environmentSchema } from '../../shared/config/settings.ts';
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

const read = () => {
  const folderOfLogs = path.join(folder, 'logs');
  return readdirSync(folderOfLogs)
    .map((name) => readFileSync(path.join(folderOfLogs, name), 'utf8'))
    .join('');
};

test('no secret passes: by name at any depth, by value anywhere, by the form credentials travel in', async () => {
  const { log, close } = await openLog(
    settings({
      GROQ_API_KEY: 'gsk-hush-hush',
      API_TOKEN: 'sesame"open"0123456',
      DATABASE_URL: 'postgres://ato:p%40ssw0rd-x@db:5432/trading',
    }),
  );
  log.warn(
    {
      deep: {
        list: [{ n8n_api_key: 'letmein', apiSecret: 'letmein', setCookie: 'letmein', input_tokens: 7 }],
      },
      detail: 'asked https://api.example/x?api_key=letmein&a=1 with Bearer letmein.letmein and gsk-hush-hush',
      url: 'redis://user:letmein@redis:6379/0',
      error: 'password authentication failed: p@ssw0rd-x, p%40ssw0rd-x, sesame"open"0123456',
    },
    'said gsk-hush-hush',
  );
  await close();
  const text = read();
  for (const written of [text, terminal]) expect(written).not.toMatch(/letmein|hush|ssw0rd|sesame/);
  const line = JSON.parse(text) as { deep: unknown; detail: string; url: string };
  expect(line.deep).toEqual({
    list: [{ n8n_api_key: '(hidden)', apiSecret: '(hidden)', setCookie: '(hidden)', input_tokens: 7 }],
  });
  expect(line.detail).toContain('asked https://api.example/x?api_key=(hidden)&a=1 with Bearer (hidden)');
  expect(line.url).toBe('redis://user:(hidden)@redis:6379/0');
});

test('what cannot be written as it is never throws', async () => {
  const { log, close } = await openLog(settings());
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  expect(() => log.warn({ circle, nothing: undefined, error: new Error('lost') }, 'odd')).not.toThrow();
  await close();
  expect(JSON.parse(read())).toMatchObject({ msg: 'odd', error: 'lost' });
});

test('files turn over by size, and what was written is in them', async () => {
  const { fileLog, close } = await openLog(settings());
  const filler = 'x'.repeat(200_000);
  const lines = 130;
  for (let place = 0; place < lines; place++) {
    fileLog.info({ place, filler }, 'much');
    // The disk takes them one after another; more than a megabyte waiting would be dropped.
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await close();
  const names = readdirSync(path.join(folder, 'logs'));
  expect(names.length).toBeGreaterThan(1);
  for (const name of names) expect(name).toMatch(/^orchestrator\..*\d+\.log$/);
  const whole = read()
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { place: number }).place);
  // On a very busy machine some may be dropped, as promised; none is torn.
  expect(new Set(whole).size).toBe(whole.length);
  expect(whole.length).toBeGreaterThan(105);
  expect(terminal).toBe('');
});
