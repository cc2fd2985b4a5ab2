// Puts in force what a retraining found, part by part, where it says itself that it is better on what it was not fitted on.
// It must never fit anything, nor judge whether the job was awaited.
import type { JobResult } from '../shared/bus/catalogue.ts';
import type { Refit } from '../shared/domain/refit.ts';
import type { Learning } from './learning/learning.ts';
import type { LookDesk } from './looks/look-desk.ts';

/** Who holds the coefficients that a refit replaces. */
export interface Refittable {
  readonly learning: { readonly calibration: Pick<Learning['calibration'], 'replace'> };
  readonly looks: Pick<LookDesk, 'planner'>;
}

/** What was put in force, as the cause of the decision that follows; undefined when nothing was. */
export function putInForce(end: JobResult, parts: Refittable): string | undefined {
  if (!end.succeeded || end.kind !== 'retrain') return undefined;
  const applied = (end.result.refits ?? []).filter((refit) => apply(refit, parts));
  if (applied.length === 0) return undefined;
  const told = applied.map(
    ({ part, before, after, held_out }) =>
      `${part} (loss ${before} before, ${after} after, on ${held_out} newer examples)`,
  );
  return `Retrained by ${end.task_id}, better on what it was not fitted on: ${told.join(', ')}`;
}

function apply({ part, coefficients, before, after }: Refit, { learning, looks }: Refittable): boolean {
  if (!(after < before)) return false;
  if (part === 'confidence') return learning.calibration.replace(coefficients);
  return looks.planner(part)?.refit(coefficients) ?? false;
}
