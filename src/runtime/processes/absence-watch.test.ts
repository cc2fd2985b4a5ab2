import { expect, test } from 'vitest';
import { AbsenceWatch } from './absence-watch.ts';

const place = (agent: 'analyst_ai' | 'trading_ai', fence: number, silentMs = 300) =>
  ({ schema: agent, agents: [agent], holder: 'somebody', fence, silentMs }) as const;
const both = (analyst: number, trading: number) => [
  place('analyst_ai', analyst),
  place('trading_ai', trading),
];
const watched = () => {
  const watch = new AbsenceWatch(['analyst_ai', 'trading_ai'], 0);
  watch.look(both(1, 1), 1_000);
  watch.look(both(1, 1), 31_000);
  return watch;
};

test('a process that was started again between two looks is told as failed and back', () => {
  expect(watched().look(both(2, 1), 33_000)).toEqual([
    { kind: 'failed', agent: 'analyst_ai', failures: 1, why: 'its process had ended and was started again' },
    { kind: 'restarted', agent: 'analyst_ai' },
  ]);
});

test('a silent process is told once, and once when it is back', () => {
  const watch = watched();
  const silent = [place('analyst_ai', 1, 6_200), place('trading_ai', 1)];
  expect(watch.look(silent, 33_000)).toEqual([
    { kind: 'failed', agent: 'analyst_ai', failures: 1, why: 'its process gives no sign of life for 6 s' },
  ]);
  expect(watch.look(silent, 35_000)).toEqual([]);
  expect(watch.look(both(2, 1), 37_000)).toEqual([{ kind: 'restarted', agent: 'analyst_ai' }]);
  expect(watch.look(both(2, 1), 39_000)).toEqual([]);
  expect(watch.look(both(3, 1), 41_000)).toMatchObject([{ failures: 2 }, { kind: 'restarted' }]);
});

test('what changes while the database was in trouble, or right after a start, is nobody’s failure', () => {
  const watch = watched();
  expect(watch.look(undefined, 33_000)).toEqual([]);
  const asleep = [place('analyst_ai', 1, 12_000), place('trading_ai', 1, 12_000)];
  expect(watch.look(asleep, 45_000)).toEqual([]);
  expect(watch.look(both(2, 2), 47_000)).toEqual([]);
  expect(watch.look(both(2, 2), 90_000)).toEqual([]);
  const fresh = new AbsenceWatch(['analyst_ai', 'trading_ai'], 0);
  expect(fresh.look(both(1, 1), 1_000)).toEqual([]);
  expect(fresh.look(both(2, 1), 4_000)).toEqual([]);
  expect(fresh.look(both(3, 1), 6_000)).toMatchObject([{ kind: 'failed' }, { kind: 'restarted' }]);
});

test('once a process was seen again after the trouble, its end is its own', () => {
  const watch = watched();
  watch.look(undefined, 33_000);
  watch.look(both(1, 1), 35_000);
  expect(watch.look([place('analyst_ai', 1, 5_500), place('trading_ai', 1)], 41_000)).toMatchObject([
    { kind: 'failed', agent: 'analyst_ai' },
  ]);
  expect(watch.look(both(2, 2), 43_000)).toMatchObject([
    { kind: 'restarted', agent: 'analyst_ai' },
    { kind: 'failed', agent: 'trading_ai' },
    { kind: 'restarted', agent: 'trading_ai' },
  ]);
});

test('silence that outlasts the database’s trouble is told then', () => {
  const watch = watched();
  watch.look(undefined, 33_000);
  expect(watch.look([place('analyst_ai', 1, 40_000), place('trading_ai', 1)], 64_000)).toMatchObject([
    { kind: 'failed', agent: 'analyst_ai' },
  ]);
});

test('an agent that no process ever had is told after the time that a start may take', () => {
  const watch = new AbsenceWatch(['trading_ai'], 0);
  expect(watch.look([], 29_000)).toEqual([]);
  expect(watch.look([], 31_000)).toMatchObject([{ kind: 'failed', why: 'no process has it' }]);
});
