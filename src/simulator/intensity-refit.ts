// Refits the look scheduler's coefficients on recorded candles: Poisson regression drawn to those in force, on the examples
// that the production scheduler's own looks bring, judged on the newest part, which it was not fitted on.
import { feature, featureCount, type IntensityPrior } from '../orchestrator/intensity/features.ts';
import { findForBars } from '../orchestrator/intensity/intensity-settings.ts';
import { shippedPrior } from '../orchestrator/intensity/prior-coefficients.ts';
import { certainlyLower } from '../orchestrator/learning/refit-confidence.ts';
import type { Refit } from '../shared/domain/refit.ts';
import { dayMs, minuteMs } from '../shared/domain/time.ts';
import { runCandidate } from './cron-benchmark/candidate.ts';
import type { Panel } from './cron-benchmark/panel.ts';

const fittedShare = 0.7;
/** Mean periods of looks whose examples are used: about what the running system does, and sparser. */
const periodsMs = [10 * minuteMs, 30 * minuteMs, 60 * minuteMs];
const leastFinds = 60;
const leastHeldOutFinds = 20;
/** What the coefficients in force are worth, in finds. */
const pull = 20;
const newtonSteps = 12;
const maxCoefficient = 20;

interface Example {
  readonly x: Float64Array;
  readonly value: number;
  readonly weight: number;
}

export interface IntensityRefit {
  readonly finds: number;
  /** Undefined when there are too few finds, or the refit is not better by more than one standard error. */
  readonly refit: Refit | undefined;
  readonly reason: string;
}

/** `inForce`: coefficients that the refit starts from and is compared with; the shipped ones when not given. */
export function refitIntensity(
  panel: Panel,
  part: 'crypto' | 'forex',
  inForce: readonly number[] = shippedPrior.coefficients,
): IntensityRefit {
  if (inForce.length !== featureCount || !inForce.every(Number.isFinite))
    throw new RangeError(`${featureCount} finite coefficients are needed`);
  const find = findForBars(panel.barMs);
  const prior = { ...shippedPrior, coefficients: inForce };
  const warmUp = Math.min(Math.floor(panel.bars / 4), Math.round((3 * dayMs) / panel.barMs));
  const cut = warmUp + Math.floor((panel.bars - warmUp) * fittedShare);
  const old = examplesOf(panel, find, prior, warmUp, cut);
  const held = examplesOf(panel, find, prior, cut, panel.bars);
  const finds = countFinds(old);
  const none = (reason: string): IntensityRefit => ({ finds, refit: undefined, reason });
  if (finds < leastFinds || countFinds(held) < leastHeldOutFinds)
    return none(
      `${finds} finds to fit on and ${countFinds(held)} to judge by, at least ${leastFinds} and ${leastHeldOutFinds} are needed`,
    );
  const baseRate = 1.2 / (48 * (find.tauMs / find.barMs));
  const coefficients = fitted(old, inForce, baseRate);
  const lossUnder = (beta: readonly number[]) => held.map((one) => lossOf(one, beta, baseRate));
  const [before, after] = [lossUnder(inForce), lossUnder(coefficients)];
  const mass = held.reduce((sum, { weight }) => sum + weight, 0);
  const total = (losses: readonly number[]) => losses.reduce((sum, loss) => sum + loss, 0) / mass;
  if (!certainlyLower(before, after, Math.ceil(held.length / 20)))
    return none(
      `not certainly better on ${held.length} newer examples: ${total(before)} before, ${total(after)} after`,
    );
  const refit = {
    part,
    coefficients,
    fitted_on: old.length,
    held_out: held.length,
    before: Number(total(before).toFixed(8)),
    after: Number(total(after).toFixed(8)),
  };
  return { finds, refit, reason: `better on ${held.length} newer examples` };
}

function countFinds(examples: readonly Example[]): number {
  return examples.filter(({ value }) => value > 0).length;
}

function examplesOf(
  panel: Panel,
  find: ReturnType<typeof findForBars>,
  prior: IntensityPrior,
  from: number,
  to: number,
): Example[] {
  return periodsMs.flatMap((periodMs) => {
    const examples: Example[] = [];
    const onExample = (x: Float64Array, value: number, weight: number) =>
      examples.push({ x: Float64Array.from(x), value, weight });
    runCandidate({ panel, find, periodMs, from, to, prior, learning: false, onExample });
    return examples;
  });
}

function logIntensity(x: Float64Array, beta: readonly number[]): number {
  let sum = 0;
  for (let q = 0; q < featureCount; q += 1) sum += (beta[q] ?? 0) * (x[q] as number);
  return Math.max(-8, Math.min(8, sum));
}

/** Negative Poisson log likelihood, without what no coefficient changes. */
function lossOf({ x, value, weight }: Example, beta: readonly number[], baseRate: number): number {
  const log = logIntensity(x, beta);
  return weight * (Math.min(1, baseRate * Math.exp(log)) - value * log);
}

/** Newton steps, one coefficient after the other: never a singular matrix. */
function fitted(examples: readonly Example[], start: readonly number[], baseRate: number): number[] {
  const beta = [...start];
  for (let step = 0; step < newtonSteps; step += 1)
    for (let q = 0; q < featureCount; q += 1) {
      // Advice is rare and has bounds of its own: it is learnt online only.
      if (q === feature.advice) continue;
      const begin = start[q] ?? 0;
      let gradient = pull * (begin - (beta[q] ?? 0));
      let curvature = pull;
      for (const { x, value, weight } of examples) {
        const xq = x[q] as number;
        if (xq === 0) continue;
        const rate = Math.min(1, baseRate * Math.exp(logIntensity(x, beta)));
        gradient += weight * (value - rate) * xq;
        curvature += weight * rate * xq * xq;
      }
      const moved = (beta[q] ?? 0) + Math.max(-0.5, Math.min(0.5, gradient / curvature));
      beta[q] = Math.max(-maxCoefficient, Math.min(maxCoefficient, moved));
    }
  return beta.map((value) => Number(value.toFixed(5)) + 0);
}
