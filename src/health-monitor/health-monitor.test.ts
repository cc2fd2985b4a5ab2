// The health monitor on the real kernel: incidents, healing with its interlocks, checks and summaries.
import { expect, test } from 'vitest';
import { minuteMs, secondMs } from '../shared/domain/time.ts';
import { calmVitals, goodAnswer, HealthWorld, settings } from './testing/health-world.ts';

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

const task = {
  task_id: 'task-1',
  kind: 'health-monitor-check',
  symbols: [],
  decision_id: 'd1',
} as const;

test('the check asks every probe and reports when the last has answered', () => {
  const world = new HealthWorld({ sources: ['binance', 'tape'] }, goodAnswer);
  world.send('orchestrator_ai', 'task.assigned', { ...task, deadline_at: world.now + minuteMs }, 'c-1');
  expect(world.requested('probe.run').map(({ probe, target }) => `${probe} ${target}`)).toEqual([
    'source binance',
    'source tape',
    'store system',
    'clock system',
    'disk system',
    'event_loop system',
    'heap system',
    'agent system',
  ]);
  const completed = world.messages.filter(({ message_type }) => message_type === 'task.completed');
  expect(completed).toHaveLength(1);
  expect(completed[0]).toMatchObject({ to: 'orchestrator_ai', correlation_id: 'c-1' });
  expect(world.emitted('task.completed')[0]).toMatchObject({
    task_id: 'task-1',
    succeeded: true,
    result: { effect_observed: true, looked_at: 8, found: 0, error: null },
  });
  expect(world.kernel.nextAlarmAt).toBeUndefined();
});

test('a check with silent probes ends at its deadline and does not claim the effect', () => {
  const world = new HealthWorld({}, (effect, at) =>
    effect.probe === 'store' ? undefined : goodAnswer(effect, at),
  );
  world.send('orchestrator_ai', 'task.assigned', { ...task, deadline_at: world.now + minuteMs });
  world.wait(15 * secondMs);
  const [completion] = world.emitted('task.completed');
  expect(completion).toMatchObject({ succeeded: true, result: { effect_observed: false, looked_at: 6 } });
  expect(completion?.result.error).toContain('store');
  const mute = new HealthWorld();
  mute.send('orchestrator_ai', 'task.assigned', { ...task, deadline_at: mute.now + 5 * secondMs });
  mute.wait(5 * secondMs);
  expect(mute.emitted('task.completed')).toMatchObject([
    { succeeded: false, result: { effect_observed: false } },
  ]);
});

test('a task of another kind or for nobody here is left alone', () => {
  const world = new HealthWorld({}, goodAnswer);
  const other = { ...task, kind: 'crypto-normal-scan', deadline_at: world.now + minuteMs } as const;
  world.send('orchestrator_ai', 'task.assigned', other);
  expect(world.requested('probe.run')).toEqual([]);
});

test('one slow round trip is asked again and is no incident; a store that stays down is, until it answers', () => {
  let storeWell = false;
  let asked = 0;
  const world = new HealthWorld({}, (effect, at) => {
    if (effect.probe !== 'store' || storeWell) return goodAnswer(effect, at);
    asked++;
    return { ...goodAnswer(effect, at), ok: false, detail: 'connection refused' };
  });
  const check = () =>
    world.send('orchestrator_ai', 'task.assigned', {
      ...task,
      task_id: `t${world.now}`,
      deadline_at: world.now + minuteMs,
    });
  check();
  expect(asked).toBe(1);
  expect(world.emitted('task.completed')[0]?.result).toMatchObject({ found: 1, effect_observed: true });
  storeWell = true;
  world.wait(10 * minuteMs);
  storeWell = false;
  check();
  world.wait(5 * minuteMs);
  expect(asked).toBeGreaterThan(20);
  storeWell = true;
  world.wait(10 * minuteMs);
  expect(world.alerts()).toEqual(['opened store_slow', 'resolved store_slow']);
});

test('one slow answer that recovers at the next asking opens nothing', () => {
  let first = true;
  const world = new HealthWorld({}, (effect, at) => {
    const slow = effect.probe === 'store' && first;
    if (slow) first = false;
    return { ...goodAnswer(effect, at), latency_ms: slow ? 900 : 1 };
  });
  world.send('orchestrator_ai', 'task.assigned', { ...task, deadline_at: world.now + minuteMs });
  world.wait(10 * minuteMs);
  expect(world.alerts()).toEqual([]);
  expect(world.emitted('task.completed')[0]?.result.found).toBe(1);
});

const autoHeal = { command: 'auto_heal', by: 'operator', reason: 'test', symbol: null } as const;

test('auto_heal as a dry run says what it would do and does nothing', () => {
  const world = new HealthWorld({}, goodAnswer);
  world.source('binance', 'blind');
  const before = world.effects.length;
  world.send('operator', 'operator.command', { ...autoHeal, dry_run: true }, 'c-9');
  expect(world.effects).toHaveLength(before);
  expect(world.heals()).toEqual(['source_down binance dry_run 1']);
  expect(world.emitted('health.heal')[0]?.after).toBe(
    'would restart the connection of the source and ask for what was missed',
  );
  world.trading(0, 1);
  world.send('operator', 'operator.command', { ...autoHeal, dry_run: true });
  expect(world.emitted('health.heal')[1]?.after).toContain('would be refused by no_unknown_orders');
  const well = new HealthWorld({}, goodAnswer);
  well.send('operator', 'operator.command', { ...autoHeal, dry_run: true });
  expect(well.heals()).toEqual(['diagnosis system dry_run 1']);
});

test('auto_heal runs the diagnosis and the admissible playbooks at once, also after giving up', () => {
  const world = new HealthWorld({}, goodAnswer);
  world.trading(0, 0, 'reducing');
  world.source('binance', 'blind');
  world.wait(60 * minuteMs);
  const given = world.requested('market.restart_source').length;
  expect(given).toBe(5);
  world.send('operator', 'operator.command', { ...autoHeal, dry_run: false }, 'c-7');
  expect(world.requested('market.restart_source')).toHaveLength(given + 1);
  world.source('binance', 'live');
  expect(world.heals()).toContain('source_down binance verified 1');
  expect(world.heals()).toContain('diagnosis system verified 1');
  const diagnosis = world.messages.filter(
    ({ message_type, data }) =>
      message_type === 'health.heal' && (data as { playbook: string }).playbook === 'diagnosis',
  );
  expect(diagnosis.every(({ correlation_id }) => correlation_id === 'c-7')).toBe(true);
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

test('a workflow server that is down is an info, and it is part of every check', () => {
  const world = new HealthWorld({ workflows: { server: 'n8n', runner: 'auto' } }, goodAnswer);
  const say = (ok: boolean) =>
    world.send('workflow', 'workflow.status', {
      server: 'n8n',
      ok,
      health: ok ? 1 : 0,
      detail: ok ? 'answers' : 'connection refused',
      latency_ms: null,
      at: world.now,
    });
  say(true);
  say(false);
  world.wait(20 * secondMs);
  expect(world.alerts()).toEqual(['opened workflow_down:n8n']);
  const incident = world.emitted('health.incident').at(-1);
  expect(incident).toMatchObject({ severity: 'info' });
  expect(incident?.summary).toContain('connection refused');
  expect(incident?.consequence).toContain('The agents do the work');
  expect(world.emitted('health.summary').at(-1)).toMatchObject({ open_incidents: 0 });
  say(true);
  world.wait(10 * minuteMs);
  expect(world.alerts()).toEqual(['opened workflow_down:n8n', 'resolved workflow_down:n8n']);
  world.send('orchestrator_ai', 'task.assigned', {
    task_id: 'task-1',
    kind: 'health-monitor-check',
    symbols: [],
    decision_id: 'd',
    deadline_at: world.now + 30 * secondMs,
  });
  expect(world.requested('probe.run')).toContainEqual({ probe: 'workflow', target: 'n8n' });
});

test('a heal task treats what is open, looks at everything again and answers for itself', () => {
  const world = new HealthWorld({}, goodAnswer);
  world.source('binance', 'live');
  world.trading(0, 0);
  world.source('binance', 'blind');
  world.wait(16 * secondMs);
  const before = world.requested('market.restart_source').length;
  world.source('binance', 'live');
  world.source('binance', 'blind');
  world.send('orchestrator_ai', 'task.assigned', {
    task_id: 'task-heal',
    kind: 'heal',
    symbols: [],
    decision_id: 'd',
    deadline_at: world.now + 30 * secondMs,
  });
  expect(before).toBe(1);
  expect(world.requested('market.restart_source').length).toBeGreaterThanOrEqual(before);
  expect(world.emitted('task.completed').at(-1)).toMatchObject({
    task_id: 'task-heal',
    kind: 'heal',
    succeeded: true,
    result: { effect_observed: true },
  });
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
