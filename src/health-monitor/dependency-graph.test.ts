// The graph of causes is data: it must have no cycle, and say why one trouble shows as another.
import { expect, test } from 'vitest';
import { chainBetween, explainedBy, graphDefects, mayShareCause } from './dependency-graph.ts';

test('nothing explains itself', () => {
  expect(graphDefects()).toEqual([]);
});

test('what follows from the edges is followed through, with the reasons on the way', () => {
  expect(explainedBy('slots_late')).toEqual(
    expect.arrayContaining(['store_slow', 'database_strained', 'disk_low', 'event_loop_slow', 'heap_growth']),
  );
  expect(chainBetween('database_strained', 'slots_late')).toEqual([
    'locks and runaway statements make every round trip wait',
    'every decision waits for its commit, so inputs pile up and slots are missed',
  ]);
  expect(chainBetween('slots_late', 'database_strained')).toEqual([]);
});

test('two sources that fail together are not taken for one trouble, late slots and a backlog are', () => {
  expect(mayShareCause('source_stale', 'source_stale')).toBe(false);
  expect(mayShareCause('slots_late', 'inbox_backlog')).toBe(true);
});
