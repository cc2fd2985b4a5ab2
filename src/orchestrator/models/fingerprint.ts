// When two snapshots are equal for a model: what it could reason about, in steps too small to change an answer.
import type { DecisionCandidate } from '../../shared/domain/decision.ts';
import { rounded } from '../numbers.ts';
import { assetClasses, type Snapshot } from '../snapshot.ts';
import { openCandidates } from './consult-gate.ts';

const scoreDigits = 1;

/** Plain text, so that a person can see in what two situations differ. */
export function fingerprintOf(
  snapshot: Snapshot,
  regime: string,
  candidates: readonly DecisionCandidate[],
): string {
  const activity = assetClasses.map((name) => {
    const now = snapshot.views[name].activity;
    return `${name} ${now === null || now <= 0 ? 'none' : Math.round(Math.log2(now) * 4)}`;
  });
  const open = openCandidates(candidates).map(
    ({ kind, score, terms, chosen }) =>
      `${kind} ${rounded(score - learnedPart(terms), scoreDigits)}${chosen ? ' runs' : ''}`,
  );
  return [
    regime,
    ...activity,
    `sessions ${snapshot.sessions.join(' ')}`,
    `load ${rounded(snapshot.systemLoad, 1)}`,
    `incidents ${Math.min(3, snapshot.openIncidents)} ${Math.min(3, snapshot.criticalIncidents)}`,
    `positions ${Math.min(5, snapshot.openPositions)}`,
    `drawdown ${Math.round(snapshot.drawdownPct)}`,
    ...open,
  ].join('|');
}

/** What past outcomes add moves a little with every one of them: it does not make a situation another one. */
function learnedPart({ learned = 0, variant = 0, memory = 0 }: Readonly<Record<string, number>>): number {
  return learned + variant + memory;
}
