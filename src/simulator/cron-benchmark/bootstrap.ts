// Intervals by redrawing whole days, both sides together: finds cluster too much to redraw them one by one.
import type { Random } from '../../shared/ports/random.ts';

export interface Interval {
  readonly value: number;
  /** Bounds of the central 95 %. */
  readonly lo: number;
  readonly hi: number;
}

/** `statistic` gets how often each day was drawn; the value itself uses every day once. */
export function dayBootstrap(
  days: number,
  draws: number,
  random: Random,
  statistic: (weights: Float64Array) => number,
): Interval {
  const value = statistic(new Float64Array(days).fill(1));
  const drawn: number[] = [];
  const weights = new Float64Array(days);
  for (let draw = 0; draw < draws; draw += 1) {
    weights.fill(0);
    for (let k = 0; k < days; k += 1) {
      const day = Math.floor(random.next() * days);
      weights[day] = (weights[day] as number) + 1;
    }
    const one = statistic(weights);
    if (Number.isFinite(one)) drawn.push(one);
  }
  drawn.sort((left, right) => left - right);
  const quantile = (share: number) =>
    drawn[Math.min(drawn.length - 1, Math.floor(share * drawn.length))] ?? value;
  return { value, lo: quantile(0.025), hi: quantile(0.975) };
}

export function weightedSum(values: Float64Array, weights: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < values.length; k += 1) sum += (values[k] as number) * (weights[k] as number);
  return sum;
}
