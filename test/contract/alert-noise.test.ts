// The noise of alerts, counted where a person would read them: at a stand-in Bot API, behind the real notifier.
// One cause with a thousand symptoms is one page, at most one update, and one end.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TelegramNotifier } from '../../src/adapters/notifier/telegram/telegram-notifier.ts';
import { calmVitals, HealthWorld, worldStart } from '../../src/health-monitor/testing/health-world.ts';
import { hourMs, minuteMs, secondMs } from '../../src/shared/domain/time.ts';
import type { AgentVitals, SystemVitals } from '../../src/shared/domain/vitals.ts';
import { TelegramApi } from '../stand-in/telegram-api.ts';

let api: TelegramApi;
let telegram: TelegramNotifier;

beforeEach(async () => {
  api = new TelegramApi();
  const apiUrl = await api.start();
  const unused = async () => '';
  telegram = new TelegramNotifier({
    token: api.token,
    chats: ['1'],
    apiUrl,
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    desk: { status: unused, positions: unused, halt: unused, resume: unused, why: unused },
  });
});
afterEach(() => api.stop());

/** What reached the phone, as `HEAD first line`. */
async function phone(world: HealthWorld): Promise<string[]> {
  for (const alert of world.requested('alert.send')) if (alert.audience !== 'log') await telegram.send(alert);
  return api.messages.map(({ text }) => text.split('\n')[0]?.replaceAll(/<\/?b>/g, '') ?? '');
}

function agents(meanMs: number): AgentVitals[] {
  return (['orchestrator_ai', 'trading_ai', 'analyst_ai', 'health_ai'] as const).map((agent) => ({
    agent,
    state: 'running',
    last_turn_at: null,
    handled: 1,
    failures: 0,
    restarts: 0,
    mean_turn_ms: meanMs,
  }));
}

/** Everything that a slow database shows elsewhere, at once. */
const drowned: Partial<SystemVitals> = { inbox_depth: 9_000, commit_ms: 400, agents: agents(1) };

function store(world: HealthWorld, latencyMs: number): void {
  const data = { probe: 'store', target: 'system', ok: true, latency_ms: latencyMs, value: null };
  world.send('system', 'probe.result', { ...data, detail: '', at: world.now });
}

test('a thousand symptoms of one slow database are one page and one end', async () => {
  const world = new HealthWorld();
  world.trading(2, 0);
  for (let symptom = 0; symptom < 1_000; symptom++) {
    store(world, 900 + symptom);
    world.vitals(drowned);
    world.wait(secondMs);
  }
  store(world, 1);
  for (let second = 0; second < 600; second += 5) {
    world.vitals({ ...calmVitals, agents: agents(1) });
    store(world, 1);
    world.wait(5 * secondMs);
  }
  expect(await phone(world)).toEqual(['WARNING', 'RESOLVED']);
  expect(api.messages[0]?.text).toContain('store is slow');
  expect(api.messages[0]?.text).toContain('2 positions are open');
  expect(api.messages[0]?.text).toContain('No action needed');
});

test('symptoms that show before their cause are one page, one update that names the cause, and one end', async () => {
  const world = new HealthWorld();
  for (let second = 0; second < 60; second++) {
    world.vitals(drowned);
    world.wait(secondMs);
  }
  expect(world.alerts()).toContain('opened inbox_backlog');
  for (let symptom = 0; symptom < 1_000; symptom++) {
    store(world, 900);
    world.vitals(drowned);
    world.wait(secondMs);
  }
  store(world, 1);
  for (let second = 0; second < 1_200; second += 5) {
    world.vitals({ ...calmVitals, agents: agents(1) });
    store(world, 1);
    world.wait(5 * secondMs);
  }
  const heads = await phone(world);
  expect(heads).toEqual(['WARNING', 'WARNING (update)', 'RESOLVED']);
  expect(api.messages[1]?.text).toContain('The cause of inbox_backlog is found');
});

test('a source that flaps a thousand times is one page, at most one update, and one end', async () => {
  const world = new HealthWorld();
  world.trading(1, 0);
  world.source('binance', 'live');
  for (let flap = 0; flap < 1_000; flap++) {
    world.source('binance', 'blind');
    world.wait(3 * secondMs);
    world.source('binance', 'live');
    world.wait(3 * secondMs);
  }
  world.wait(2 * hourMs);
  const heads = await phone(world);
  expect(heads.filter((head) => head === 'CRITICAL' || head === 'WARNING')).toHaveLength(1);
  expect(heads.filter((head) => head.includes('update')).length).toBeLessThanOrEqual(1);
  expect(heads.filter((head) => head === 'RESOLVED')).toHaveLength(1);
});

test('quiet hours hold back what can wait, let through what cannot, and end in one digest', async () => {
  const quiet = { from_minute: 11 * 60, to_minute: 16 * 60, time_zone: 'Europe/Paris' };
  const world = new HealthWorld({ sources: ['binance', 'kraken'], alerts: { per_day: 20, quiet } });
  world.source('binance', 'live');
  world.source('kraken', 'live');
  world.source('kraken', 'blind');
  world.wait(minuteMs);
  world.source('kraken', 'live');
  world.wait(10 * minuteMs);
  expect(await phone(world)).toEqual([]);
  world.trading(1, 1);
  world.wait(minuteMs);
  expect(await phone(world)).toEqual(['CRITICAL']);
  world.trading(1, 0);
  world.wait(6 * hourMs);
  api.messages.length = 0;
  expect(await phone(world)).toEqual(['CRITICAL', 'RESOLVED', 'DIGEST']);
  expect(api.messages[2]?.text).toContain('Market source kraken does not deliver');
  expect(api.messages[2]?.text).toContain('over after');
  const digest = world.records.find(({ effects }) =>
    effects.some(({ kind, data }) => kind === 'alert.send' && 'phase' in data && data.phase === 'digest'),
  );
  // 12:00 UTC is 14:00 in Paris in April: the quiet hours end at 14:00 UTC.
  expect(digest?.input.at).toBe(worldStart + 2 * hourMs);
});

test('beyond the cap of a day, everything comes as a digest an hour; critical ones have as many again', async () => {
  const sources = Array.from({ length: 12 }, (_, place) => `source${place}`);
  const world = new HealthWorld({ sources: ['anchor', ...sources], alerts: { per_day: 3 } });
  world.source('anchor', 'live');
  for (const source of sources) {
    world.source(source, 'live');
    world.source(source, 'blind');
    world.wait(20 * secondMs);
  }
  world.trading(1, 1);
  world.wait(minuteMs);
  const pages = (await phone(world)).filter((head) => head !== 'RESOLVED');
  expect(pages).toEqual(['WARNING', 'WARNING', 'WARNING', 'CRITICAL']);
  api.messages.length = 0;
  world.wait(hourMs);
  const heads = await phone(world);
  expect(heads.filter((head) => head === 'DIGEST')).toHaveLength(1);
  const digest = api.messages.find(({ text }) => text.includes('DIGEST'))?.text;
  expect(digest).toContain('source11');
});
