// Refits the confidence's coefficients on past decisions: Newton steps of a logistic regression drawn to those in force, judged
// on the newest decisions, which it was not fitted on. Pure arithmetic.
import type { Refit } from '../../shared/domain/refit.ts';
import { rounded } from '../numbers.ts';
import { type CalibrationInputs, inputCount, predicted } from './calibration.ts';

/** Share of the decisions, the oldest ones, that it is fitted on. */
const fittedShare = 0.7;
const leastDecisions = 200;
/** What the coefficients in force are worth, in observations' information. */
const pull = 10;
const newtonSteps = 20;
/** Held-out decisions are compared in runs of this many: neighbours are alike. */
const blockSize = 20;

/** One decision, oldest first. */
export interface ConfidenceExample {
  readonly inputs: CalibrationInputs;
  readonly success: boolean;
}

/** Undefined when there is too little to judge by, or the refit is not better by more than one standard error. */
export function refitConfidence(
  examples: readonly ConfidenceExample[],
  inForce: readonly number[],
): Refit | undefined {
  if (examples.length < leastDecisions) return undefined;
  const cut = Math.floor(examples.length * fittedShare);
  const coefficients = fitted(examples.slice(0, cut), inForce);
  const held = examples.slice(cut);
  const before = held.map((one) => lossOf(one, inForce));
  const after = held.map((one) => lossOf(one, coefficients));
  if (!certainlyLower(before, after, blockSize)) return undefined;
  return {
    part: 'confidence',
    coefficients,
    fitted_on: cut,
    held_out: held.length,
    before: rounded(mean(before), 5),
    after: rounded(mean(after), 5),
  };
}

/** True when the mean of `after` is lower by more than one standard error, both cut into blocks of neighbours. */
export function certainlyLower(before: readonly number[], after: readonly number[], size: number): boolean {
  const gains: number[] = [];
  for (let start = 0; start + size <= before.length; start += size)
    gains.push(mean(before.slice(start, start + size)) - mean(after.slice(start, start + size)));
  if (gains.length < 3) return false;
  const gain = mean(gains);
  const variance = gains.reduce((sum, one) => sum + (one - gain) ** 2, 0) / (gains.length - 1);
  return gain > Math.sqrt(variance / gains.length);
}

function lossOf({ inputs, success }: ConfidenceExample, coefficients: readonly number[]): number {
  const p = predicted(coefficients, inputs);
  return -Math.log(success ? p : 1 - p);
}

function fitted(examples: readonly ConfidenceExample[], start: readonly number[]): number[] {
  const beta = [...start];
  for (let step = 0; step < newtonSteps; step += 1) {
    // One coefficient after the other: few of them, and never a singular matrix.
    for (let k = 0; k < inputCount; k += 1) {
      let gradient = pull * ((start[k] ?? 0) - (beta[k] ?? 0));
      let curvature = pull;
      for (const { inputs, success } of examples) {
        const p = predicted(beta, inputs);
        const x = inputs[k] ?? 0;
        gradient += ((success ? 1 : 0) - p) * x;
        curvature += p * (1 - p) * x * x;
      }
      beta[k] = (beta[k] ?? 0) + Math.max(-1, Math.min(1, gradient / curvature));
    }
  }
  return beta.map((value) => rounded(value, 5));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
