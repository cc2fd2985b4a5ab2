import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SteadyTime } from './steady-time.ts';

test('follows the wall clock, also when that jumps ahead', () => {
  const time = new SteadyTime();
  expect(time.now(1_000, 0)).toBe(1_000);
  expect(time.now(1_500, 500)).toBe(1_500);
  expect(time.now(9_000, 600)).toBe(9_000);
});

test('set back, it goes on at half the pace until the wall clock has caught up', () => {
  const time = new SteadyTime();
  time.now(10_000, 0);
  expect(time.now(4_000, 0)).toBe(10_000);
  expect(time.now(8_000, 4_000)).toBe(12_000);
  expect(time.now(16_000, 12_000)).toBe(16_000);
  expect(time.now(17_000, 13_000)).toBe(17_000);
});

test('begins no earlier than told', () => {
  const time = new SteadyTime(5_000);
  expect(time.now(1_000, 0)).toBe(5_000);
  expect(time.now(3_000, 2_000)).toBe(6_000);
});

test('whatever the wall clock does, it never runs back, and stands still for no two seconds', () => {
  const step = fc.record({
    wall: fc.integer({ min: 0, max: 100_000 }),
    elapsed: fc.integer({ min: 0, max: 5_000 }),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const time = new SteadyTime();
      let monotonic = 0;
      let before = time.now(50_000, 0);
      for (const { wall, elapsed } of steps) {
        monotonic += elapsed;
        const now = time.now(wall, monotonic);
        expect(now).toBeGreaterThanOrEqual(elapsed >= 2 ? before + 1 : before);
        before = now;
      }
    }),
  );
});
