// Confidence of a decision, 0..1: what its own record says of its success, drawn towards one half by every doubt.
// It must never be a constant and never claim more than the counts hold.
import type { DecisionCandidate } from '../shared/domain/decision.ts';
import { classesOf } from './admission.ts';
import type { Consultation } from './candidates.ts';
import { clamp, rounded } from './numbers.ts';

/**
 * 0.5 + (success - 0.5) x clearness x knowledge, where
 * success   = the share of past successes of the chosen kinds in this mode, multiplied (Laplace prior of one half);
 *             of a decision to run nothing, 1: it promises nothing that could fail;
 * clearness = 0.5 .. 1, by the margin between the weakest chosen and the best one left, relative to the former;
 *             of a decision to run nothing, by how far the best one stays below the threshold;
 * knowledge = 0.5 .. 1, by the share of expected reports (activity of each admitted class, trading, health) at hand.
 */
export function confidenceOf(
  candidates: readonly DecisionCandidate[],
  { learning, mode, policy, snapshot }: Consultation,
): number {
  const chosen = candidates.filter((candidate) => candidate.chosen);
  const left = candidates.filter((candidate) => candidate.due && !candidate.chosen);
  const bestLeft = Math.max(0, ...left.map((candidate) => candidate.score));
  const kinds = chosen.map((candidate) => candidate.kind);
  const success = kinds.length === 0 ? 1 : learning.jointSuccess(mode, kinds);
  const weakest = Math.min(...chosen.map((candidate) => candidate.score));
  const margin =
    kinds.length === 0
      ? (policy.threshold - bestLeft) / policy.threshold
      : (weakest - bestLeft) / Math.max(weakest, policy.threshold);
  const clearness = 0.5 + 0.5 * clamp(margin, 0, 1);
  const classes = classesOf(mode);
  const heard =
    classes.filter((assetClass) => snapshot.views[assetClass].activity !== null).length +
    (snapshot.tradingKnown ? 1 : 0) +
    (snapshot.healthKnown ? 1 : 0);
  const knowledge = 0.5 + (0.5 * heard) / (classes.length + 2);
  return rounded(0.5 + (success - 0.5) * clearness * knowledge);
}
