// A queue that stands: the job that does not end is let go of, and a person is called once when that does not help.
import { expect, test } from 'vitest';
import type { Task } from '../shared/domain/task.ts';
import { minuteMs, secondMs } from '../shared/domain/time.ts';
import { HealthWorld } from './testing/health-world.ts';

const healing = { process_restart: true, create_index: false, database: 'embedded' } as const;

function job(world: HealthWorld, changes: Partial<Task>): void {
  const task = {
    ...{ id: 'j', kind: 'record', symbols: [], decision_id: 'd', attempts: 1, result: null, open: true },
    ...{ queued_at: world.now, started_at: world.now, finished_at: null, slot_at: world.now },
    ...{ deadline_at: world.now + minuteMs, state: 'running' },
    ...changes,
  } as unknown as Task;
  world.send('orchestrator_ai', 'task.changed', task);
}

function beat(world: HealthWorld, forMs: number): void {
  for (let elapsed = 0; elapsed < forMs; elapsed += 5 * secondMs) {
    world.vitals();
    world.wait(5 * secondMs);
  }
}

const released = (world: HealthWorld) =>
  world.requested('heal.act').filter(({ action }) => action === 'jobs.release').length;

test('a job past its deadline is let go of; when it ends the heal is verified and the incident over', () => {
  const world = new HealthWorld({ healing });
  job(world, {});
  beat(world, 90 * secondMs);
  expect(world.alerts()).toEqual(['opened queue_stuck']);
  expect(released(world)).toBe(1);
  job(world, { state: 'failed', open: false, finished_at: world.now });
  beat(world, 5 * minuteMs);
  expect(world.heals()).toEqual(['queue_stuck system started 1', 'queue_stuck system verified 1']);
  expect(world.alerts().at(-1)).toBe('resolved queue_stuck');
});

test('one that does not let go is tried twice, then a person is called once', () => {
  const world = new HealthWorld({ healing });
  job(world, {});
  beat(world, 20 * minuteMs);
  expect(released(world)).toBe(2);
  const people = world.requested('alert.send').filter(({ audience }) => audience !== 'log');
  expect(people.map(({ phase, severity }) => `${phase} ${severity}`)).toEqual([
    'opened warning',
    'updated critical',
  ]);
  expect(people[1]?.text).toContain('queue_stuck did not help in 2 attempts; a person is needed');
});

test('nothing is let go of while an order is unknown, and it is as soon as it may', () => {
  const world = new HealthWorld({ healing });
  world.trading(0, 1);
  job(world, {});
  beat(world, 3 * minuteMs);
  expect(released(world)).toBe(0);
  expect(world.heals()).toContain('queue_stuck system refused 1');
  world.trading(0, 0);
  beat(world, 10 * secondMs);
  expect(released(world)).toBe(1);
});
