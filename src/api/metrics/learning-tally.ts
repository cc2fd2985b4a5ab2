// Counts what learning says of itself: how good confidence was, what hindsight found and missed, and which way of looking was
// chosen because of what was learnt. Read from committed messages; it must never ask the orchestrator.
import type { AnyMessage } from '../../shared/bus/message.ts';
import type { Decision, DecisionCandidate, DecisionScore } from '../../shared/domain/decision.ts';
import { taskKinds } from '../../shared/domain/task.ts';
import { dayMs, type EpochMs } from '../../shared/domain/time.ts';
import { LabelCounts } from './label-counts.ts';

/** Scores that the calibration is measured over: about two days of decisions every five minutes. */
const maxScores = 512;
/** Beginnings of the names of kinds that look at one market. */
const markets: readonly string[] = ['crypto', 'forex'];
/** Terms of a candidate's score that come from what was learnt. */
const learntTerms = ['learned', 'variant', 'memory'] as const;

interface Scored {
  readonly at: EpochMs;
  readonly said: number;
  readonly came: number;
  readonly net: number;
}

export class LearningTally {
  readonly choices = new LabelCounts(
    taskKinds.flatMap((kind) => ['policy', 'learning'].map((by) => ({ kind, by }))),
  );
  readonly worth = new LabelCounts(['found', 'missed', 'paid'].map((part) => ({ part })));
  readonly signals = new LabelCounts(['right', 'wrong', 'unknown'].map((outcome) => ({ outcome })));
  readonly #scores: Scored[] = [];

  observe(message: AnyMessage): void {
    if (message.message_type === 'decision') this.#chosen(message.data);
    else if (message.message_type === 'decision.scored') this.#scored(message.data);
  }

  /** Mean squared error of the confidence of the newest scored decisions; null before the first. */
  get brier(): number | null {
    return this.#mean(({ said, came }) => (said - came) ** 2);
  }

  /** The same of always saying the share of successes. */
  get brierOfBaseRate(): number | null {
    const rate = this.#mean(({ came }) => came);
    return rate === null ? null : rate * (1 - rate);
  }

  /** Found less missed less paid of the decisions scored within a day before the newest score; null before the first. */
  get netOfDay(): number | null {
    const newest = this.#scores.at(-1)?.at;
    if (newest === undefined) return null;
    return this.#scores.reduce((sum, { at, net }) => sum + (at > newest - dayMs ? net : 0), 0);
  }

  #mean(of: (scored: Scored) => number): number | null {
    if (this.#scores.length === 0) return null;
    return this.#scores.reduce((sum, scored) => sum + of(scored), 0) / this.#scores.length;
  }

  #scored({ confidence, outcome }: DecisionScore): void {
    const { scored_at, successful, net = 0, opportunities, cost, signals } = outcome;
    this.#scores.push({ at: scored_at, said: confidence, came: Number(successful), net });
    if (this.#scores.length > maxScores) this.#scores.shift();
    this.worth.add({ part: 'found' }, opportunities?.found_value ?? 0);
    this.worth.add({ part: 'missed' }, opportunities?.missed_value ?? 0);
    this.worth.add({ part: 'paid' }, cost?.paid ?? 0);
    for (const word of ['right', 'wrong', 'unknown'] as const)
      this.signals.add({ outcome: word }, signals?.[word] ?? 0);
  }

  #chosen({ candidates }: Decision): void {
    for (const candidate of candidates) {
      if (!candidate.chosen || !markets.includes(marketOf(candidate))) continue;
      const rivals = candidates.filter((other) => other.due && marketOf(other) === marketOf(candidate));
      const first = rivals.every((rival) => withoutLearnt(rival) <= withoutLearnt(candidate));
      this.choices.add({ kind: candidate.kind, by: first ? 'policy' : 'learning' });
    }
  }
}

function withoutLearnt({ score, terms }: DecisionCandidate): number {
  return score - learntTerms.reduce((sum, name) => sum + (terms[name] ?? 0), 0);
}

/** Ways of looking at one market share the beginning of their names. */
function marketOf({ kind }: DecisionCandidate): string {
  return kind.slice(0, kind.indexOf('-'));
}
