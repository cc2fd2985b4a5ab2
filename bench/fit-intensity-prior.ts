// Fits the intensity prior on recorded candles by Poisson regression and writes src/orchestrator/intensity/prior-coefficients.ts.
// Usage: node bench/fit-intensity-prior.ts PATH[,PATH] [from] [to] [rounds]. Examples come from the scheduler's own polls.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { IntensityPrior } from '../src/orchestrator/intensity/features.ts';
import { adviceBounds, feature, featureCount } from '../src/orchestrator/intensity/features.ts';
import { defaultFind } from '../src/orchestrator/intensity/intensity-settings.ts';
import { shippedPrior } from '../src/orchestrator/intensity/prior-coefficients.ts';
import { readBenchmarkData } from '../src/runtime/bench/bench-cron-data.ts';
import { minuteMs } from '../src/shared/domain/time.ts';
import { runCandidate } from '../src/simulator/cron-benchmark/candidate.ts';
import { findsOf } from '../src/simulator/cron-benchmark/finds.ts';
import type { Panel } from '../src/simulator/cron-benchmark/panel.ts';
import { scorePolls } from '../src/simulator/cron-benchmark/poll-log.ts';

const periodsMin = [240, 120, 60, 30];
/** Whole market, and the few-symbol worlds that need the same coefficients. */
const groupSizes = [Number.POSITIVE_INFINITY, 12, 5];
const ridge = 20;
const newtonSteps = 12;
const baseRate = 1.2 / 288;

const [paths = '', from = '2024-01-01', to = '2024-05-01', rounds = '3'] = process.argv.slice(2);
const { panel } = await readBenchmarkData(paths.split(','), { from: Date.parse(from), to: Date.parse(to) });
const find = { ...defaultFind, barMs: panel.barMs };
const start = Math.round((7 * 24 * 60 * minuteMs) / panel.barMs);

/** Sums of one Newton step of the Poisson log likelihood, and the means of the features. */
interface Examples {
  rows: Float32Array;
  count: number;
}

function subPanel(symbols: readonly number[]): Panel {
  return {
    ...panel,
    symbols: symbols.map((k) => panel.symbols[k] as string),
    close: symbols.map((k) => panel.close[k] as Float64Array),
    volume: symbols.map((k) => panel.volume[k] as Float64Array),
  };
}

function groups(): Panel[] {
  const all = panel.symbols.map((_, k) => k);
  return groupSizes.flatMap((size) => {
    if (size >= all.length) return [panel];
    const parts: Panel[] = [];
    // Every n-th symbol, so that a group is not one letter of the alphabet; two groups of each size.
    for (let part = 0; part < 2; part += 1)
      parts.push(subPanel(all.filter((k) => (k * 7 + part * 3) % all.length < size)));
    return parts;
  });
}

const width = featureCount + 2;

function collect(prior: IntensityPrior): Examples {
  const examples: Examples = { rows: new Float32Array(width * 1_000_000), count: 0 };
  for (const world of groups())
    for (const minutes of periodsMin)
      runCandidate({
        panel: world,
        find,
        periodMs: minutes * minuteMs,
        from: start,
        to: panel.bars,
        prior,
        learning: false,
        onExample: (x, value, weight) => {
          if ((examples.count + 1) * width > examples.rows.length) {
            const grown = new Float32Array(examples.rows.length * 2);
            grown.set(examples.rows);
            examples.rows = grown;
          }
          examples.rows.set(x, examples.count * width);
          examples.rows[examples.count * width + featureCount] = value;
          // Worlds of few symbols weigh as much as the whole market.
          examples.rows[examples.count * width + featureCount + 1] =
            (weight * panel.symbols.length) / world.symbols.length;
          examples.count += 1;
        },
      });
  return examples;
}

/** Solves A x = b by Gauss-Jordan with pivoting; A is overwritten. */
function solve(a: Float64Array[], b: Float64Array): Float64Array {
  const n = b.length;
  for (let column = 0; column < n; column += 1) {
    let pivot = column;
    for (let row = column + 1; row < n; row += 1)
      if (Math.abs(a[row]?.[column] ?? 0) > Math.abs(a[pivot]?.[column] ?? 0)) pivot = row;
    [a[column], a[pivot]] = [a[pivot] as Float64Array, a[column] as Float64Array];
    [b[column], b[pivot]] = [b[pivot] as number, b[column] as number];
    const top = a[column] as Float64Array;
    for (let row = 0; row < n; row += 1) {
      if (row === column) continue;
      const line = a[row] as Float64Array;
      const factor = (line[column] as number) / (top[column] as number);
      for (let k = column; k < n; k += 1) line[k] = (line[k] as number) - factor * (top[k] as number);
      b[row] = (b[row] as number) - factor * (b[column] as number);
    }
  }
  return Float64Array.from(b, (value, k) => value / (a[k]?.[k] ?? 1));
}

function fitted(examples: Examples, first: readonly number[]): IntensityPrior {
  let beta = Float64Array.from(first);
  const means = new Float64Array(featureCount);
  for (let step = 0; step < newtonSteps; step += 1) {
    const gradient = new Float64Array(featureCount);
    const hessian = Array.from({ length: featureCount }, () => new Float64Array(featureCount));
    let deviance = 0;
    let mass = 0;
    means.fill(0);
    for (let e = 0; e < examples.count; e += 1) {
      const row = examples.rows.subarray(e * width, (e + 1) * width);
      const value = row[featureCount] as number;
      const weight = row[featureCount + 1] as number;
      let log = 0;
      for (let q = 0; q < featureCount; q += 1) log += (beta[q] as number) * (row[q] as number);
      const rate = Math.min(2, baseRate * Math.exp(Math.min(7, log)));
      deviance += weight * (rate - value * log);
      mass += weight;
      for (let q = 0; q < featureCount; q += 1) {
        const x = row[q] as number;
        means[q] = (means[q] as number) + weight * x;
        if (x === 0) continue;
        gradient[q] = (gradient[q] as number) + weight * (value - rate) * x;
        const line = hessian[q] as Float64Array;
        for (let p = 0; p <= q; p += 1)
          line[p] = (line[p] as number) + weight * rate * x * (row[p] as number);
      }
    }
    for (let q = 0; q < featureCount; q += 1) {
      means[q] = (means[q] as number) / mass;
      for (let p = 0; p < q; p += 1)
        (hessian[p] as Float64Array)[q] = (hessian[q] as Float64Array)[p] as number;
      (hessian[q] as Float64Array)[q] = ((hessian[q] as Float64Array)[q] as number) + ridge;
      gradient[q] = (gradient[q] as number) - ridge * (beta[q] as number) * (q === 0 ? 0 : 1);
    }
    const move = solve(hessian, gradient);
    beta = beta.map((value, q) => value + Math.max(-1, Math.min(1, move[q] as number)));
    beta[feature.advice] = adviceBounds.start;
    process.stderr.write(`  step ${step}: loss per find-bar ${(deviance / mass).toFixed(6)}\n`);
    if (move.every((value, q) => q === feature.advice || Math.abs(value) < 1e-3)) break;
  }
  const round = (value: number) => Number(value.toFixed(4)) + 0;
  return {
    name: `crypto 5m ${from}..${to}`,
    coefficients: Array.from(beta, round),
    means: Array.from(means, round),
  };
}

function report(prior: IntensityPrior): void {
  const finds = findsOf(panel, find).filter((one) => one.bar >= start);
  for (const minutes of periodsMin) {
    const run = runCandidate({
      panel,
      find,
      periodMs: minutes * minuteMs,
      from: start,
      to: panel.bars,
      prior,
    });
    const world = {
      symbols: panel.symbols.length,
      from: start,
      to: panel.bars,
      barMs: panel.barMs,
      tauBars: find.tauMs / panel.barMs,
      finds,
      barsPerDay: (24 * 60 * minuteMs) / panel.barMs,
    };
    process.stderr.write(`  P ${minutes}: ${scorePolls(world, run.log).value.toFixed(4)}\n`);
  }
}

let prior: IntensityPrior = shippedPrior;
for (let round = 0; round < Number(rounds); round += 1) {
  const examples = collect(prior);
  process.stderr.write(`round ${round}: ${examples.count} examples\n`);
  prior = fitted(examples, prior.coefficients);
  report(prior);
}
const target = path.join(import.meta.dirname, '../src/orchestrator/intensity/prior-coefficients.ts');
const list = (values: readonly number[]) => values.map((value) => `    ${value},`).join('\n');
writeFileSync(
  target,
  `// The shipped prior, written by bench/fit-intensity-prior.ts. Do not edit by hand.
import type { IntensityPrior } from './features.ts';

export const shippedPrior: IntensityPrior = {
  name: '${prior.name}',
  // Order: features.ts.
  coefficients: [
${list(prior.coefficients)}
  ],
  means: [
${list(prior.means)}
  ],
};
`,
);
