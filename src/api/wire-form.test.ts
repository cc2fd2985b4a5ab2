import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decision, startAt, task } from '../../test/support/api-rows.ts';
import { toWireForm } from './wire-form.ts';

const iso = new Date(startAt).toISOString();

test('instants become ISO 8601 and names snake_case, at every depth', () => {
  const status = { source: 'x', latencyMs: 4, lastDataAt: startAt, at: startAt };
  expect(toWireForm([{ inner: status, openTime: startAt, since: startAt }])).toEqual([
    { inner: { source: 'x', latency_ms: 4, last_data_at: iso, at: iso }, open_time: iso, since: iso },
  ]);
});

test('an absent instant stays null', () => {
  expect(toWireForm(task())).toMatchObject({ started_at: null, queued_at: iso });
});

test('a count that ends like an instant stays a number', () => {
  const result = { effect_observed: true, looked_at: 5, found: 1, summary: '', error: null };
  expect(toWireForm(task({ result })).result?.looked_at).toBe(5);
});

test('names inside free-form records are data and stay', () => {
  const shown = toWireForm(decision());
  expect(shown.candidates[0]?.terms).toEqual({ due_at: 1, idle: 0.5 });
});

test('property: an instant survives the way out and back, and the row itself is never changed', () => {
  fc.assert(
    fc.property(fc.integer({ min: -8.64e15, max: 8.64e15 }), (at) => {
      const row = Object.freeze({ at, nested: Object.freeze({ closed_at: at }) });
      const shown = toWireForm(row);
      expect(Date.parse(shown.at)).toBe(at);
      expect(Date.parse(shown.nested.closed_at)).toBe(at);
    }),
  );
});
