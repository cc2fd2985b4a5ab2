// Market sources that fail: one incident, restarts with their interlocks, and trading that tightens.
import { expect, test } from 'vitest';
import { minuteMs, secondMs } from '../shared/domain/time.ts';
import { HealthWorld } from './testing/health-world.ts';

test('a source that goes blind: one alert with its consequence, a restart, verified, resolved', () => {
  const world = new HealthWorld();
  world.source('binance', 'live');
  world.trading(2, 0);
  world.source('binance', 'blind');
  world.wait(11 * secondMs);
  expect(world.alerts()).toEqual([]);
  world.wait(secondMs);
  expect(world.alerts()).toEqual(['opened source_stale:binance']);
  const [alert] = world.requested('alert.send');
  expect(alert?.severity).toBe('critical');
  expect(alert?.text).toContain('2 positions are open');
  expect(world.requested('market.restart_source').map(({ source }) => source)).toEqual(['binance']);
  expect(world.heals()).toEqual(['source_down binance started 1']);
  world.wait(5 * secondMs);
  world.source('binance', 'live');
  expect(world.heals()[1]).toBe('source_down binance verified 1');
  world.wait(5 * minuteMs);
  expect(world.alerts()).toEqual(['opened source_stale:binance', 'resolved source_stale:binance']);
  const heal = world.emitted('health.heal')[1];
  expect(heal?.before).toContain('blind');
  expect(heal?.after).toContain('live');
  expect(heal?.incident_id).toBe(alert?.incident_id);
  expect(world.kernel.nextAlarmAt ?? Number.POSITIVE_INFINITY).toBeGreaterThan(world.now);
});

test('restarts back off, stop at the limit and escalate exactly once', () => {
  const world = new HealthWorld();
  world.source('binance', 'live');
  world.trading(0, 0, 'reducing');
  world.source('binance', 'unreachable');
  world.wait(3 * 60 * minuteMs);
  const restarts = world.records.filter(({ effects }) =>
    effects.some(({ kind }) => kind === 'market.restart_source'),
  );
  const times = restarts.map(({ input }) => input.at);
  const gaps = times.slice(1).map((at, index) => (at - times[index]!) / secondMs);
  // 30 s of verification, then 15, 30, 60, 120 s of back-off.
  expect(gaps).toEqual([45, 60, 90, 150]);
  expect(world.alerts()).toEqual(['opened source_stale:binance', 'updated source_stale:binance']);
  const last = world.emitted('health.incident').at(-1);
  expect(last?.severity).toBe('critical');
  expect(last?.summary).toContain('a person is needed');
});

test('while an order is unknown no source that feeds the broker is restarted, and it is as soon as it may', () => {
  const world = new HealthWorld();
  world.source('binance', 'live');
  world.trading(1, 1);
  world.source('binance', 'blind');
  world.wait(2 * minuteMs);
  expect(world.requested('market.restart_source')).toEqual([]);
  expect(world.heals()).toEqual(['source_down binance refused 1']);
  expect(world.emitted('health.heal')[0]?.after).toContain('no_unknown_orders');
  world.trading(1, 0);
  expect(world.requested('market.restart_source')).toHaveLength(1);
  expect(world.alerts()).toContain('opened unknown_orders');
});

test('with a real broker only the source of its venue is held back', () => {
  const broker = { name: 'binance-spot', simulated: false, short: false };
  const world = new HealthWorld({ sources: ['binance', 'dexscreener'], broker });
  world.trading(0, 1);
  for (const source of ['binance', 'dexscreener']) {
    world.source(source, 'live');
    world.source(source, 'blind');
  }
  world.wait(30 * secondMs);
  expect(world.requested('market.restart_source').map(({ source }) => source)).toEqual(['dexscreener']);
  expect(world.heals()).toContain('source_down binance refused 1');
});

test('a recording is never restarted', () => {
  const world = new HealthWorld();
  world.source('binance', 'recorded');
  world.source('binance', 'blind');
  world.wait(minuteMs);
  expect(world.requested('market.restart_source')).toEqual([]);
  expect(world.heals()).toEqual(['source_down binance refused 1']);
});

test('all sources down at once is one incident, and each source is still restarted', () => {
  const world = new HealthWorld({ sources: ['a', 'b', 'c'] });
  for (const source of ['a', 'b', 'c']) world.source(source, 'live');
  for (const source of ['a', 'b', 'c']) world.source(source, 'unreachable');
  world.wait(minuteMs);
  expect(world.alerts()).toEqual(['opened network']);
  expect(new Set(world.requested('market.restart_source').map(({ source }) => source)).size).toBe(3);
  for (const source of ['a', 'b', 'c']) world.source(source, 'live');
  world.wait(10 * minuteMs);
  expect(world.alerts()).toEqual(['opened network', 'resolved network']);
});

test('1,000 flaps of a source: one opened, at most one updated, one resolved, bounded restarts', () => {
  const world = new HealthWorld();
  for (let count = 0; count < 1_000; count++) {
    world.source('binance', 'blind');
    world.wait(3 * secondMs);
    world.source('binance', 'live');
    world.wait(2 * secondMs);
  }
  world.wait(10 * minuteMs);
  const phases = world.alerts().map((alert) => alert.split(' ')[0]);
  expect(phases.filter((phase) => phase === 'opened')).toHaveLength(1);
  expect(phases.filter((phase) => phase === 'updated').length).toBeLessThanOrEqual(1);
  expect(phases.filter((phase) => phase === 'resolved')).toHaveLength(1);
  expect(world.emitted('health.incident').at(-1)?.symptoms).toBe(1_000);
  expect(world.requested('market.restart_source').length).toBeLessThanOrEqual(5);
});

test('long blindness tightens trading once and never overrules the person who resumes', () => {
  const world = new HealthWorld();
  world.trading(1, 0);
  world.source('binance', 'blind');
  world.wait(5 * minuteMs - secondMs);
  expect(world.emitted('trading.tighten')).toEqual([]);
  world.wait(secondMs);
  expect(world.emitted('trading.tighten').map(({ state }) => state)).toEqual(['reducing']);
  world.trading(1, 0, 'reducing');
  expect(world.heals()).toContain('tighten_trading source_stale:binance verified 1');
  world.trading(1, 0, 'active');
  world.wait(60 * minuteMs);
  expect(world.emitted('trading.tighten')).toHaveLength(1);
  world.source('binance', 'live');
  world.wait(20 * minuteMs);
  world.source('binance', 'blind');
  world.wait(5 * minuteMs);
  expect(world.emitted('trading.tighten')).toHaveLength(2);
});

test('trading that does not tighten is asked once more, then a person is called', () => {
  const world = new HealthWorld();
  world.trading(1, 0);
  world.source('binance', 'recorded');
  world.source('binance', 'blind');
  world.wait(20 * minuteMs);
  expect(world.emitted('trading.tighten')).toHaveLength(2);
  expect(world.alerts()).toEqual(['opened source_stale:binance', 'updated source_stale:binance']);
});

test('a stale forex source is excused while the forex week is closed, a blind one is not', () => {
  const world = new HealthWorld({ universe: ['EURUSD'], sources: ['fx'] });
  world.now = Date.UTC(2026, 3, 4, 12); // a Saturday
  world.source('fx', 'live');
  world.source('fx', 'stale');
  world.wait(60 * minuteMs);
  expect(world.alerts()).toEqual([]);
  world.source('fx', 'unreachable');
  world.wait(minuteMs);
  expect(world.alerts()).toEqual(['opened source_stale:fx']);
});
