// Checks and treatments that somebody asks for: every probe asked once, playbooks run at once, answers with what was done.
import { expect, test } from 'vitest';
import { minuteMs, secondMs } from '../shared/domain/time.ts';
import { goodAnswer, HealthWorld } from './testing/health-world.ts';

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
