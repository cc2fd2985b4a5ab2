import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadSettings, SettingsError } from './load-settings.ts';
import { exitSettingsOf } from './settings.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ato-settings-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const load = (environment: Record<string, string> = {}) => loadSettings({ folder, environment });

function refusal(environment: Record<string, string>): string {
  try {
    load(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

test('.env is read, the environment wins, and empty values count as absent', () => {
  writeFileSync(path.join(folder, '.env'), 'ATO_SEED=5\nLOG_LEVEL=DEBUG\nATO_UNIVERSE=\n');
  const settings = load({ LOG_LEVEL: 'ERROR', ATO_MODE: ' ' });
  expect(settings).toMatchObject({ ATO_SEED: 5, LOG_LEVEL: 'ERROR', ATO_MODE: 'paper' });
  expect(settings.ATO_UNIVERSE).toContain('BTCUSDT');
  expect(Object.isFrozen(settings)).toBe(true);
});

test('.env as Windows editors write it is read from its first name on', () => {
  writeFileSync(path.join(folder, '.env'), '\uFEFFATO_SEED=5\r\nLOG_DIR="my logs"\r\n');
  expect(load()).toMatchObject({ ATO_SEED: 5, LOG_DIR: 'my logs' });
});

test.each([['seventeen letters'], ['sixteen-lettérs-16'], ['a'.repeat(15)]])(
  'the token "%s" could never be sent, so it is refused without being shown',
  (token) => {
    const message = refusal({ API_TOKEN: token });
    expect(message).toContain('API_TOKEN: use at least 16 characters');
    expect(message).not.toContain(token);
  },
);

test.each([
  ['ORCHESTRATOR_PORT', 'abc', 'use a whole number from 0 to 65535 (found "abc")'],
  ['ORCHESTRATOR_PORT', '70000.5', 'use a whole number from 0 to 65535 (found "70000.5")'],
  ['LOG_LEVEL', 'info', 'use one of DEBUG, INFO, WARNING, ERROR (found "info")'],
  ['ATO_RISK_PER_TRADE_PCT', '6', 'use a percentage above 0, at most 5'],
  ['ATO_MAX_GROSS_EXPOSURE_PCT', '0', 'use a percentage above 0, at most 1000'],
  ['ATO_STARTING_CASH', '-1', 'use a number from 1 to 1000000000000'],
  ['ATO_STARTING_CASH', 'Infinity', 'use a number from 1 to'],
  ['ATO_UNIVERSE', 'BTCUSDT,!!', 'cannot read the symbol "!!"'],
  ['DATABASE_SCHEMA', 'Drop Table', 'lower-case letters'],
])('%s=%s is refused with the rule, once', (name, value, rule) => {
  const message = refusal({ [name]: value });
  expect(message).toContain(`- ${name}: `);
  expect(message).toContain(rule);
  expect(message.split('\n')).toHaveLength(2);
  expect(message).toContain('See env.example');
});

test.each([
  ['ORCHESTRATOR_PORTS', 'ORCHESTRATOR_PORT'],
  ['ATO_TAPE', 'ATO_TAPE_PATH'],
  ['ATO_RISK', 'ATO_RISK_PER_TRADE_PCT'],
  ['ATO_UNIVERS', 'ATO_UNIVERSE'],
  ['ato_seed', 'ATO_SEED'],
])('%s is unknown, and %s was probably meant', (name, nearest) => {
  expect(refusal({ [name]: '1' })).toContain(`${name} is not a setting. Did you mean ${nearest}?`);
});

test('every mistake is named at once, and no secret is repeated', () => {
  const message = refusal({
    API_TOKEN: 'tooshort',
    DATABASE_URL: 'mysql://me:sesame@host/x',
    ATO_SEED: '-1',
  });
  for (const name of ['API_TOKEN', 'DATABASE_URL', 'ATO_SEED']) expect(message).toContain(name);
  expect(message).not.toMatch(/tooshort|sesame/);
});

test('settings that contradict each other are refused', () => {
  expect(refusal({ ATO_MODE: 'live' })).toContain('set ATO_MODE=paper');
  expect(refusal({ ATO_MARKET_SOURCE: 'tape' })).toContain('needs ATO_TAPE_PATH');
  expect(refusal({ ATO_MARKET_SPEED: '2' })).toContain('a real market cannot be hurried');
});

test('an .env that cannot be read is refused with the fix', () => {
  mkdirSync(path.join(folder, '.env'));
  expect(refusal({})).toMatch(/\.env cannot be read: .* Fix: /);
});

test('target steps are ages and percentages, rising', () => {
  const steps = (text: string) => exitSettingsOf(load({ ATO_EXIT_TARGET_STEPS: text })).target_steps;
  expect(steps('240:1, 720:-0.5')).toEqual([
    { after_minutes: 240, profit: 0.01 },
    { after_minutes: 720, profit: -0.005 },
  ]);
  expect(steps('')).toEqual([]);
  for (const wrong of ['240', '240:x', '720:1,240:2', ':', '1:2:3'])
    expect(refusal({ ATO_EXIT_TARGET_STEPS: wrong })).toContain('ages rising');
});

test('settings of models: what is wrong is named with its form, and never with a secret', () => {
  const settings = load({
    ATO_COMPATIBLE_URL: 'http://127.0.0.1:11434/v1',
    ATO_COMPATIBLE_MODEL: 'llama3.2',
    ATO_MODEL_PRICES: 'gpt-5.4-mini=0.75/4.5, openai/gpt-oss-120b=0/0',
    ATO_MODEL_DAILY_USD: '0',
  });
  expect(settings).toMatchObject({
    ATO_GROQ_MODEL: 'openai/gpt-oss-120b',
    ATO_MODEL_PRICES: ['gpt-5.4-mini=0.75/4.5', 'openai/gpt-oss-120b=0/0'],
    ATO_MODEL_DAILY_USD: 0,
  });
  expect(load({ ATO_GROQ_MODEL: 'llama-3.3-70b-versatile' }).ATO_GROQ_MODEL).toBe('llama-3.3-70b-versatile');
  expect(refusal({ ATO_COMPATIBLE_URL: 'http://127.0.0.1:1/v1' })).toContain('belong together');
  const model = { ATO_COMPATIBLE_MODEL: 'llama3.2' };
  for (const url of ['http://user:hunter2@host/v1', 'https://host/v1?key=hunter2']) {
    const message = refusal({ ...model, ATO_COMPATIBLE_URL: url });
    expect(message).toContain('use ATO_COMPATIBLE_API_KEY');
    expect(message).not.toContain('hunter2');
  }
  expect(refusal({ ...model, ATO_COMPATIBLE_URL: 'ftp://host' })).toContain('http://127.0.0.1:11434/v1');
  expect(refusal({ ATO_MODEL_PRICES: 'gpt=cheap' })).toContain('model=input/output');
  expect(refusal({ ATO_MODEL_DAILY_USD: '-1' })).toContain('from 0 to');
});
