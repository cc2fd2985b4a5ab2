// What a person can ask of the orchestrator beyond start and stop, through a real kernel.
import { expect, test } from 'vitest';
import { testSettings, World } from '../../test/support/orchestrator-world.ts';
import { hourMs, minuteMs } from '../shared/domain/time.ts';
import { scheduleView } from './schedule-view.ts';
import { familyMaxIntervalMs } from './task-catalogue.ts';

const wednesday = Date.parse('2026-03-04T10:00:00Z');
const saturday = Date.parse('2026-03-07T10:00:00Z');
const started = (now = wednesday) =>
  new World({ now }).start().health().trading(0).market('crypto', 1).market('forex', 1);

test('a pinned mode is kept across restarts until it is given back, and never opens a market that is shut', () => {
  const world = started().command('set_mode', { mode: 'forex' });
  expect(world.lastDecision).toMatchObject({ mode: 'forex', trigger: 'operator' });
  expect(world.lastDecision.reasoning).toContain('mode pinned to forex by the operator');
  expect(world.of('mandate').at(-1)!.data.universe).toEqual(['EURUSD']);
  const reloaded = new World({ now: world.now, loaded: world.loaded() }).start(false).advance(hourMs);
  expect(new Set(reloaded.decisions.map((decision) => decision.mode))).toEqual(new Set(['forex']));
  expect(reloaded.command('set_mode', { mode: 'auto' }).lastDecision.mode).toBe('hybrid');
  const shut = started(saturday).command('set_mode', { mode: 'hybrid' });
  expect(shut.lastDecision.mode).toBe('crypto');
  expect(shut.command('set_mode', { mode: 'forex' }).lastDecision.mode).toBe('standby');
  expect(shut.command('set_mode', { mode: 'standby' }).lastDecision.mode).toBe('standby');
});

test('a task that is asked for runs now, within its limits, and the decision says who asked', () => {
  const world = started().advance(7 * minuteMs);
  const begunAt = world.of('task.assigned').find(({ data }) => data.kind === 'deep-market-analysis')!.at;
  world.advance(begunAt + 7 * minuteMs - world.now);
  world.command('run_task', { kind: 'deep-market-analysis' });
  expect(world.lastDecision.reasoning).toContain('deep-market-analysis asked for by test');
  const again = world.lastDecision.candidates.find((one) => one.kind === 'deep-market-analysis');
  expect(again).toMatchObject({ chosen: false, reason: 'min interval not over: 7 min of 1 h' });
  world.command('run_task', { kind: 'crypto-aggressive-scan' });
  const ran = world.lastDecision.candidates.find((one) => one.kind === 'crypto-aggressive-scan');
  expect(ran).toMatchObject({ chosen: true, reason: 'asked for by an operator' });
  expect(ran?.terms.operator).toBe(10);
  expect(world.of('task.assigned').at(-1)!.data).toMatchObject({
    kind: 'crypto-aggressive-scan',
    symbols: ['BTCUSDT', 'ETHUSDT'],
  });
  expect(world.lastDecision.looks?.map((look) => look.reason)).toContain('asked');
});

test('a paused kind starts no more, also after a restart; the rest of its family keeps the family looked at', () => {
  const world = started().advance(5 * minuteMs);
  for (const kind of ['crypto-light-monitoring', 'crypto-normal-scan'] as const)
    world.command('pause_task', { kind });
  const pausedAt = world.now;
  world.start(false).advance(12 * hourMs);
  const scans = world
    .of('task.assigned')
    .filter(({ at, data }) => at > pausedAt && data.kind.startsWith('crypto'));
  expect(new Set(scans.map(({ data }) => data.kind))).toEqual(new Set(['crypto-aggressive-scan']));
  const times = [pausedAt, ...scans.map(({ at }) => at), world.now];
  const gaps = times.slice(1).map((at, index) => at - times[index]!);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(familyMaxIntervalMs['crypto-scan']);
  expect(world.lastDecision.candidates.find((one) => one.kind === 'crypto-normal-scan')?.reason).toBe(
    'this kind is paused by the operator',
  );
  world.command('resume_task', { kind: 'crypto-normal-scan' }).advance(3 * hourMs);
  expect(world.of('task.assigned').at(-1)!.at).toBeGreaterThan(pausedAt);
  expect(
    world
      .of('task.assigned')
      .some(({ at, data }) => at > pausedAt + 12 * hourMs && data.kind === 'crypto-normal-scan'),
  ).toBe(true);
});

test('a safety kind cannot be paused, and a command without its subject changes nothing', () => {
  const world = started().command('pause_task', { kind: 'health-monitor-check' });
  expect(world.lastDecision.reasoning).toContain('cannot be paused');
  const before = world.decisions.length;
  world.command('pause_task').command('run_task').command('set_mode');
  expect(world.decisions.length).toBe(before);
  world.advance(hourMs);
  expect(
    world.of('task.assigned').filter(({ data }) => data.kind === 'health-monitor-check').length,
  ).toBeGreaterThan(4);
});

test('the schedule is told from rows alone, and what it foretells is what happens when nothing new is learnt', () => {
  const world = started()
    .advance(3 * hourMs)
    .command('pause_task', { kind: 'forex-asia-session' });
  const view = scheduleView(world.mirror, testSettings, world.now);
  expect(view).toMatchObject({ mode: 'hybrid', pinned_mode: null, paused: false });
  expect(view.kinds.filter((kind) => kind.paused).map((kind) => kind.kind)).toEqual(['forex-asia-session']);
  expect(view.budgets.map((budget) => budget.name)).toEqual([
    'binance',
    'cpu-seconds',
    'binance',
    'cpu-seconds',
  ]);
  for (const { level, capacity, spent } of view.budgets) {
    expect(level).toBeGreaterThanOrEqual(0);
    expect(level).toBeLessThanOrEqual(capacity);
    expect(spent).toBeGreaterThan(0);
  }
  expect(view.slots.length).toBeGreaterThan(3);
  for (const slot of view.slots) expect(slot.text).toMatch(/looked at .* ago; market activity/);
  expect(JSON.parse(JSON.stringify(view))).toEqual(view);
  expect(scheduleView(world.mirror, testSettings, world.now)).toEqual(view);
  const [first] = view.slots;
  world.advance(first!.due_at - world.now);
  expect(world.lastDecision.looks?.map((look) => look.symbol)).toContain(first!.symbol);
});

test('before anything happened the schedule is empty and says standby', () => {
  const world = new World({ now: wednesday });
  const view = scheduleView(world.mirror, testSettings, wednesday);
  expect(view).toMatchObject({ mode: 'standby', slots: [], paused: false });
  expect(view.locks.every((lock) => lock.taken === 0)).toBe(true);
});
