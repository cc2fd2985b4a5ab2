// What is normal for each metric: medians and spreads of short windows, smoothed over windows.
// Judging uses only folded windows, which are durable; a restart loses at most the window being filled.
import { type EpochMs, minuteMs } from '../shared/domain/time.ts';
import type { BaselineState, MetricBaseline } from './memory.ts';

const windowMs = 5 * minuteMs;
const minWindowSamples = 12;
const maxWindowSamples = 120;
/** Weight of a new window; an unusual one counts less, so a fault does not become normal within the hour. */
const windowWeight = 0.2;
const unusualWindowWeight = 0.02;
const warmWindows = 3;
/** Distance from the centre, in robust standard deviations, that counts as far. */
const anomalyDistance = 8;
/** Median absolute deviation of a normal distribution times this is its standard deviation. */
const normalConsistency = 1.4826;
const maxHeapFloors = 12;
const leakWindows = 6;
const leakGrowthFactor = 1.5;
const leakGrowthBytes = 64_000_000;

export interface MetricRule {
  readonly name: string;
  readonly unit: string;
  /** Smallest spread believed, absolute and as a share of the centre: quiet metrics must not alarm at a whisper. */
  readonly minScale: number;
  readonly minScaleShare: number;
}

/** Metrics with a baseline; only excess is unusual, never calm. */
export const metricRules = [
  { name: 'event_loop_delay_p99', unit: 'ms', minScale: 5, minScaleShare: 0.25 },
  { name: 'cpu_load', unit: 'cores', minScale: 0.05, minScaleShare: 0.1 },
  { name: 'resident_memory', unit: 'MB', minScale: 20, minScaleShare: 0.05 },
  { name: 'inbox_depth', unit: 'inputs', minScale: 50, minScaleShare: 0.5 },
] as const satisfies readonly MetricRule[];
type MetricName = (typeof metricRules)[number]['name'];
export type MetricSample = Readonly<Record<MetricName, number>>;

const emptyBaseline: BaselineState = { metrics: {}, heap_floors: [] };

export class Baselines {
  #state: BaselineState = emptyBaseline;
  #window: MetricSample[] = [];
  #windowFrom: EpochMs | undefined;
  #heapFloor = Number.POSITIVE_INFINITY;
  #unusual = false;

  restore(state: BaselineState | undefined): void {
    this.#state = state ?? emptyBaseline;
  }

  /** Adds one sample; returns the new state when a window was folded and must be made durable. */
  add(sample: MetricSample, heapUsedBytes: number, at: EpochMs): BaselineState | undefined {
    this.#windowFrom ??= at;
    if (this.#window.length < maxWindowSamples) this.#window.push(sample);
    this.#heapFloor = Math.min(this.#heapFloor, heapUsedBytes);
    if (metricRules.some((rule) => this.anomaly(rule, sample[rule.name]) !== undefined)) this.#unusual = true;
    if (at - this.#windowFrom < windowMs || this.#window.length < minWindowSamples) return undefined;
    this.#fold();
    return this.#state;
  }

  /** Evidence that the value is far above its normal; undefined when it is not, or normal is not yet known. */
  anomaly(rule: MetricRule, value: number): string | undefined {
    const normal = this.#state.metrics[rule.name];
    if (normal === undefined || normal.windows < warmWindows) return undefined;
    const scale = Math.max(normal.scale, rule.minScale, rule.minScaleShare * normal.center);
    const distance = (value - normal.center) / scale;
    if (distance < anomalyDistance) return undefined;
    return (
      `${tidy(value)} ${rule.unit}, normal is ${tidy(normal.center)} ± ${tidy(scale)} ${rule.unit} ` +
      `over ${normal.windows} windows of 5 min, distance ${tidy(distance)}`
    );
  }

  /** Evidence of a leak: the lowest heap use of each window only ever rises; undefined when there is none. */
  leak(): string | undefined {
    const floors = this.#state.heap_floors.slice(-leakWindows);
    const [first] = floors;
    const last = floors.at(-1);
    if (first === undefined || last === undefined || floors.length < leakWindows) return undefined;
    const rises = floors.every((floor, index) => index === 0 || floor > (floors[index - 1] ?? 0));
    if (!rises || last < first * leakGrowthFactor || last - first < leakGrowthBytes) return undefined;
    return `the lowest heap use of 5 min rose ${leakWindows} times in a row, from ${megabytes(first)} to ${megabytes(last)} MB`;
  }

  #fold(): void {
    const weight = this.#unusual ? unusualWindowWeight : windowWeight;
    const metrics: Record<string, MetricBaseline> = {};
    for (const { name } of metricRules) {
      const values = this.#window.map((sample) => sample[name]);
      metrics[name] = foldWindow(this.#state.metrics[name], values, weight);
    }
    const heap_floors = [...this.#state.heap_floors, this.#heapFloor].slice(-maxHeapFloors);
    this.#state = { metrics, heap_floors };
    this.#window = [];
    this.#windowFrom = undefined;
    this.#heapFloor = Number.POSITIVE_INFINITY;
    this.#unusual = false;
  }
}

/** Exponentially weighted median and median absolute deviation (Hampel's robust scale) of successive windows. */
function foldWindow(before: MetricBaseline | undefined, values: number[], weight: number): MetricBaseline {
  const center = median(values);
  const scale = normalConsistency * median(values.map((value) => Math.abs(value - center)));
  if (before === undefined) return { center, scale, windows: 1 };
  return {
    center: before.center + weight * (center - before.center),
    scale: before.scale + weight * (scale - before.scale),
    windows: before.windows + 1,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

export function megabytes(bytes: number): number {
  return Math.round(bytes / 1_000_000);
}

function tidy(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 100) / 100;
}
