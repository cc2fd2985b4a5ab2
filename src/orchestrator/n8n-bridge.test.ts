// Tasks done in n8n: who does an attempt, what an answer changes, and that nothing of it can cost a task its slot.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testSettings, World } from '../../test/support/orchestrator-world.ts';
import type { WorkflowResult } from '../shared/bus/catalogue.ts';
import type { EffectDataByKind } from '../shared/bus/effects.ts';
import type { Task, TaskKind } from '../shared/domain/task.ts';
import { catalogueDefects, taskCatalogue } from './task-catalogue.ts';

const now = Date.parse('2026-03-02T10:00:00Z');
type Call = EffectDataByKind['workflow.run'];

function bridged(
  runner: 'auto' | 'n8n' = 'auto',
  universe: readonly string[] = ['BTCUSDT', 'ETHUSDT'],
): World {
  const settings = { ...testSettings, universe, workflows: { server: 'n8n', runner } };
  return new World({ settings, now });
}

/** Begun and measured: the first scans are called. */
function begun(runner: 'auto' | 'n8n' = 'auto'): World {
  return bridged(runner).start().market('crypto', 1.2).advance(15_000);
}

const calls = (world: World): Call[] =>
  world.effects.filter((effect) => effect.kind === 'workflow.run').map((effect) => effect.data as Call);

function lastCall(world: World, kind: TaskKind): Call {
  const call = calls(world).findLast((candidate) => candidate.kind === kind);
  if (call === undefined) throw new Error(`${kind} was not called`);
  return call;
}

const task = (world: World, id: string): Task => {
  const found = world.of('task.changed').findLast((message) => message.data.id === id);
  if (found === undefined) throw new Error(`no task ${id}`);
  return found.data;
};

const assigned = (world: World, id: string) =>
  world.of('task.assigned').filter((message) => message.data.task_id === id).length;

function end(world: World, call: Call, changes: Partial<WorkflowResult> = {}): World {
  const succeeded = changes.succeeded ?? true;
  return world.send('workflow.result', {
    task_id: call.task_id,
    kind: call.kind,
    attempt: call.attempt,
    succeeded,
    result: {
      effect_observed: succeeded,
      looked_at: 2,
      found: 0,
      summary: succeeded ? 'n8n: "looked"' : '',
      error: succeeded ? null : 'n8n: "boom"',
    },
    outcome: 'finished',
    via: 'response',
    execution_id: '7',
    ...changes,
  });
}

const status = (world: World, ok: boolean) =>
  world.send('workflow.status', {
    server: 'n8n',
    ok,
    health: ok ? 1 : 0,
    detail: ok ? 'answers' : 'connection refused',
    latency_ms: null,
    at: world.now,
  });

test('a task is called after commit with its parameters, and its end closes it with the execution', () => {
  const world = begun();
  const call = lastCall(world, 'crypto-normal-scan');
  expect(call).toMatchObject({
    attempt: 1,
    symbols: expect.arrayContaining(['BTCUSDT']),
    decision_id: world.lastDecision.id,
    context: { mode: 'crypto', trading_state: 'unknown', sessions_open: ['london'] },
    deadline_at: world.lastDecision.at + taskCatalogue['crypto-normal-scan'].deadlineMs,
  });
  expect(task(world, call.task_id)).toMatchObject({ runner: 'n8n', state: 'running', attempts: 1 });
  expect(assigned(world, call.task_id)).toBe(0);
  end(world, call);
  expect(task(world, call.task_id)).toMatchObject({
    runner: 'n8n',
    state: 'succeeded',
    execution_id: '7',
    result: { looked_at: 2 },
  });
  const before = world.messages.length;
  end(world, call, { succeeded: false });
  expect(world.messages.length, 'a second word on the same attempt changes nothing').toBe(before);
});

test('what certainly never ran is done by the agent within the same attempt, and the record says why', () => {
  const world = begun();
  const call = lastCall(world, 'crypto-normal-scan');
  const error = 'connection refused';
  end(world, call, {
    succeeded: false,
    outcome: 'not_run',
    via: 'none',
    execution_id: null,
    result: { effect_observed: false, looked_at: 0, found: 0, summary: '', error },
  });
  expect(task(world, call.task_id)).toMatchObject({
    state: 'succeeded',
    runner: 'native',
    attempts: 1,
    runner_note: 'not run in n8n, done by analyst_ai: connection refused',
  });
});

test('while n8n is down nothing is called, and task and decision say so; when it is back it is called again', () => {
  const world = status(begun(), false);
  const called = calls(world).length;
  for (const call of calls(world)) end(world, call);
  world.advance(30 * 60_000);
  expect(calls(world).length).toBe(called);
  const last = world.of('task.changed').findLast((message) => message.data.state === 'running')?.data;
  expect(last).toMatchObject({ runner: 'native' });
  expect(last?.runner_note).toContain('n8n does not answer (connection refused)');
  expect(world.lastDecision.reasoning).toContain(
    'n8n does not answer (connection refused): tasks run natively',
  );
  status(world, true).advance(30 * 60_000);
  expect(calls(world).length).toBeGreaterThan(called);
  expect(world.lastDecision.reasoning).toContain('Tasks run in n8n');
});

test('auto: what failed in n8n is repeated by the agent at once; n8n: it is repeated there, but never a safety task', () => {
  for (const runner of ['auto', 'n8n'] as const) {
    const world = begun(runner);
    const scan = lastCall(world, 'crypto-normal-scan');
    const check = lastCall(world, 'health-monitor-check');
    end(end(world, scan, { succeeded: false }), check, { succeeded: false });
    expect(task(world, check.task_id)).toMatchObject({ state: 'succeeded', runner: 'native', attempts: 2 });
    expect(task(world, check.task_id).runner_note).toContain('n8n: "boom"');
    world.advance(10_000);
    const again = calls(world).filter((call) => call.task_id === scan.task_id);
    if (runner === 'auto') {
      expect(task(world, scan.task_id)).toMatchObject({ state: 'succeeded', runner: 'native', attempts: 2 });
      expect(again.length).toBe(1);
    } else {
      expect(task(world, scan.task_id)).toMatchObject({ state: 'running', runner: 'n8n', attempts: 2 });
      expect(again.map((call) => call.attempt)).toEqual([1, 2]);
    }
  }
});

test('an n8n that never answers costs no task its slot: each is done by its agent after its deadline', () => {
  const world = begun();
  world.advance(2 * 3_600_000);
  const closed = world.of('task.changed').filter((message) => !message.data.open);
  expect(closed.length).toBeGreaterThan(10);
  for (const { data } of closed)
    expect(data).toMatchObject({ state: 'succeeded', runner: 'native', attempts: 2 });
});

test('a workflow may hand its work to the agent once; then the agent decides, whatever the workflow says', () => {
  const world = begun();
  world.answer = 'lost';
  const call = lastCall(world, 'crypto-normal-scan');
  const handover = { task_id: call.task_id, execution_id: '12' };
  world.send('workflow.handover', handover).send('workflow.handover', handover);
  expect(assigned(world, call.task_id)).toBe(1);
  expect(task(world, call.task_id)).toMatchObject({ delegated: true, execution_id: '12', runner: 'n8n' });
  end(world, call);
  expect(task(world, call.task_id).state).toBe('running');
  const result = { effect_observed: true, looked_at: 3, found: 1, summary: 'looked', error: null };
  world.send('task.completed', { task_id: call.task_id, kind: call.kind, succeeded: true, result });
  expect(task(world, call.task_id)).toMatchObject({
    state: 'succeeded',
    delegated: true,
    result: { found: 1 },
  });
});

test('answers to other attempts, other tasks and unknown ones change nothing', () => {
  const world = begun('n8n');
  const call = lastCall(world, 'crypto-normal-scan');
  const count = world.of('task.changed').length;
  end(world, { ...call, attempt: 2 });
  end(world, { ...call, task_id: 'task-unknown' });
  world.send('workflow.handover', { task_id: 'task-unknown', execution_id: null });
  expect(world.of('task.changed').length).toBe(count);
  expect(task(world, call.task_id).state).toBe('running');
});

test('a crash of the agent does not end what n8n is doing', () => {
  const world = begun();
  const call = lastCall(world, 'crypto-normal-scan');
  const failure = {
    agent: 'analyst_ai',
    error: 'x',
    message_id: 'm',
    failures: 1,
    restart_at: now + 1,
  } as const;
  world.send('kernel.agent_failed', failure);
  expect(task(world, call.task_id)).toMatchObject({ state: 'running', attempts: 1 });
});

test('whatever n8n does, a restart from rows goes on the same, and no kind starves', () => {
  expect(catalogueDefects()).toEqual([]);
  const step = fc.record({
    ms: fc.integer({ min: 1, max: 900_000 }),
    what: fc.constantFrom('end', 'fail', 'not_run', 'silence', 'down', 'up', 'handover'),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 25 }),
      fc.constantFrom('auto' as const, 'n8n' as const),
      (steps, runner) => {
        const settings = { ...testSettings, workflows: { server: 'n8n', runner } };
        const hashes = [false, true].map((amnesic) => {
          const world = new World({ settings, now, amnesic }).start();
          for (const { ms, what } of steps) {
            const call = calls(world).at(-1);
            if (what === 'down' || what === 'up') status(world, what === 'up');
            else if (call !== undefined && what === 'handover')
              world.send('workflow.handover', { task_id: call.task_id, execution_id: null });
            else if (call !== undefined && what !== 'silence')
              end(world, call, {
                succeeded: what === 'end',
                outcome: what === 'not_run' ? 'not_run' : 'finished',
              });
            world.advance(ms);
          }
          world.advance(3_600_000);
          const checks = world
            .of('task.changed')
            .filter(({ data }) => data.kind === 'health-monitor-check' && data.state === 'succeeded');
          expect(world.now - (checks.at(-1)?.data.finished_at ?? 0)).toBeLessThanOrEqual(
            taskCatalogue['health-monitor-check'].maxIntervalMs +
              2 * taskCatalogue['health-monitor-check'].deadlineMs,
          );
          return world.kernel.hash;
        });
        expect(hashes[1]).toBe(hashes[0]);
      },
    ),
    { numRuns: 30 },
  );
});
