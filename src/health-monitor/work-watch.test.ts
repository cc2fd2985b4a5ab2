// The watch over the work: what it says depends on the rows alone, not on the order in which they were met.
import { expect, test } from 'vitest';
import type { Turn } from '../kernel/agent.ts';
import type { Task } from '../shared/domain/task.ts';
import { IncidentBook } from './incident-book.ts';
import { WorkWatch } from './work-watch.ts';

const now = 10_000_000;
const turn = { now } as unknown as Turn;

function job(id: string, changes: Partial<Task>): Task {
  const open = { attempts: 1, slot_at: 0, started_at: 0, finished_at: null, result: null, open: true };
  return {
    id,
    kind: 'record',
    state: 'running',
    queued_at: 0,
    deadline_at: now,
    ...open,
    ...changes,
  } as Task;
}

function told(fill: (watch: WorkWatch) => void): string | undefined {
  const book = new IncidentBook();
  const watch = new WorkWatch(book);
  fill(watch);
  watch.judge(turn);
  return book.get('queue_stuck')?.evidence;
}

// Found by seed 221382154 of restore.test.ts: two jobs past their deadline, told in the order of their arrival.
test('of two jobs past their deadline the same one is told after a restart', () => {
  const early = job('t1', { deadline_at: now - 97_000, queued_at: 2 });
  const late = job('t0', { deadline_at: now - 96_000, queued_at: 2 });
  const kept = told((watch) => {
    watch.observe(early, turn);
    watch.observe(late, turn);
  });
  const restored = told((watch) =>
    watch.restore([
      ['t0', late],
      ['t1', early],
    ]),
  );
  expect(kept).toBe('record runs 96 s past its deadline');
  expect(restored).toBe(kept);
});

test('a queue is stuck when a job waits for long or too many do, and well again when they are done', () => {
  const waiting = (id: string, queued_at: number) => job(id, { state: 'queued', queued_at });
  expect(told((watch) => watch.observe(waiting('a', now - 19 * 60_000), turn))).toBeUndefined();
  expect(told((watch) => watch.observe(waiting('a', now - 21 * 60_000), turn))).toContain(
    'has waited 21 min',
  );
  const many = (watch: WorkWatch) => {
    for (let place = 0; place < 11; place++) watch.observe(waiting(`t${place}`, now), turn);
  };
  expect(told(many)).toBe('11 jobs wait');
  expect(
    told((watch) => {
      many(watch);
      watch.observe(job('t3', { state: 'succeeded', open: false }), turn);
    }),
  ).toBeUndefined();
});

test('depth and age of the queue are measured while somebody waits, and not while nobody does', () => {
  const watch = new WorkWatch(new IncidentBook());
  expect(watch.measured(now)).toEqual([]);
  watch.observe(job('a', { state: 'queued', queued_at: now - 90_000 }), turn);
  watch.observe(job('b', { state: 'queued', queued_at: now - 30_000 }), turn);
  watch.observe(job('c', { state: 'running', queued_at: 0 }), turn);
  expect(watch.measured(now).map(({ rule, value }) => [rule.name, value])).toEqual([
    ['jobs_waiting', 2],
    ['oldest_job', 90],
  ]);
});
