// What a retraining found is put in force only where it is better, and only by who can take it.
import { expect, test } from 'vitest';
import type { JobResult } from '../shared/bus/catalogue.ts';
import type { Refit } from '../shared/domain/refit.ts';
import type { LookPlanner } from './looks/look-planner.ts';
import { putInForce, type Refittable } from './retraining.ts';

/** Parts that take any coefficients but an empty list, and remember which. */
function parts(): { readonly taken: string[]; readonly given: Refittable } {
  const taken: string[] = [];
  const take = (part: string) => (coefficients: readonly number[]) => {
    if (coefficients.length > 0) taken.push(part);
    return coefficients.length > 0;
  };
  const planner = { refit: take('crypto') } as unknown as LookPlanner;
  const looks = { planner: (part: string) => (part === 'crypto' ? planner : undefined) };
  return { taken, given: { learning: { calibration: { replace: take('confidence') } }, looks } };
}

function ended(refits: readonly Refit[] | undefined, changes: Partial<JobResult> = {}): JobResult {
  const result = { effect_observed: true, looked_at: 1, found: 0, summary: '', error: null };
  const told = refits === undefined ? result : { ...result, refits };
  return { task_id: 't1', kind: 'retrain', attempt: 1, succeeded: true, result: told, ...changes };
}

const refit = (part: Refit['part'], before: number, after: number, coefficients = [1]): Refit => ({
  ...{ part, before, after, coefficients, fitted_on: 100, held_out: 20 },
});

test('only what predicts better is put in force, and the cause says by how much', () => {
  const { taken, given } = parts();
  const cause = putInForce(ended([refit('confidence', 0.6, 0.5), refit('crypto', 0.5, 0.5)]), given);
  expect(taken).toEqual(['confidence']);
  expect(cause).toBe(
    'Retrained by t1, better on what it was not fitted on: confidence (loss 0.6 before, 0.5 after, on 20 newer examples)',
  );
});

test('a loss that is no number is not better', () => {
  const { taken, given } = parts();
  expect(putInForce(ended([refit('confidence', Number.NaN, 0.1)]), given)).toBeUndefined();
  expect(putInForce(ended([refit('confidence', 0.1, Number.NaN)]), given)).toBeUndefined();
  expect(taken).toEqual([]);
});

test.each([
  ['of a class that nobody looks at', ended([refit('forex', 1, 0)])],
  ['that does not fit', ended([refit('crypto', 1, 0, [])])],
  ['of a job that failed', ended([refit('crypto', 1, 0)], { succeeded: false })],
  ['of another kind of job', ended([refit('crypto', 1, 0)], { kind: 'report' })],
  ['that brought nothing', ended(undefined)],
])('a refit %s changes nothing', (_, end) => {
  const { taken, given } = parts();
  expect(putInForce(end, given)).toBeUndefined();
  expect(taken).toEqual([]);
});
