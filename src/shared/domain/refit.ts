// What a retraining found: coefficients that predict better on what they were not fitted on. The orchestrator decides whether
// they are put in force; it must never believe a refit that says itself that it is not better.

export const refitParts = ['confidence', 'crypto', 'forex'] as const;
/** `confidence`: of decisions. `crypto`, `forex`: the look scheduler's intensity of that class. */
export type RefitPart = (typeof refitParts)[number];

export interface Refit {
  readonly part: RefitPart;
  readonly coefficients: readonly number[];
  /** Examples it was fitted on, and newer ones that judged it. */
  readonly fitted_on: number;
  readonly held_out: number;
  /** Mean loss on the held-out part of what was in force and of the refit; lower is better. */
  readonly before: number;
  readonly after: number;
}

/** Coefficients of any part. */
export const maxRefitCoefficients = 64;
