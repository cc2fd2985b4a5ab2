// What counts say and how sure they are: posterior means and credible intervals of a rate (Beta) and of a mean (Student t).
// Pure functions of weighted counts; they must never return a number outside of its range, nor one that is not finite.

/** Probability that a credible interval leaves out, both sides together. */
const outside = 0.1;
const maxSteps = 60;

/** A rate or a mean with its 90 % credible interval; `weight` is what it rests on, after forgetting. */
export interface Belief {
  readonly mean: number;
  readonly lo: number;
  readonly hi: number;
  readonly weight: number;
}

/** The prior of a rate in pseudo-counts: uniform. */
const uniformPrior = { successes: 1, trials: 2 } as const;

/** Posterior mean of a rate under the uniform prior; fractional counts are allowed. */
export function rateMean(successes: number, trials: number): number {
  return (successes + uniformPrior.successes) / (trials + uniformPrior.trials);
}

/** Posterior of a rate under the uniform prior: Beta(successes + 1, failures + 1). */
export function rateBelief(successes: number, trials: number): Belief {
  const weight = Math.max(0, trials);
  const a = Math.min(weight, Math.max(0, successes)) + uniformPrior.successes;
  const b = weight - (a - uniformPrior.successes) + 1;
  return {
    mean: a / (a + b),
    lo: betaQuantile(outside / 2, a, b),
    hi: betaQuantile(1 - outside / 2, a, b),
    weight,
  };
}

/** Worth of one pseudo-observation at zero, so that few numbers never claim to be sure. */
const meanPrior = { weight: 1, variance: 0.25 } as const;

/**
 * Posterior of a mean from weighted sums under a Normal-inverse-gamma prior around zero (one pseudo-observation of
 * variance 0.25): Student t. `weight` counts observations, `sum` and `squares` are theirs.
 */
export function meanBelief(weight: number, sum: number, squares: number): Belief {
  const n = Math.max(0, weight);
  const total = n + meanPrior.weight;
  const mean = sum / total;
  const scatter = Math.max(0, squares - total * mean * mean) + meanPrior.variance;
  const freedom = total;
  const half = tQuantile(1 - outside / 2, freedom) * Math.sqrt(scatter / freedom / total);
  return { mean, lo: mean - half, hi: mean + half, weight: n };
}

/** Quantile of Beta(a, b) by bisection; a, b > 0, 0 < p < 1. */
export function betaQuantile(p: number, a: number, b: number): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < maxSteps; step += 1) {
    const middle = (low + high) / 2;
    if (betaShare(middle, a, b) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Quantile of Student's t above one half, from Beta: t^2 / (t^2 + f) is Beta(1/2, f/2). */
function tQuantile(p: number, freedom: number): number {
  const x = betaQuantile(2 * p - 1, 0.5, freedom / 2);
  return Math.sqrt((freedom * x) / Math.max(1e-12, 1 - x));
}

/** Regularised incomplete beta function, by its continued fraction (DLMF 8.17.22), evaluated with Lentz's method. */
export function betaShare(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2)
    ? (front * continuedFraction(x, a, b)) / a
    : 1 - (front * continuedFraction(1 - x, b, a)) / b;
}

const tiny = 1e-300;

function continuedFraction(x: number, a: number, b: number): number {
  const away = (value: number) => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; m <= 300; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    const factor = d * c;
    h *= factor;
    if (Math.abs(factor - 1) < 1e-12) break;
  }
  return h;
}

/** Stirling's series after shifting the argument above 8 (DLMF 5.11.1); x > 0. */
function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  while (z < 8) {
    shift -= Math.log(z);
    z += 1;
  }
  const r = 1 / (z * z);
  const series = (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r / 1680))) / z;
  return shift + (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series;
}

export function logit(p: number): number {
  return Math.log(p / (1 - p));
}

export function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}
