// How many runs a family of fixed schedules needs for the value a candidate reached, against what it used.
import { weightedSum } from './bootstrap.ts';
import type { DayScores } from './poll-log.ts';

/**
 * Interpolates between the family's members; a value beyond all of them counts as their last. Returns the runs
 * needed divided by the runs used.
 */
export function runRatio(candidate: DayScores, family: readonly DayScores[], weights: Float64Array): number {
  const reached = weightedSum(candidate.captured, weights);
  const used = weightedSum(candidate.polls, weights);
  const points = family
    .map((member) => ({
      polls: weightedSum(member.polls, weights),
      captured: weightedSum(member.captured, weights),
    }))
    .sort((left, right) => left.polls - right.polls);
  let before = { polls: 0, captured: 0 };
  for (const point of points) {
    if (point.captured >= reached) {
      const gained = point.captured - before.captured;
      const share = gained > 0 ? (reached - before.captured) / gained : 1;
      return (before.polls + Math.max(0, share) * (point.polls - before.polls)) / used;
    }
    if (point.captured > before.captured) before = point;
  }
  return before.polls / used;
}
