import fc from 'fast-check';
import { expect, test } from 'vitest';
import { listIn, rows } from './lenient.ts';
import { readOverview } from './overview.ts';
import {
  candleSchema,
  decisionSchema,
  equitySchema,
  orderSchema,
  positionSchema,
  sourceSchema,
} from './rows.ts';

test('missing and odd fields become null, the rest of the row stays', () => {
  const decision = decisionSchema.parse({
    id: 'd',
    confidence: 'high',
    reasoning: 7,
    outcome: 'good',
    candidates: {},
  });
  expect(decision).toMatchObject({
    id: 'd',
    confidence: null,
    reasoning: null,
    outcome: null,
    candidates: [],
  });
  expect(decision.next_decision_at).toBeNull();
});

test('rows that cannot be read are dropped and do not spoil the others', () => {
  expect(rows(orderSchema).parse([null, 3, {}, { id: 'o', quantity: '0.10' }])).toMatchObject([
    { id: 'o', quantity: 0.1, state: null },
  ]);
});

test('instants are read from epoch milliseconds and from ISO text', () => {
  expect(equitySchema.parse({ at: '2026-01-01T00:00:00.000Z', equity: 1 }).at).toBe(1_767_225_600_000);
  expect(equitySchema.parse({ at: 5, equity: 1 }).at).toBe(5);
  expect(equitySchema.safeParse({ equity: 1 }).success).toBe(false);
  expect(positionSchema.parse({ id: 'p', opened_at: 'yesterday' }).opened_at).toBeNull();
});

test('both spellings of a field are understood', () => {
  expect(candleSchema.parse({ open_time: 60_000, open: 1, high: 2, low: 1, close: 2 }).openTime).toBe(60_000);
  expect(candleSchema.safeParse({ open: 1, high: 2, low: 1, close: 2 }).success).toBe(false);
  expect(sourceSchema.parse({ source: 's', latency_ms: 4 }).latencyMs).toBe(4);
});

test('a list is found bare or under a name', () => {
  expect(listIn([1])).toEqual([1]);
  expect(listIn({ total: 1, decisions: [2] })).toEqual([2]);
  expect(listIn('nothing')).toEqual([]);
});

test('no answer, however strange, throws', () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (first, second) => {
      expect(readOverview(first, second).symbols).toBeInstanceOf(Array);
      expect(rows(decisionSchema).parse(listIn(first))).toBeInstanceOf(Array);
      expect(rows(sourceSchema).parse(listIn(second))).toBeInstanceOf(Array);
    }),
  );
});

test('the overview takes each fact from whichever answer has it', () => {
  const overview = readOverview(
    { run_mode: 'paper', trading_state: { state: 'halted', reason: 'asked' }, universe: ['A'] },
    { mode: 'hybrid', next_decision_at: '2026-01-01T00:00:00Z' },
  );
  expect(overview).toMatchObject({
    runMode: 'paper',
    tradingState: 'halted',
    tradingReason: 'asked',
    mode: 'hybrid',
    nextDecisionAt: 1_767_225_600_000,
    running: null,
    symbols: ['A'],
  });
});
