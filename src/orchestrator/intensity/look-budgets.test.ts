// Several budgets at once: a look is paid from all of them or not at all, and never from what a floor will need.
import { expect, test } from 'vitest';
import { hourMs } from '../../shared/domain/time.ts';
import { Floors } from './floors.ts';
import { defaultFind } from './intensity-settings.ts';
import { LookBudgets } from './look-budgets.ts';

const subject = (id: string, calls: number, maxIntervalMs = 24 * hourMs) => ({
  ...{ id, minIntervalMs: 0, maxIntervalMs, costs: { calls, cpu: 1 } },
});
const budget = (name: string, perHour: number, startLevel = 1) => ({
  name,
  perHour,
  windowHours: 1,
  startLevel,
});

function budgets(settings: Parameters<typeof budget>[], subjects = [subject('a', 2), subject('b', 4)]) {
  const floors = new Floors();
  for (const { minIntervalMs, maxIntervalMs } of subjects) floors.add(minIntervalMs, maxIntervalMs, 0);
  return new LookBudgets(
    settings.map((one) => budget(...one)),
    subjects,
    defaultFind,
    floors,
  );
}

test('one empty budget is enough for nothing to be affordable, and nothing is taken from the others', () => {
  const both = budgets([
    ['calls', 10],
    ['cpu', 10, 0],
  ]);
  expect([both.affords(0), both.anyAffordable]).toEqual([false, false]);
  expect(() => both.spend(0)).toThrow(RangeError);
  both.advance(hourMs);
  expect([both.affords(0), both.anyAffordable]).toEqual([true, true]);
});

test('a look costs its own units in every budget, at the price of each', () => {
  const both = budgets([
    ['calls', 10],
    ['cpu', 10],
  ]);
  const { calls, cpu } = { calls: both.named('calls'), cpu: both.named('cpu') };
  both.spend(1);
  expect([calls?.level, cpu?.level]).toEqual([6, 9]);
  const price = 2 * (calls?.price() ?? 0) + (cpu?.price() ?? 0);
  expect(both.priceOf(0)).toBeCloseTo(price, 12);
  expect(both.pricing()(0)).toBe(both.priceOf(0));
});

test('what floors will soon need is not spent on anything else', () => {
  const soon = budgets([['calls', 4]], [subject('a', 2), subject('b', 4, hourMs / 4)]);
  const elapsed = hourMs / 4;
  expect(soon.affords(0)).toBe(true);
  expect(soon.affordsBesideFloors(0, elapsed)).toBe(false);
  expect(soon.affordableBesideFloors(elapsed)(0)).toBe(false);
  const later = budgets([['calls', 12]]);
  expect([later.affordsBesideFloors(0, 0), later.affordableBesideFloors(0)(0)]).toEqual([true, true]);
});

test('promises that no refill can pay are named, and state that lacks a budget is refused', () => {
  const tight = budgets([['calls', 10]], [subject('a', 9, hourMs)]);
  expect(tight.admissionDefects()).toEqual([
    'budget calls refills 10 an hour, but the maximum intervals alone need 9.00, more than 80 % of it',
  ]);
  expect(budgets([['calls', 10]]).admissionDefects()).toEqual([]);
  expect(() => tight.load([])).toThrow('a budget is missing');
  expect(() => budgets([])).toThrow('between 1 and 16 budgets');
});
