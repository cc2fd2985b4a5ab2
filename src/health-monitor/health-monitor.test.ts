// The health monitor on the real kernel: what opens an incident, what it is told as, and the summaries.
import { expect, test } from 'vitest';
import { minuteMs, secondMs } from '../shared/domain/time.ts';
import { calmVitals, HealthWorld, settings } from './testing/health-world.ts';

test('exhausted disk is critical and tightens trading; it ends only clearly above the limit', () => {
  const world = new HealthWorld();
  const beat = (free: number, beats: number) => {
    for (let count = 0; count < beats; count++) {
      world.vitals({ disk_free_bytes: free });
      world.wait(5 * secondMs);
    }
  };
  beat(800e6, 10);
  expect(world.alerts()).toEqual(['opened disk_low']);
  beat(100e6, 14);
  world.trading(0, 0, 'reducing');
  expect(world.alerts()).toEqual(['opened disk_low', 'updated disk_low']);
  expect(world.emitted('trading.tighten')).toHaveLength(1);
  beat(1.1e9, 200);
  expect(world.alerts()).toHaveLength(2);
  beat(2e9, 100);
  expect(world.alerts().at(-1)).toBe('resolved disk_low');
});

test('a slow agent explains the slow event loop and the backlog', () => {
  const world = new HealthWorld();
  world.trading(1, 0);
  const agent = {
    agent: 'trading_ai',
    state: 'running',
    last_turn_at: null,
    handled: 1,
    failures: 0,
    restarts: 0,
    mean_turn_ms: 80,
  } as const;
  for (let count = 0; count < 60; count++) {
    world.vitals({ event_loop_delay_p99_ms: 900, inbox_depth: 9_000, agents: [agent] });
    world.wait(5 * secondMs);
  }
  expect(world.alerts()).toEqual(['opened agent_slow:trading_ai']);
  expect(world.emitted('health.incident')[0]?.summary).toContain('inbox_backlog');
});

test('what is far from its own normal is told with its evidence, as information', () => {
  const world = new HealthWorld();
  for (let count = 0; count < 400; count++) {
    world.vitals({ event_loop_delay_p99_ms: 4 + (count % 3) });
    world.wait(5 * secondMs);
  }
  expect(world.alerts()).toEqual([]);
  for (let count = 0; count < 20; count++) {
    world.vitals({ event_loop_delay_p99_ms: 120 });
    world.wait(5 * secondMs);
  }
  expect(world.alerts()).toEqual(['opened anomaly:event_loop_delay_p99']);
  const [incident] = world.emitted('health.incident');
  expect(incident?.severity).toBe('info');
  expect(incident?.summary).toMatch(/120 ms, normal is 5 ± 5 ms over \d+ windows/);
  expect(world.emitted('health.summary').at(-1)?.open_incidents).toBe(0);
});

test('a heap whose floor only rises is a leak long before the limit', () => {
  const world = new HealthWorld();
  for (let count = 0; count < 60 * 12; count++) {
    world.vitals({ heap_used_bytes: 100e6 + count * 400_000 + (count % 7) * 1e6 });
    world.wait(5 * secondMs);
  }
  expect(world.alerts()).toContain('opened heap_growth');
  const steady = new HealthWorld();
  for (let count = 0; count < 60 * 12; count++) {
    steady.vitals({ heap_used_bytes: 100e6 + (count % 60) * 4e6 });
    steady.wait(5 * secondMs);
  }
  expect(steady.alerts()).toEqual([]);
});

test('a failing agent: one incident for a crash loop, restarts recorded and verified', () => {
  const world = new HealthWorld();
  const fail = (failures: number) =>
    world.send('kernel', 'kernel.agent_failed', {
      agent: 'trading_ai',
      error: 'TypeError: boom',
      message_id: 'm1',
      failures,
      restart_at: world.now + secondMs,
    });
  fail(1);
  expect(world.alerts()).toEqual(['opened agent_failed:trading_ai']);
  expect(world.requested('alert.send')[0]?.severity).toBe('critical');
  world.wait(secondMs);
  world.send('kernel', 'kernel.agent_restarted', { agent: 'trading_ai' });
  world.wait(5 * secondMs);
  fail(2);
  world.wait(2 * secondMs);
  world.send('kernel', 'kernel.agent_restarted', { agent: 'trading_ai' });
  world.wait(30 * minuteMs);
  expect(world.heals()).toEqual([
    'restart_agent trading_ai started 1',
    'restart_agent trading_ai failed 1',
    'restart_agent trading_ai started 2',
    'restart_agent trading_ai verified 2',
  ]);
  expect(world.alerts()).toEqual(['opened agent_failed:trading_ai', 'resolved agent_failed:trading_ai']);
});

test('an agent that the kernel does not restart is escalated', () => {
  const world = new HealthWorld();
  const failure = { error: 'boom', message_id: 'm1', failures: 1, restart_at: world.now + secondMs };
  world.send('kernel', 'kernel.agent_failed', { agent: 'analyst_ai', ...failure });
  world.wait(minuteMs);
  expect(world.alerts()).toEqual(['opened agent_failed:analyst_ai', 'updated agent_failed:analyst_ai']);
  expect(world.heals().at(-1)).toBe('restart_agent analyst_ai failed 1');
});

test('dead letters and quarantined rows become one incident each, not one per event', () => {
  const world = new HealthWorld();
  const letter = { id: 'x', reason: 'no such type', message_type: 'y', excerpt: '', at: world.now };
  for (let count = 0; count < 500; count++) world.send('kernel', 'kernel.dead_letter', letter);
  const report = { source: 'tape', reason: 'high below low', where: 'a.csv:7', count: 1 };
  for (let count = 0; count < 500; count++) world.send('market', 'market.quarantined', report);
  expect(world.alerts()).toEqual(['opened dead_letters', 'opened quarantined:tape']);
});

test('a source row is written on change only, never for a heartbeat', () => {
  const world = new HealthWorld();
  for (let count = 0; count < 50; count++) world.source('binance', 'live');
  world.source('binance', 'stale');
  const rows = world.records.flatMap(({ puts }) =>
    puts.filter(({ collection }) => collection === 'source_status'),
  );
  expect(rows.map(({ key }) => key)).toEqual(['binance', 'binance']);
});

test('a source that is no longer configured cannot keep its incident open', () => {
  const world = new HealthWorld({ sources: ['old', 'new'] });
  world.source('old', 'unreachable');
  world.source('new', 'live');
  world.wait(minuteMs);
  expect(world.alerts()).toEqual(['opened source_stale:old']);
  world.send('kernel', 'kernel.started', {
    run_mode: 'paper',
    seed: 1,
    version: 'test',
    agent_settings: { ...settings, sources: ['new'] } as unknown as Record<string, unknown>,
    first_start: false,
  });
  world.wait(10 * minuteMs);
  expect(world.alerts()).toEqual(['opened source_stale:old', 'resolved source_stale:old']);
});

test('the summary is told on change beyond the deadband and as a heartbeat every 30 s', () => {
  const world = new HealthWorld();
  world.source('binance', 'live');
  const told = () => world.emitted('health.summary').length;
  world.wait(3 * secondMs);
  world.vitals();
  const before = told();
  for (let count = 0; count < 12; count++) {
    world.wait(5 * secondMs);
    world.vitals({ cpu_load: 0.1 + (count % 2) * 0.05 });
  }
  expect(told() - before).toBe(2);
  world.wait(5 * secondMs);
  world.vitals({ cpu_load: 0.9 });
  expect(world.emitted('health.summary').at(-1)).toEqual({
    system_load: 0.9,
    source_health: { binance: 1 },
    open_incidents: 0,
    critical_incidents: 0,
  });
});

test('numbers that are none never reach a message or a row', () => {
  const world = new HealthWorld();
  world.vitals({
    event_loop_delay_p99_ms: Number.NaN,
    cpu_load: Number.POSITIVE_INFINITY,
    heap_limit_bytes: 0,
    disk_free_bytes: null,
  });
  world.send('market', 'market.source_status', {
    source: 'binance',
    state: 'live',
    health: Number.NaN,
    detail: '',
    latencyMs: null,
    lastDataAt: null,
    at: world.now,
  });
  for (const { emitted, puts } of world.records)
    expect(JSON.parse(JSON.stringify([emitted, puts]))).toEqual([emitted, puts]);
  expect(calmVitals.cpu_load).toBe(0.1);
});

test('what people were told directly while commits hung is not told again by the agent', () => {
  const told = (reflex: boolean) => {
    const world = new HealthWorld();
    if (reflex) {
      const done = { action: 'database.cancel_runaways', target: 'system', ok: true, at: world.now } as const;
      world.send('system', 'heal.done', { ...done, heal_id: 'reflex-told', detail: 'people were told' });
    }
    for (let count = 0; count < 5; count++) {
      world.vitals({ store_ms: null });
      world.wait(5 * secondMs);
    }
    for (let count = 0; count < 60; count++) {
      world.vitals({ store_ms: 3 });
      world.wait(5 * secondMs);
    }
    expect(world.emitted('health.incident').map(({ cause, open }) => [cause, open])).toEqual([
      ['store_slow', true],
      ['store_slow', false],
    ]);
    return world.requested('alert.send').map(({ audience, phase }) => `${phase} ${audience}`);
  };
  expect(told(false)).toEqual(['opened people', 'resolved people']);
  expect(told(true)).toEqual(['opened log', 'resolved log']);
});

test('nor when the strain behind it was found meanwhile', () => {
  const world = new HealthWorld();
  const done = { action: 'database.cancel_runaways', target: 'system', ok: true, at: world.now } as const;
  world.send('system', 'heal.done', { ...done, heal_id: 'reflex-told', detail: 'people were told' });
  const look = (ok: boolean) => {
    const found = { latency_ms: 5, value: null, detail: 'no answer within 5000 ms', at: world.now };
    world.send('system', 'probe.result', { probe: 'database', target: 'system', ok, ...found });
  };
  look(false);
  world.wait(2 * secondMs);
  look(true);
  for (let count = 0; count < 5; count++) {
    world.vitals({ store_ms: 3_000 });
    world.wait(5 * secondMs);
  }
  expect(world.emitted('health.incident').map(({ cause }) => cause)).toEqual([
    'database_strained',
    'store_slow',
  ]);
  expect(world.requested('alert.send').map(({ audience, phase }) => `${phase} ${audience}`)).toEqual([
    'updated people',
    'opened log',
  ]);
});
