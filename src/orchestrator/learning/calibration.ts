// Confidence that means what it says: a logistic model of "this decision keeps its promise", corrected by every outcome,
// and the score of what was said before: Brier, reliability. It must never be sure: it stays within 0.01 and 0.99.
import type { StateReader, Turn } from '../../kernel/agent.ts';
import type { Reliability } from '../../shared/domain/learning-view.ts';
import { dayMs, type EpochMs } from '../../shared/domain/time.ts';
import { readMemory, writeMemory } from '../memory-rows.ts';
import { clamp, rounded } from '../numbers.ts';
import { logit, sigmoid } from './belief.ts';

/** What a prediction is made from; see `inputsOf`. */
export type CalibrationInputs = readonly number[];
export const inputCount = 4;
/** Where it starts: the product of what is known of the tasks and of what is left waiting, tilted by the situation. */
const startCoefficients: readonly number[] = [0, 1, 0.5, -0.5];
/** What a coefficient's start is worth, in observations' information. */
const startPrecision = 8;
const halfLifeMs = 30 * dayMs;
const least = 0.01;
const binCount = 10;
const digits = 5;

interface CalibrationRow {
  readonly at: EpochMs;
  readonly coefficients: readonly number[];
  readonly precisions: readonly number[];
  /** Per tenth of confidence: decisions, sum of what was said, successes; fading. */
  readonly bins: readonly (readonly [number, number, number])[];
  /** Fading sum of squared errors. */
  readonly squared_error: number;
  /** Coefficients put in force by a retraining so far. */
  readonly retrained: number;
}

const fresh: CalibrationRow = {
  at: 0,
  coefficients: startCoefficients,
  precisions: startCoefficients.map(() => startPrecision),
  bins: Array.from({ length: binCount }, () => [0, 0, 0] as const),
  squared_error: 0,
  retrained: 0,
};

/**
 * `taskRate`: probability that all promised tasks keep theirs. `waiting`: expected finds left unseen. `situation`:
 * log odds of success in situations like this against all. `knowledge`: share of the expected reports at hand.
 */
export function inputsOf(
  taskRate: number,
  waiting: number,
  situation: number,
  knowledge: number,
): CalibrationInputs {
  const rate = clamp(taskRate * Math.exp(-Math.max(0, waiting)), least, 1 - least);
  return [1, logit(rate), clamp(situation, -2, 2), clamp(1 - knowledge, 0, 1)].map((x) => rounded(x, 4));
}

/** Probability under these coefficients, within 0.01 and 0.99. */
export function predicted(coefficients: readonly number[], inputs: CalibrationInputs): number {
  let z = 0;
  for (let k = 0; k < inputCount; k += 1) z += (coefficients[k] ?? 0) * (inputs[k] ?? 0);
  return clamp(sigmoid(clamp(z, -8, 8)), least, 1 - least);
}

export class Calibration {
  #row = fresh;
  #unsaved = false;

  restore(state: StateReader): void {
    const row = readMemory(state, 'learning/calibration');
    this.#row = isCalibration(row) ? row : fresh;
    this.#unsaved = false;
  }

  get coefficients(): readonly number[] {
    return this.#row.coefficients;
  }

  get retrained(): number {
    return this.#row.retrained;
  }

  confidenceOf(inputs: CalibrationInputs): number {
    return rounded(predicted(this.#row.coefficients, inputs));
  }

  /** One outcome of a decision that was given `said`: scores what was said, then corrects what will be said. */
  learn(inputs: CalibrationInputs, said: number, success: boolean, now: EpochMs): void {
    const row = this.#row;
    const keep = row.at === 0 ? 1 : 0.5 ** (Math.max(0, now - row.at) / halfLifeMs);
    const outcome = success ? 1 : 0;
    const p = predicted(row.coefficients, inputs);
    const precisions = row.precisions.map((precision, k) =>
      rounded(Math.max(startPrecision, precision * keep) + p * (1 - p) * (inputs[k] ?? 0) ** 2, digits),
    );
    const bin = binOf(said);
    this.#row = {
      at: Math.max(now, row.at),
      coefficients: row.coefficients.map((value, k) =>
        rounded(clamp(value + ((outcome - p) * (inputs[k] ?? 0)) / (precisions[k] ?? 1), -6, 6), digits),
      ),
      precisions,
      bins: row.bins.map(([n, sum, kept], k) =>
        k === bin
          ? ([
              rounded(n * keep + 1, digits),
              rounded(sum * keep + said, digits),
              rounded(kept * keep + outcome, digits),
            ] as const)
          : ([rounded(n * keep, digits), rounded(sum * keep, digits), rounded(kept * keep, digits)] as const),
      ),
      squared_error: rounded(row.squared_error * keep + (said - outcome) ** 2, digits),
      retrained: row.retrained,
    };
    this.#unsaved = true;
  }

  /** Puts refitted coefficients in force; false when they do not fit. */
  replace(coefficients: readonly number[]): boolean {
    if (coefficients.length !== inputCount || !coefficients.every(Number.isFinite)) return false;
    this.#row = {
      ...this.#row,
      coefficients: coefficients.map((value) => rounded(clamp(value, -6, 6), digits)),
      retrained: this.#row.retrained + 1,
    };
    this.#unsaved = true;
    return true;
  }

  get reliability(): Reliability {
    return reliabilityOf(this.#row.bins, this.#row.squared_error);
  }

  save(turn: Turn): void {
    if (this.#unsaved) writeMemory(turn, 'learning/calibration', this.#row);
    this.#unsaved = false;
  }
}

function reliabilityOf(bins: CalibrationRow['bins'], squaredError: number): Reliability {
  let [n, kept, distance] = [0, 0, 0];
  for (const [count, sum, successes] of bins) {
    n += count;
    kept += successes;
    distance += Math.abs(sum - successes);
  }
  const rate = n > 0 ? kept / n : null;
  return {
    decisions: rounded(n, 1),
    brier: n > 0 ? rounded(squaredError / n, 4) : null,
    brier_of_base_rate: rate === null ? null : rounded(rate * (1 - rate), 4),
    base_rate: rate === null ? null : rounded(rate, 4),
    calibration_error: n > 0 ? rounded(distance / n, 4) : null,
    bins: bins.map(([count, sum, successes], k) => ({
      from: k / binCount,
      to: (k + 1) / binCount,
      decisions: rounded(count, 1),
      said: count > 0 ? rounded(sum / count) : null,
      happened: count > 0 ? rounded(successes / count) : null,
    })),
  };
}

/** Tenth of confidence. */
function binOf(said: number): number {
  return Math.min(binCount - 1, Math.max(0, Math.floor(said * binCount)));
}

function isCalibration(value: unknown): value is CalibrationRow {
  const row = value as Partial<CalibrationRow> | null | undefined;
  const { coefficients, precisions, bins } = row ?? {};
  if (!Array.isArray(coefficients) || !Array.isArray(precisions) || !Array.isArray(bins)) return false;
  const numbers: unknown[] = [row?.at, row?.squared_error, row?.retrained, ...coefficients, ...precisions];
  return (
    coefficients.length === inputCount &&
    precisions.length === inputCount &&
    bins.length === binCount &&
    [...numbers, ...bins.flat()].every((one) => typeof one === 'number' && Number.isFinite(one))
  );
}
