// Locks and reservations, seen through a real turn buffer.
import { expect, test } from 'vitest';
import { orchestratorTurn as turnAt } from '../../test/support/orchestrator-turn.ts';
import { StateMirror } from '../kernel/state-mirror.ts';
import { sessionCalendar } from '../shared/domain/sessions.ts';
import type { TaskKind } from '../shared/domain/task.ts';
import { hourMs, minuteMs } from '../shared/domain/time.ts';
import { Schedule } from './schedule.ts';
import { taskCatalogue } from './task-catalogue.ts';
import { TaskManager } from './task-manager.ts';

const begin = Date.parse('2026-03-04T10:00:00Z');

function deskInHybrid() {
  const schedule = new Schedule(sessionCalendar());
  const tasks = new TaskManager(schedule);
  const rows = new StateMirror();
  schedule.restore(rows);
  tasks.restore(rows);
  schedule.refresh(turnAt(begin), { mode: 'hybrid', paused: false });
  const queue = (kind: TaskKind, now: number, priority = 0) =>
    tasks.enqueue(turnAt(now), { kind, decisionId: 'd', symbols: [], priority, reason: '' });
  const running = () => (Object.keys(taskCatalogue) as TaskKind[]).filter((kind) => tasks.running(kind));
  return { schedule, tasks, queue, running };
}

test('an exclusive lock lets one scan run; the other starts when it is free', () => {
  const { tasks, queue, running } = deskInHybrid();
  queue('crypto-normal-scan', begin, 10);
  queue('crypto-aggressive-scan', begin, 20);
  tasks.dispatch(turnAt(begin));
  expect(running()).toEqual(['crypto-aggressive-scan']);
  const { id } = tasks.openTask('crypto-aggressive-scan') ?? { id: '' };
  const result = { effect_observed: true, looked_at: 1, found: 0, summary: '', error: null };
  const closed = tasks.complete(turnAt(begin), {
    task_id: id,
    kind: 'crypto-aggressive-scan',
    succeeded: true,
    result,
  });
  expect(closed?.state).toBe('succeeded');
  tasks.dispatch(turnAt(begin));
  expect(running()).toEqual(['crypto-normal-scan']);
});

test('what waits for its floor keeps its locks from a later comer that would fit', () => {
  const { tasks, queue, running } = deskInHybrid();
  const late = begin + 4 * hourMs - minuteMs;
  queue('crypto-normal-scan', late);
  tasks.dispatch(turnAt(late));
  queue('crypto-aggressive-scan', late);
  queue('deep-market-analysis', late, 900);
  tasks.dispatch(turnAt(late));
  // The aggressive scan lacks crypto-analysis; the deep one would fit, but would then hold cpu-heavy for minutes.
  expect(running()).toEqual(['crypto-normal-scan']);
});

test('without a floor at stake, a task that fits does not wait for one that does not', () => {
  const { tasks, queue, running } = deskInHybrid();
  queue('crypto-normal-scan', begin);
  tasks.dispatch(turnAt(begin));
  queue('crypto-aggressive-scan', begin, 900);
  queue('deep-market-analysis', begin);
  tasks.dispatch(turnAt(begin));
  expect(running()).toEqual(['crypto-normal-scan', 'deep-market-analysis']);
});

test('the same slot gives the same task id, and an open kind cannot be queued again', () => {
  const first = deskInHybrid().queue('crypto-normal-scan', begin);
  const again = deskInHybrid();
  expect(again.queue('crypto-normal-scan', begin + 1_000).task.id).toBe(first.task.id);
  expect(() => again.queue('crypto-normal-scan', begin + 2_000)).toThrow('open already');
});

test('an attempt without an answer is repeated after a pause, then expires', () => {
  const { tasks, queue, running } = deskInHybrid();
  queue('crypto-normal-scan', begin);
  tasks.dispatch(turnAt(begin));
  const deadline = begin + taskCatalogue['crypto-normal-scan'].deadlineMs;
  expect(tasks.nextEventAt(begin)).toBe(deadline);
  expect(tasks.expire(turnAt(deadline))).toEqual([]);
  tasks.dispatch(turnAt(deadline));
  expect(running()).toEqual([]);
  const repeat = tasks.nextEventAt(deadline) ?? 0;
  expect(repeat).toBe(deadline + 5_000);
  tasks.dispatch(turnAt(repeat));
  expect(tasks.openTask('crypto-normal-scan')).toMatchObject({ state: 'running', attempts: 2 });
  const [closed] = tasks.expire(turnAt(repeat + 60_000));
  expect(closed).toMatchObject({ state: 'expired', attempts: 2, open: false });
});

test('an answer for an attempt that is over changes nothing', () => {
  const { tasks, queue } = deskInHybrid();
  const { task } = queue('crypto-normal-scan', begin);
  const result = { effect_observed: true, looked_at: 1, found: 0, summary: '', error: null };
  const answer = { task_id: task.id, kind: task.kind, succeeded: true, result };
  expect(tasks.complete(turnAt(begin), answer)).toBeUndefined();
  expect(tasks.openTask('crypto-normal-scan')?.state).toBe('queued');
});
