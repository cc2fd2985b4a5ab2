import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ScaledClock } from './scaled-clock.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

test('runs speed times faster than real time from its start', () => {
  const clock = new ScaledClock(1_700_000_000_000, 60);
  expect(clock.now()).toBe(1_700_000_000_000);
  vi.advanceTimersByTime(1_000);
  expect(clock.now()).toBe(1_700_000_060_000);
});

test('wakes at or after the instant of its own time line, never before', () => {
  const clock = new ScaledClock(0, 1_000);
  const woken: number[] = [];
  clock.wakeAt(3_600_500, () => woken.push(clock.now()));
  vi.advanceTimersByTime(3_600);
  expect(woken).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(woken).toEqual([3_601_000]);
});

test('does not follow the wall clock back, and siblings share one time line', () => {
  const clock = new ScaledClock(500, 2);
  vi.advanceTimersByTime(100);
  const sibling = clock.sibling();
  vi.setSystemTime(-1_000_000);
  expect(clock.now()).toBe(700);
  expect(sibling.now()).toBe(700);
});

test('refuses a speed or a start that is no number', () => {
  expect(() => new ScaledClock(0, 0)).toThrow(RangeError);
  expect(() => new ScaledClock(0, Number.NaN)).toThrow(RangeError);
  expect(() => new ScaledClock(Number.NaN, 1)).toThrow(RangeError);
});
