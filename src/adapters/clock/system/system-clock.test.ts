import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SystemClock } from './system-clock.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

test('wakes once at the instant, also far beyond the longest timer of Node', () => {
  const clock = new SystemClock();
  const fortyDaysMs = 40 * 86_400_000;
  const woken: number[] = [];
  clock.wakeAt(1_000_000 + fortyDaysMs, () => woken.push(clock.now()));
  vi.advanceTimersByTime(fortyDaysMs - 1);
  expect(woken).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(woken).toEqual([1_000_000 + fortyDaysMs]);
  vi.advanceTimersByTime(fortyDaysMs);
  expect(woken).toHaveLength(1);
});

test('a later call replaces the earlier one, and a cancelled wake never comes', () => {
  const clock = new SystemClock();
  const woken: string[] = [];
  clock.wakeAt(1_000_100, () => woken.push('first'));
  clock.wakeAt(1_000_200, () => woken.push('second'));
  vi.advanceTimersByTime(1_000);
  expect(woken).toEqual(['second']);
  clock.wakeAt(clock.now() + 10, () => woken.push('third'));
  clock.cancelWake();
  vi.advanceTimersByTime(1_000);
  expect(woken).toEqual(['second']);
});

test('an instant already past wakes at once, and siblings do not disturb each other', () => {
  const clock = new SystemClock();
  const sibling = clock.sibling();
  const woken: string[] = [];
  clock.wakeAt(5, () => woken.push('past'));
  sibling.wakeAt(1_000_050, () => woken.push('sibling'));
  vi.advanceTimersByTime(0);
  expect(woken).toEqual(['past']);
  vi.advanceTimersByTime(50);
  expect(woken).toEqual(['past', 'sibling']);
});

test('a wall clock set back is noticed: the wake still waits for its instant', () => {
  const clock = new SystemClock();
  const woken: number[] = [];
  clock.wakeAt(1_030_000, () => woken.push(clock.now()));
  vi.advanceTimersByTime(10_000);
  vi.setSystemTime(1_000_000);
  vi.advanceTimersByTime(20_000);
  expect(woken).toEqual([]);
  vi.advanceTimersByTime(10_000);
  expect(woken).toEqual([1_030_000]);
});
