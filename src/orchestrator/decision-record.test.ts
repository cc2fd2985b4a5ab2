// What a verdict is written down as: what found nothing to look at is not recorded as chosen, and the mandate says no more
// than the decision does.
import { expect, test } from 'vitest';
import { orchestratorTurn } from '../../test/support/orchestrator-turn.ts';
import { testSettings } from '../../test/support/orchestrator-world.ts';
import type { Decision, DecisionCandidate } from '../shared/domain/decision.ts';
import type { LookRecord } from '../shared/domain/look.ts';
import { sessionCalendar } from '../shared/domain/sessions.ts';
import { minuteMs } from '../shared/domain/time.ts';
import type { Verdict } from './decision-engine.ts';
import { type DecisionFacts, decisionRecord, mandateUnder } from './decision-record.ts';
import { Observations } from './observations.ts';
import { takeSnapshot, universeOf } from './snapshot.ts';
import { taskIdOf } from './task-manager.ts';

const now = Date.parse('2026-03-04T10:00:00Z');
const universe = universeOf(testSettings);
const snapshot = takeSnapshot(new Observations(), universe, sessionCalendar(), 0, now, 'simulated');

const candidate = (kind: DecisionCandidate['kind'], chosen: boolean): DecisionCandidate => ({
  ...{ kind, chosen, score: chosen ? 1 : 0, due: true, terms: {}, reason: 'as the engine said' },
});
const scan = candidate('crypto-normal-scan', true);
const empty = candidate('deep-market-analysis', true);
const idle = candidate('forex-london-session', false);
const verdict: Verdict = {
  action: 'execute_trading_strategy',
  candidates: [scan, empty, idle],
  chosen: [scan, empty],
  cadence: { intervalMs: 5 * minuteMs, reason: '' },
  appetite: { value: 0.5, reasons: [] },
  reasoning: 'Because.',
};
const look = { symbol: 'BTCUSDT', text: 'BTCUSDT looked at never' } as LookRecord;

function facts(changes: Partial<DecisionFacts> = {}): DecisionFacts {
  return {
    ...{ id: 'd1', mode: 'crypto', previousMode: 'standby', snapshot, verdict, trigger: 'schedule' },
    ...{ plan: undefined, planned: [{ candidate: scan, looks: [look] }], nextAt: now + minuteMs },
    ...{ confidence: 0.6, confidenceInputs: [1, 2], policyVersion: 'rules@1' },
    ...changes,
  };
}

test('the record says what was really begun: tasks, looks and the fate of what found nothing to look at', () => {
  const turn = orchestratorTurn(now);
  const decision = decisionRecord(turn, facts());
  expect(decision.task_ids).toEqual([taskIdOf(turn, 'crypto-normal-scan')]);
  expect(decision.looks).toEqual([look]);
  expect(decision.reasoning).toBe('Because. Looks: BTCUSDT looked at never.');
  expect(decision.candidates.map(({ kind, chosen }) => [kind, chosen])).toEqual([
    ['crypto-normal-scan', true],
    ['deep-market-analysis', false],
    ['forex-london-session', false],
  ]);
  expect(decision.candidates[1]?.reason).toBe('no symbol could be looked at, by interval or budget');
  expect(decision).toMatchObject({ data_kind: 'simulated', next_decision_at: now + minuteMs, open: true });
});

test('without models the record has no advice at all; with them it says also why nobody was asked', () => {
  const turn = orchestratorTurn(now);
  const alone = decisionRecord(turn, facts());
  expect(alone.model).toBeNull();
  expect(alone).not.toHaveProperty('advice');
  const record = {
    prompt: 'decision@2',
    state: 'not_asked',
    reason: 'nothing to ask',
    advice: null,
  } as const;
  const beside = decisionRecord(turn, facts({ plan: { advice: undefined, record, ask: undefined } }));
  expect(beside).toMatchObject({ model: 'policy decision@2', advice: record });
});

test('the mandate covers the classes of the mode only and outlives three intervals', () => {
  const turn = orchestratorTurn(now);
  const mandates = (['crypto', 'forex', 'hybrid', 'standby'] as const).map((mode) =>
    mandateUnder(turn, { id: 'd1', mode } as Decision, verdict, universe),
  );
  expect(mandates.map(({ universe }) => universe)).toEqual([
    ['BTCUSDT', 'ETHUSDT'],
    ['EURUSD'],
    ['BTCUSDT', 'ETHUSDT', 'EURUSD'],
    [],
  ]);
  for (const mandate of mandates)
    expect(mandate).toMatchObject({
      ...{ decision_id: 'd1', risk_appetite: 0.5, issued_at: now, expires_at: now + 15 * minuteMs },
    });
});
