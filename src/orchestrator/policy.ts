// The policy of this version: named terms for one kind, simple and deterministic. Later policies replace this file
// behind the same interface; it stays as their fallback and baseline. It must never break a floor or a limit: it cannot.
import { isChore, type TaskKind } from '../shared/domain/task.ts';
import type { LearnedTerms } from './learning/insight.ts';
import { clamp, rounded } from './numbers.ts';
import type { Snapshot } from './snapshot.ts';
import { taskCatalogue } from './task-catalogue.ts';

interface PolicyView {
  readonly kind: TaskKind;
  readonly snapshot: Snapshot;
  /** Time since the last look of the kind or its family; null when there was none. */
  readonly ageMs: number | null;
  /** Best expected gain over its price among the symbols it could look at; null when it does not choose among symbols. */
  readonly worth: number | null;
  /** What past outcomes say for or against the kind here; bounded, and nothing for a safety kind. */
  readonly learned: LearnedTerms;
}

export interface Policy {
  readonly version: string;
  /** A candidate whose terms sum to less than this is left for later. */
  readonly threshold: number;
  /** Named terms whose sum is the score; small finite numbers. */
  terms(view: PolicyView): Record<string, number>;
}

/** A kind never seen, or long overdue, is as urgent as this many base intervals. */
const maxUrgency = 1.5;

export const rulePolicy: Policy = {
  version: 'rules-3',
  threshold: 0.9,
  terms({ kind, snapshot, ageMs, worth, learned }) {
    const entry = taskCatalogue[kind];
    const age = urgencyOf(kind, ageMs);
    // Where the intensity scheduler speaks, being asked at all means that some symbol is worth its price.
    const terms: Record<string, number> =
      worth === null ? { urgency: rounded(age) } : { worth: rounded(clamp(worth, 1, maxUrgency)) };
    add(terms, 'activity', activityTerm(kind, snapshot));
    if (entry.safety) add(terms, 'incidents', incidentTerm(snapshot));
    else if (kind === 'heal') add(terms, 'incidents', snapshot.openIncidents > 0 ? 1 : 0);
    else add(terms, 'load', -2 * entry.cost * Math.max(0, snapshot.systemLoad - 0.5));
    add(terms, 'learned', learned.learned);
    add(terms, 'variant', learned.variant);
    add(terms, 'memory', learned.memory);
    return terms;
  },
};

/** A look never made is urgent; a job has nothing to work on at first, and healing waits for something to heal. */
function urgencyOf(kind: TaskKind, ageMs: number | null): number {
  if (kind === 'heal' || (isChore(kind) && ageMs === null)) return 0;
  if (ageMs === null) return maxUrgency;
  return Math.min(maxUrgency, ageMs / taskCatalogue[kind].baseIntervalMs);
}

function add(terms: Record<string, number>, name: string, value: number): void {
  const term = rounded(value);
  if (term !== 0) terms[name] = term;
}

/** Activity is volatility now over its own normal; an unknown one counts as normal. */
function activityTerm(kind: TaskKind, { views }: Snapshot): number {
  const crypto = views.crypto.activity ?? 1;
  const forex = views.forex.activity ?? 1;
  switch (kind) {
    case 'crypto-aggressive-scan':
      return clamp(1.5 * (crypto - 1.6), -1, 0.6);
    case 'crypto-normal-scan':
      return crypto < 0.8 ? clamp(2 * (crypto - 0.8), -0.6, 0) : -clamp(0.5 * (crypto - 1.6), 0, 0.5);
    case 'crypto-light-monitoring':
      return clamp(0.75 - crypto, -0.9, 0.3);
    case 'forex-london-session':
    case 'forex-newyork-session':
    case 'forex-asia-session':
      return clamp(0.4 * (forex - 1), -0.2, 0.4);
    case 'deep-market-analysis':
      return clamp(0.2 * (Math.max(crypto, forex) - 1), 0, 0.3);
    case 'health-monitor-check':
    case 'heal':
    case 'probe-round':
    case 'record':
    case 'backtest':
    case 'report':
    case 'retrain':
      return 0;
  }
}

function incidentTerm({ criticalIncidents, openIncidents }: Snapshot): number {
  return criticalIncidents > 0 ? 1 : 0.2 * Math.min(openIncidents, 2);
}
