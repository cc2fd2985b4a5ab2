import fc from 'fast-check';
import { expect, test } from 'vitest';
import { orderStates } from './order.ts';
import { isFinalState, orderEvents, orderTransition } from './order-lifecycle.ts';

test('every state answers every event with a known state', () => {
  for (const state of orderStates)
    for (const event of orderEvents) expect(orderStates).toContain(orderTransition(state, event).state);
});

test('silence never ends an order: only positive words of a broker or our own withdrawal do', () => {
  const ending = orderStates
    .filter((state) => !isFinalState(state))
    .flatMap((state) => orderEvents.filter((event) => isFinalState(orderTransition(state, event).state)));
  expect(new Set(ending)).toEqual(
    new Set(['rejected', 'fill_complete', 'cancelled', 'expired', 'absent', 'withdrawn']),
  );
  expect(orderTransition('unknown', 'outcome_unknown')).toEqual({ state: 'unknown', contradiction: false });
  expect(orderTransition('unknown', 'withdrawn')).toEqual({ state: 'unknown', contradiction: true });
});

test('a fill after a cancel, a reject or an expiry is kept and makes us ask', () => {
  for (const state of ['cancelled', 'rejected', 'expired'] as const) {
    expect(orderTransition(state, 'fill_complete')).toEqual({ state: 'filled', contradiction: true });
    expect(orderTransition(state, 'fill_partial').contradiction).toBe(true);
    expect(orderTransition(state, 'accepted')).toEqual({ state: 'accepted', contradiction: true });
  }
});

test('hearing the same event twice changes nothing the second time', () => {
  fc.assert(
    fc.property(fc.constantFrom(...orderStates), fc.constantFrom(...orderEvents), (state, event) => {
      const once = orderTransition(state, event).state;
      expect(orderTransition(once, event).state).toBe(once);
    }),
  );
});

test('a filled order stays filled whatever comes', () => {
  for (const event of orderEvents) expect(orderTransition('filled', event).state).toBe('filled');
});

test('only an order that was never acknowledged may be sent again', () => {
  const resendable = orderStates.filter((state) => !orderTransition(state, 'resubmitted').contradiction);
  expect(resendable).toEqual(['pending_submit', 'unknown']);
});
