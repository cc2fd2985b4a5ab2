import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type OrderState, orderStates } from './order.ts';
import { isFinalState, listedStates, orderEvents, orderTransition } from './order-lifecycle.ts';

test('every state answers every event with a known state', () => {
  for (const state of orderStates)
    for (const event of orderEvents) expect(orderStates).toContain(orderTransition(state, event).state);
});

test('the table in docs/trading.md is this one', () => {
  const cell = (state: (typeof listedStates)[number], event: (typeof orderEvents)[number]): string => {
    const { state: next, contradiction } = orderTransition(state, event);
    return `${next === state ? (contradiction ? state : '·') : next}${contradiction ? '!' : ''}`;
  };
  const table = [
    `| state \\ event | ${orderEvents.map((event) => `\`${event}\``).join(' | ')} |`,
    `|---|${'---|'.repeat(orderEvents.length)}`,
    ...listedStates.map(
      (state) => `| **${state}** | ${orderEvents.map((event) => cell(state, event)).join(' | ')} |`,
    ),
  ].join('\n');
  const document = readFileSync(new URL('../../../docs/trading.md', import.meta.url), 'utf8');
  expect(document.includes(table), `the table is now:\n${table}`).toBe(true);
});

test('an id that our books do not have never becomes an order by what a broker says of it', () => {
  for (const event of orderEvents) expect(orderTransition('unlisted', event).state).toBe('unlisted');
  for (const event of ['accepted', 'fill_partial', 'fill_complete', 'over_fill'] as const)
    expect(orderTransition('unlisted', event).contradiction).toBe(true);
});

test('a repeated fill changes no state and asks nothing, an over-fill always ends as filled and asks', () => {
  for (const state of orderStates) {
    expect(orderTransition(state, 'fill_repeated')).toEqual({ state, contradiction: false });
    expect(orderTransition(state, 'over_fill')).toEqual({ state: 'filled', contradiction: true });
  }
});

test('whatever comes, in any order: a final state is left only with a question to the broker', () => {
  const event = fc.constantFrom(...orderEvents);
  fc.assert(
    fc.property(fc.constantFrom(...orderStates), fc.array(event, { maxLength: 30 }), (first, events) => {
      let state = first;
      for (const heard of events) {
        const next = orderTransition(state, heard);
        const revived = isFinalState(state) && !isFinalState(next.state);
        if (revived) expect(next.contradiction, `${state} ${heard}`).toBe(true);
        state = next.state;
      }
    }),
  );
});

test('two reports that overtook each other end in the same state, or make us ask', () => {
  const told = ['accepted', 'fill_partial', 'fill_complete', 'cancelled', 'expired', 'rejected'] as const;
  for (const first of told)
    for (const second of told) {
      const inOrder = follow('pending_submit', first, second);
      const crossed = follow('pending_submit', second, first);
      const asks = inOrder.contradiction || crossed.contradiction;
      if (!asks && isFinalState(inOrder.state) && isFinalState(crossed.state) && first !== second)
        // Two different ends of one order: whichever was heard first stands, and no fill is lost by it.
        expect([first, second].some((event) => event === 'fill_complete')).toBe(
          [inOrder.state, crossed.state].includes('filled'),
        );
      else if (!asks) expect(crossed.state).toBe(inOrder.state);
    }
});

function follow(from: OrderState, ...events: readonly (typeof orderEvents)[number][]) {
  let state = from;
  let contradiction = false;
  for (const event of events) {
    const next = orderTransition(state, event);
    state = next.state;
    contradiction ||= next.contradiction;
  }
  return { state, contradiction };
}

test('silence never ends an order: only positive words of a broker or our own withdrawal do', () => {
  const ending = orderStates
    .filter((state) => !isFinalState(state))
    .flatMap((state) => orderEvents.filter((event) => isFinalState(orderTransition(state, event).state)));
  expect(new Set(ending)).toEqual(
    new Set(['rejected', 'fill_complete', 'over_fill', 'cancelled', 'expired', 'absent', 'withdrawn']),
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
