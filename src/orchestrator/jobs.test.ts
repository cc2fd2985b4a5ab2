// Jobs beside the eight kinds: committed with their decision, tried again with growing waits, dead-lettered, one at a time.
import { expect, test } from 'vitest';
import { testSettings, World } from '../../test/support/orchestrator-world.ts';
import type { EffectDataByKind } from '../shared/bus/effects.ts';
import type { Refit } from '../shared/domain/refit.ts';
import { choreKinds, type JobKind, jobKinds, type Task, type TaskKind } from '../shared/domain/task.ts';
import { featureCount } from './intensity/features.ts';
import { learningView } from './learning-view.ts';
import { LookDesk } from './looks/look-desk.ts';
import { catalogueDefects, taskCatalogue } from './task-catalogue.ts';

const now = Date.parse('2026-03-02T10:00:00Z');
type Run = EffectDataByKind['job.run'];

function busy(amnesic = false): World {
  return new World({ settings: { ...testSettings, chores: choreKinds }, now, amnesic }).start();
}

const runs = (world: World): Run[] =>
  world.effects.filter(({ kind }) => kind === 'job.run').map(({ data }) => data as Run);
const run = (world: World, kind: TaskKind) =>
  world.send('operator.command', {
    command: 'run_task',
    kind,
    by: 'test',
    reason: '',
    symbol: null,
    dry_run: false,
  });
const task = (world: World, id: string): Task | undefined =>
  world.of('task.changed').findLast(({ data }) => data.id === id)?.data;

function end(world: World, { task_id, kind, attempt }: Run, error: string | null = null): World {
  const result = { effect_observed: error === null, looked_at: 1, found: 0, summary: 'done', error };
  return world.send('job.result', { task_id, kind, attempt, succeeded: error === null, result });
}

function lastRun(world: World, kind: JobKind): Run {
  const found = runs(world).findLast((candidate) => candidate.kind === kind);
  if (found === undefined) throw new Error(`${kind} was not begun`);
  return found;
}

test('a system without these chores never runs, weighs or mentions them', () => {
  const world = new World({ settings: testSettings, now }).start().advance(3 * 3_600_000);
  expect(runs(world)).toEqual([]);
  for (const { candidates } of world.decisions)
    for (const { kind } of candidates) expect(choreKinds).not.toContain(kind);
  run(world, 'report');
  expect(runs(world)).toEqual([]);
});

test('the limits of all kinds can be kept, and each chore starts within its own', () => {
  expect(catalogueDefects()).toEqual([]);
  // Stopped markets, so that only what needs none is weighed.
  const settings = { ...testSettings, universe: [], chores: choreKinds };
  const world = new World({ settings, now }).start();
  const started = new Map<TaskKind, number>();
  world.watch((_, emitted) => {
    for (const message of emitted)
      if (message.message_type === 'task.changed' && message.data.state === 'running') {
        if (!(choreKinds as readonly TaskKind[]).includes(message.data.kind)) continue;
        const last = started.get(message.data.kind) ?? now;
        const { maxIntervalMs } = taskCatalogue[message.data.kind];
        expect((message.data.started_at ?? 0) - last, message.data.kind).toBeLessThanOrEqual(maxIntervalMs);
        started.set(message.data.kind, message.data.started_at ?? 0);
      }
  });
  for (let hour = 0; hour < 60; hour++) {
    for (const open of runs(world).filter(({ task_id }) => task(world, task_id)?.state === 'running'))
      end(world, open);
    world.advance(3_600_000);
  }
  for (const kind of choreKinds) expect(started.has(kind), kind).toBe(true);
});

test('a job is an effect of the very turn that decided it, and its end closes its task', () => {
  const world = run(busy(), 'report');
  const job = lastRun(world, 'report');
  expect(job).toMatchObject({ attempt: 1, deadline_at: now + taskCatalogue.report.deadlineMs });
  expect(task(world, job.task_id)).toMatchObject({
    state: 'running',
    decision_id: world.lastDecision.id,
    open: true,
  });
  end(world, job);
  expect(task(world, job.task_id)).toMatchObject({ state: 'succeeded', result: { summary: 'done' } });
  run(world, 'report');
  expect(runs(world).length, 'within its minimum interval it is not begun again').toBe(1);
});

test('one job at a time: the next waits for the lock, and scans do not wait for it', () => {
  const world = run(run(busy(), 'backtest'), 'record');
  expect(runs(world).map(({ kind }) => kind)).toEqual(['backtest']);
  end(world, lastRun(world, 'backtest'));
  expect(runs(world).map(({ kind }) => kind)).toEqual(['backtest', 'record']);
});

test('a failed job is tried again after growing waits; then it is a dead letter', () => {
  const world = run(busy(), 'record');
  const begun: number[] = [];
  for (let attempt = 1; attempt <= 3; attempt++) {
    const job = lastRun(world, 'record');
    expect(job.attempt).toBe(attempt);
    begun.push(world.now);
    end(world, job, 'disk full');
    expect(runs(world).length, 'not again at once').toBe(attempt);
    world.advance(10_000);
  }
  const { task_id } = lastRun(world, 'record');
  expect(begun).toEqual([now, now + 10_000, now + 20_000]);
  expect(task(world, task_id)).toMatchObject({ state: 'failed', attempts: 3, reason: 'disk full' });
  const letter = world.mirrorOf('dead_letters', task_id);
  expect(letter).toMatchObject({ message_type: 'job.run', reason: 'record failed 3 times: disk full' });
});

test('a job that never answers ends by its deadline; a late answer to an older attempt changes nothing', () => {
  const world = run(busy(), 'report');
  const first = lastRun(world, 'report');
  world.advance(taskCatalogue.report.deadlineMs + 6_000);
  const second = lastRun(world, 'report');
  expect(second).toMatchObject({ task_id: first.task_id, attempt: 2 });
  end(world, first);
  expect(task(world, first.task_id)).toMatchObject({ state: 'running', attempts: 2 });
  end(world, second);
  expect(task(world, first.task_id)).toMatchObject({ state: 'succeeded', attempts: 2 });
});

test('healing waits for something to heal, and is then chosen', () => {
  const world = busy().advance(30 * 60_000);
  const heals = () => world.of('task.assigned').filter(({ data }) => data.kind === 'heal').length;
  expect(heals()).toBe(0);
  world.health({ open_incidents: 1 }).command('force_decision');
  expect(heals()).toBe(1);
  expect(world.lastDecision.candidates.find(({ kind }) => kind === 'heal')).toMatchObject({ chosen: true });
});

test('rebuilt from rows before every message it does the same', () => {
  const hashes = [false, true].map((amnesic) => {
    const world = busy(amnesic);
    for (const kind of jobKinds) {
      run(world, kind);
      end(world, lastRun(world, runs(world).at(-1)?.kind ?? kind), kind === 'record' ? 'no' : null);
      world.advance(20_000);
    }
    return world.advance(2 * 3_600_000).kernel.hash;
  });
  expect(hashes[1]).toBe(hashes[0]);
});

const refit = (part: Refit['part'], count: number, better = true): Refit => ({
  part,
  coefficients: Array.from({ length: count }, (_, k) => 0.1 * k),
  fitted_on: 300,
  held_out: 120,
  before: 0.3,
  after: better ? 0.2 : 0.31,
});

function retrained(world: World, refits: readonly Refit[]): World {
  const { task_id, kind, attempt } = lastRun(run(world, 'retrain'), 'retrain');
  const result = {
    effect_observed: true,
    looked_at: 500,
    found: refits.length,
    summary: 'fitted',
    error: null,
    refits,
  };
  return world.send('job.result', { task_id, kind, attempt, succeeded: true, result });
}

test('a retraining that is better is put in force with a decision that says so; its task keeps what was proposed', () => {
  const world = busy();
  const before = world.decisions.length;
  retrained(world, [refit('confidence', 4), refit('crypto', featureCount)]);
  const { task_id } = lastRun(world, 'retrain');
  expect(world.decisions.length - before).toBe(2);
  expect(world.lastDecision).toMatchObject({ trigger: 'event' });
  expect(world.lastDecision.reasoning).toContain(
    `Retrained by ${task_id}, better on what it was not fitted on: confidence (loss 0.3 before, 0.2 after, on 120 newer examples), crypto (`,
  );
  expect(task(world, task_id)).toMatchObject({
    state: 'succeeded',
    result: { refits: [{ part: 'confidence' }, {}] },
  });
  const view = learningView(world.mirror, {}, world.now);
  expect(view.calibration).toMatchObject({ retrained: 1, coefficients: [0, 0.1, 0.2, 0.3] });
  const desk = new LookDesk(testSettings);
  desk.restore(world.mirror);
  const learner = desk.planner('crypto')?.scheduler.model.learner;
  expect(learner?.live[5]).toBeCloseTo(0.5, 3);
  expect(desk.planner('forex')?.scheduler.model.learner.live[5]).not.toBeCloseTo(0.5, 3);
});

test('what is not better, does not fit, or comes for another task is not put in force', () => {
  const wrong = [
    refit('confidence', 4, false),
    refit('forex', 3),
    { ...refit('crypto', featureCount), coefficients: Array.from({ length: featureCount }, () => 50) },
  ];
  const world = busy();
  const before = world.decisions.length;
  retrained(world, wrong);
  expect(world.decisions.length - before, 'only the one that asked').toBe(1);
  const { task_id, kind, attempt } = lastRun(world, 'retrain');
  const late = {
    effect_observed: true,
    looked_at: 1,
    found: 1,
    summary: '',
    error: null,
    refits: [refit('confidence', 4)],
  };
  world.send('job.result', { task_id, kind, attempt, succeeded: true, result: late });
  expect(learningView(world.mirror, {}, world.now).calibration.retrained).toBe(0);
});

test('a retraining survives a restart, and the rebuilt orchestrator does the same', () => {
  const hashes = [false, true].map(
    (amnesic) =>
      retrained(busy(amnesic).market('crypto', 1), [
        refit('confidence', 4),
        refit('crypto', featureCount),
      ]).advance(3 * 3_600_000).kernel.hash,
  );
  expect(hashes[1]).toBe(hashes[0]);
});
