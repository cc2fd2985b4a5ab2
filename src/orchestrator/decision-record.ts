// The two texts a verdict is written down in: the decision record, and the mandate issued under it.
// It must never choose: everything it says was decided elsewhere.
import type { Turn } from '../kernel/agent.ts';
import type { Decision } from '../shared/domain/decision.ts';
import type { Mandate } from '../shared/domain/mandate.ts';
import type { MarketMode } from '../shared/domain/mode.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import { classesOf } from './admission.ts';
import type { Verdict } from './decision-engine.ts';
import { looksText, looksTold, type PlannedTask, withoutEmpty } from './looks/look-plan.ts';
import { decidedBy, type ModelPlan } from './models/model-layer.ts';
import type { Snapshot, Universe } from './snapshot.ts';
import { taskIdOf } from './task-manager.ts';

/** A mandate outlives the decisions that should renew it by this factor. */
const mandateLifeInIntervals = 3;

/** What a decision is recorded from: its verdict, and what that was made within. */
export interface DecisionFacts {
  readonly id: string;
  readonly mode: MarketMode;
  readonly previousMode: MarketMode;
  readonly snapshot: Snapshot;
  readonly verdict: Verdict;
  readonly trigger: Decision['trigger'];
  /** What the models had to say; undefined when none is configured. */
  readonly plan: ModelPlan | undefined;
  readonly planned: readonly PlannedTask[];
  readonly nextAt: EpochMs;
  readonly confidence: number;
  readonly confidenceInputs: readonly number[];
  readonly policyVersion: string;
}

export function decisionRecord(turn: Turn, facts: DecisionFacts): Decision {
  const { mode, snapshot, verdict, plan, planned } = facts;
  return {
    id: facts.id,
    at: turn.now,
    mode,
    previous_mode: facts.previousMode,
    action: verdict.action,
    confidence: facts.confidence,
    confidence_inputs: facts.confidenceInputs,
    reasoning: `${verdict.reasoning}${looksText(planned)}`,
    trigger: facts.trigger,
    context: snapshot.context,
    candidates: withoutEmpty(verdict.candidates, planned),
    task_ids: planned.map(({ candidate }) => taskIdOf(turn, candidate.kind)),
    looks: looksTold(planned),
    next_decision_at: facts.nextAt,
    policy_version: facts.policyVersion,
    ...(plan === undefined ? { model: null } : { model: decidedBy(plan), advice: plan.record }),
    data_kind: snapshot.dataKind,
    outcome: null,
    open: true,
  };
}

/** The mandate under a decision: all symbols of the mode's classes, until three decisions have failed to renew it. */
export function mandateUnder(
  turn: Turn,
  decision: Decision,
  { appetite, cadence }: Pick<Verdict, 'appetite' | 'cadence'>,
  universe: Universe,
): Mandate {
  return {
    id: turn.id('mandate', decision.id),
    decision_id: decision.id,
    mode: decision.mode,
    universe: classesOf(decision.mode).flatMap((assetClass) => universe[assetClass]),
    risk_appetite: appetite.value,
    issued_at: turn.now,
    expires_at: turn.now + mandateLifeInIntervals * cadence.intervalMs,
  };
}
