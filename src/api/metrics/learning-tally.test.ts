// What learning says of itself, counted from messages alone.
import { expect, test } from 'vitest';
import { decision, startAt } from '../../../test/support/api-rows.ts';
import type { AnyMessage } from '../../shared/bus/message.ts';
import type { DecisionCandidate, DecisionScore } from '../../shared/domain/decision.ts';
import type { TaskKind } from '../../shared/domain/task.ts';
import { hourMs } from '../../shared/domain/time.ts';
import { LearningTally } from './learning-tally.ts';

const outcome = {
  scored_at: startAt,
  successful: true,
  tasks_succeeded: 1,
  tasks_failed: 0,
  detail: '',
  opportunities: { found: 1, found_value: 2, missed: 1, missed_value: 0.5 },
  signals: { given: 1, right: 1, wrong: 0, unknown: 0 },
  cost: { looks: 1, paid: 0.25 },
  net: 1.25,
};

function score(confidence: number, changes: Partial<DecisionScore['outcome']> = {}): AnyMessage {
  const counted = { id: 'a', mode: 'crypto', action: 'stand_by', task_ids: [], open: false } as const;
  const data: DecisionScore = { ...counted, confidence, outcome: { ...outcome, ...changes } };
  return { message_type: 'decision.scored', data } as unknown as AnyMessage;
}

function candidate(kind: TaskKind, terms: Record<string, number>, chosen: boolean): DecisionCandidate {
  const sum = Object.values(terms).reduce((total, term) => total + term, 0);
  return { kind, score: sum, due: true, chosen, terms, reason: '' };
}

test('error of confidence, worth and net of a day; unknown before the first score', () => {
  const tally = new LearningTally();
  expect([tally.brier, tally.brierOfBaseRate, tally.netOfDay]).toEqual([null, null, null]);
  tally.observe(score(0.9));
  tally.observe(score(0.5, { scored_at: startAt + 25 * hourMs, successful: false, net: -1 }));
  expect(tally.brier).toBeCloseTo((0.01 + 0.25) / 2);
  expect(tally.brierOfBaseRate).toBeCloseTo(0.25);
  expect(tally.netOfDay, 'the first is older than a day').toBe(-1);
  expect(['found', 'missed', 'paid'].map((part) => tally.worth.get({ part }))).toEqual([4, 1, 0.5]);
  expect(tally.signals.get({ outcome: 'right' })).toBe(2);
});

test('only the newest scores count, however many come', () => {
  const tally = new LearningTally();
  for (let index = 0; index < 600; index++) tally.observe(score(index < 88 ? 0 : 1));
  expect(tally.brier).toBe(0);
});

test('a look is put down to learning where another of its market led without it', () => {
  const tally = new LearningTally();
  const candidates = [
    candidate('crypto-light-monitoring', { worth: 1, variant: 0.1, memory: 0.1 }, true),
    candidate('crypto-normal-scan', { worth: 1.05, variant: -0.1 }, false),
    candidate('forex-asia-session', { worth: 0.9 }, true),
    candidate('health-monitor-check', { urgency: 1 }, true),
  ];
  tally.observe({ message_type: 'decision', data: decision({ candidates }) } as unknown as AnyMessage);
  expect([...tally.choices.entries()].filter(([, count]) => count > 0)).toEqual([
    [{ kind: 'crypto-light-monitoring', by: 'learning' }, 1],
    [{ kind: 'forex-asia-session', by: 'policy' }, 1],
  ]);
});
