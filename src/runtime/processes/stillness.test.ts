// When the main thread stands still, and when only the clock or the whole process did.
import { expect, test } from 'vitest';
import { lookMs, Stillness } from './stillness.ts';

/** Looks once a second from 0 on; `beats`, `steady` and `wall` by the number of the look. */
function watch(
  looks: number,
  beats: (n: number) => number,
  gapAt = -1,
  gap = { steady: 0, wall: 0 },
): number[] {
  const stillness = new Stillness();
  let [steady, wall] = [0, 1_700_000_000_000];
  return Array.from({ length: looks }, (_, n) => {
    steady += lookMs + (n === gapAt ? gap.steady : 0);
    wall += lookMs + (n === gapAt ? gap.wall : 0);
    return stillness.look({ beats: beats(n), steady, wall });
  });
}

test('a thread that beats never stands still, also when it misses a few', () => {
  expect(Math.max(...watch(100, (n) => n))).toBe(0);
  expect(Math.max(...watch(100, (n) => Math.floor(n / 5)))).toBe(4 * lookMs);
});

test('a thread that stops beating stands still for as long as it is looked at', () => {
  expect(watch(70, (n) => Math.min(n, 5)).at(-1)).toBe(64 * lookMs);
});

test('a process that was stopped, or a machine that slept, counts from its return', () => {
  const still = () => 3;
  const stopped = watch(20, still, 10, { steady: 600_000, wall: 600_000 });
  expect(stopped[9]).toBe(9 * lookMs);
  expect(stopped[10]).toBe(0);
  expect(stopped.at(-1)).toBe(9 * lookMs);
  expect(watch(20, still, 10, { steady: 0, wall: 600_000 })[10], 'suspended: the steady clock stood').toBe(0);
});

test('a clock that is set back neither fires nor hides', () => {
  expect(watch(20, () => 3, 10, { steady: 0, wall: -3_600_000 }).at(-1)).toBe(19 * lookMs);
});
