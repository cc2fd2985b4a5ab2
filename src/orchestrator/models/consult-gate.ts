// Whether a model could change the choice at all: only then is one asked. It knows nothing of budgets.
import type { DecisionCandidate } from '../../shared/domain/decision.ts';
import { looksOf } from '../looks/look-limits.ts';
import { rounded } from '../numbers.ts';
import { taskCatalogue } from '../task-catalogue.ts';

/** A score within this distance of the threshold, or of its rival in the family, is a close call. */
const closeMargin = 0.1;
/** Bounds of what advice may make of a score. */
export const lowestScale = 0.5;
export const highestScale = 2;

export interface GateInput {
  readonly candidates: readonly DecisionCandidate[];
  readonly threshold: number;
  readonly regime: string;
  /** That of the last consultation; null before any decision. */
  readonly knownRegime: string | null;
}

export interface GateVerdict {
  readonly ask: boolean;
  /** True when only a small margin speaks for asking: the first to be given up when the day's allowance shrinks. */
  readonly marginOnly: boolean;
  readonly reason: string;
}

/** Candidates whose fate advice may change: due, not a safety kind, not asked for by the floor. */
export function openCandidates(candidates: readonly DecisionCandidate[]): DecisionCandidate[] {
  return candidates.filter(
    ({ due, kind, terms, score }) =>
      due && !taskCatalogue[kind].safety && terms.floor === undefined && score > 0,
  );
}

export function mayChangeChoice({ candidates, threshold, ...now }: GateInput): GateVerdict {
  const open = openCandidates(candidates);
  const reachable = open.filter(
    ({ score }) => score * highestScale >= threshold && score * lowestScale < threshold,
  );
  if (reachable.length === 0)
    return no('no choice is open: every candidate is settled whatever a model says');
  const { regime, knownRegime } = now;
  if (knownRegime !== null && knownRegime !== regime)
    return yes(`regime changed from "${knownRegime}" to "${regime}"`, false);
  const closest = closestCall(open, threshold);
  if (closest !== undefined && closest.margin < closeMargin) return yes(closest.text, true);
  return no(closest === undefined ? 'nothing is close' : `clear: ${closest.text}`);
}

function yes(reason: string, marginOnly: boolean): GateVerdict {
  return { ask: true, marginOnly, reason };
}

function no(reason: string): GateVerdict {
  return { ask: false, marginOnly: false, reason };
}

interface Margin {
  readonly margin: number;
  readonly text: string;
}

/** The smallest distance at which the choice would turn: to the threshold, or between the two best of a family. */
function closestCall(open: readonly DecisionCandidate[], threshold: number): Margin | undefined {
  let closest: Margin | undefined;
  const consider = (margin: number, text: string) => {
    if (closest === undefined || margin < closest.margin) closest = { margin, text };
  };
  for (const one of open) {
    const family = looksOf(one.kind);
    const rivals = family === undefined ? [] : open.filter(({ kind }) => looksOf(kind) === family);
    const best = rivals.reduce((left, right) => (right.score > left.score ? right : left), one);
    // A member that its family's best outweighs does not turn at the threshold, only at that rival.
    if (best === one) {
      const margin = Math.abs(one.score - threshold);
      consider(margin, `${one.kind} is ${rounded(margin)} from the threshold`);
    } else if (best.score >= threshold) {
      const margin = best.score - one.score;
      consider(margin, `${one.kind} is ${rounded(margin)} from ${best.kind}`);
    }
  }
  return closest;
}
