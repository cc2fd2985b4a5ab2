// What is normal for each metric, learnt: a median and a median absolute deviation per short window, smoothed over
// windows, with the usual difference of the hour of the day; CUSUM (Page 1954) for what drifts without ever jumping.
// Judging uses only folded windows, which are durable; a restart loses at most the window being filled.
import { type EpochMs, hourMs, minuteMs } from '../shared/domain/time.ts';
import type { HeapMemory, MetricBaseline } from './memory.ts';

const windowMs = 5 * minuteMs;
const maxWindowSamples = 120;
const maxMetrics = 64;
/** Smallest weight of a new window; the first ones count equally. An unusual one counts less, so a fault does not become normal within hours. */
const windowWeight = 0.02;
const unusualWindowWeight = 0.002;
const warmWindows = 3;
/** Distance from the centre, in robust standard deviations, that counts as far. */
const anomalyDistance = 8;
/** Median absolute deviation of a normal distribution times this is its standard deviation. */
const normalConsistency = 1.4826;
/** CUSUM: what a window may lie above normal for nothing, what one window may add at most, and the sum that is a drift. */
const driftAllowance = 0.75;
const driftStepLimit = 4;
const driftLimit = 10;
const driftWarmWindows = 6;
/** A drift told for this many windows is the new normal. */
const driftAcceptWindows = 48;
const hoursPerDay = 24;
/** Of a window in its hour's usual difference: quick while it is learnt, slow afterwards, so that a drift is not learnt away. */
const firstHourWeight = 0.2;
const hourWeight = 0.02;
/** Windows seen in an hour of the day before its difference counts: two days' worth. */
const hourWarmWindows = 24;
const maxHeapFloors = 12;
const minHeapSamples = 12;
const leakWindows = 6;
const leakGrowthFactor = 1.5;
const leakGrowthBytes = 64_000_000;
/** Recent samples of heap use, for a leak too fast to wait for windows. */
const recentHeapSamples = 3;
const fastGrowthShare = 0.05;
const exhaustedWithinSamples = 36;

export interface MetricRule {
  readonly name: string;
  readonly unit: string;
  /** Smallest spread believed, absolute and as a share of the centre: quiet metrics must not alarm at a whisper. */
  readonly minScale: number;
  readonly minScaleShare: number;
  /** Samples that a window needs. */
  readonly minSamples: number;
}

interface Window {
  readonly rule: MetricRule;
  readonly from: EpochMs;
  readonly samples: number[];
  unusual: boolean;
}

export class Baselines {
  readonly #metrics = new Map<string, MetricBaseline>();
  readonly #windows = new Map<string, Window>();
  #floors: readonly number[] = [];
  #heapFrom: EpochMs | undefined;
  #heapFloor = Number.POSITIVE_INFINITY;
  #heapSamples = 0;
  #recentHeap: number[] = [];
  #heapLimit = 0;

  get metrics(): ReadonlyMap<string, MetricBaseline> {
    return this.#metrics;
  }

  restore(metrics: Iterable<MetricBaseline>, heap: HeapMemory | undefined): void {
    for (const metric of metrics) this.#metrics.set(metric.name, metric);
    this.#floors = heap?.floors ?? [];
  }

  /** Adds one sample; returns the metric's new state when a window was folded and must be made durable. */
  add(rule: MetricRule, value: number, at: EpochMs): MetricBaseline | undefined {
    if (!this.#metrics.has(rule.name) && this.#metrics.size >= maxMetrics) return undefined;
    // Answers of probes are too rare for windows: each is one.
    if (rule.minSamples === 1) {
      const unusual = this.anomaly(rule, value, at) !== undefined;
      return this.#fold({ rule, from: at, samples: [value], unusual }, at);
    }
    const window = this.#windows.get(rule.name) ?? { rule, from: at, samples: [], unusual: false };
    this.#windows.set(rule.name, window);
    if (window.samples.length < maxWindowSamples) window.samples.push(value);
    if (this.anomaly(rule, value, at) !== undefined) window.unusual = true;
    if (at - window.from < windowMs || window.samples.length < rule.minSamples) return undefined;
    this.#windows.delete(rule.name);
    return this.#fold(window, at);
  }

  #fold(window: Window, at: EpochMs): MetricBaseline {
    const folded = foldWindow(this.#metrics.get(window.rule.name), window, at);
    this.#metrics.set(folded.name, folded);
    return folded;
  }

  /** Adds a sample of heap use; returns what must be made durable when a window ended. */
  addHeap(usedBytes: number, limitBytes: number, at: EpochMs): HeapMemory | undefined {
    this.#heapFrom ??= at;
    this.#heapLimit = limitBytes;
    this.#heapFloor = Math.min(this.#heapFloor, usedBytes);
    this.#recentHeap = [...this.#recentHeap, usedBytes].slice(-recentHeapSamples);
    this.#heapSamples++;
    if (at - this.#heapFrom < windowMs || this.#heapSamples < minHeapSamples) return undefined;
    this.#heapSamples = 0;
    this.#floors = [...this.#floors, this.#heapFloor].slice(-maxHeapFloors);
    this.#heapFrom = undefined;
    this.#heapFloor = Number.POSITIVE_INFINITY;
    return { floors: this.#floors };
  }

  /** Evidence that the value is far above its normal; undefined when it is not, or normal is not yet known. */
  anomaly(rule: MetricRule, value: number, at: EpochMs): string | undefined {
    const normal = this.#metrics.get(rule.name);
    if (normal === undefined || normal.windows < warmWindows) return undefined;
    const center = expectedAt(normal, at);
    const scale = scaleOf(normal, rule, center);
    const distance = (value - center) / scale;
    if (distance < anomalyDistance) return undefined;
    const hour = center === normal.center ? '' : ' at this hour';
    return (
      `${tidy(value)} ${rule.unit}, normal${hour} is ${tidy(center)} ± ${tidy(scale)} ${rule.unit} ` +
      `over ${normal.windows} ${rule.minSamples === 1 ? 'answers' : 'windows of 5 min'}, distance ${tidy(distance)}`
    );
  }

  /** Evidence of a slow rise; undefined when there is none. */
  drift(rule: MetricRule): string | undefined {
    const normal = this.#metrics.get(rule.name);
    if (normal === undefined || normal.windows < driftWarmWindows || normal.drift < driftLimit)
      return undefined;
    return (
      `its windows lie above normal (${tidy(normal.center)} ${rule.unit}) one after the other: ` +
      `CUSUM ${tidy(normal.drift)}, limit ${driftLimit}`
    );
  }

  /** Evidence of a leak: heap use races towards its limit, or the lowest of each window only ever rises. */
  leak(): string | undefined {
    return this.#fastLeak() ?? this.#slowLeak();
  }

  #fastLeak(): string | undefined {
    const [first] = this.#recentHeap;
    const last = this.#recentHeap.at(-1);
    if (first === undefined || last === undefined || this.#recentHeap.length < recentHeapSamples)
      return undefined;
    const rises = this.#recentHeap.every(
      (used, place) => place === 0 || used > (this.#recentHeap[place - 1] ?? 0),
    );
    const perSample = (last - first) / (recentHeapSamples - 1);
    if (!rises || last - first < fastGrowthShare * this.#heapLimit) return undefined;
    if (last + perSample * exhaustedWithinSamples < this.#heapLimit) return undefined;
    return `heap use rose from ${megabytes(first)} to ${megabytes(last)} MB in ${recentHeapSamples} reports; at this rate its limit of ${megabytes(this.#heapLimit)} MB is reached within minutes`;
  }

  #slowLeak(): string | undefined {
    const floors = this.#floors.slice(-leakWindows);
    const [first] = floors;
    const last = floors.at(-1);
    if (first === undefined || last === undefined || floors.length < leakWindows) return undefined;
    // What has fallen back since is no leak any more.
    if (this.#heapFloor < first * leakGrowthFactor) return undefined;
    const rises = floors.every((floor, index) => index === 0 || floor > (floors[index - 1] ?? 0));
    if (!rises || last < first * leakGrowthFactor || last - first < leakGrowthBytes) return undefined;
    return `the lowest heap use of 5 min rose ${leakWindows} times in a row, from ${megabytes(first)} to ${megabytes(last)} MB`;
  }
}

/** Exponentially weighted median and median absolute deviation (Hampel's robust scale) of successive windows. */
function foldWindow(before: MetricBaseline | undefined, window: Window, at: EpochMs): MetricBaseline {
  const middle = median(window.samples);
  const spread = normalConsistency * median(window.samples.map((value) => Math.abs(value - middle)));
  const hour = Math.floor(at / hourMs) % hoursPerDay;
  if (before === undefined) return newborn(window.rule.name, middle, spread);
  const expected = expectedAt(before, at);
  const residual = middle - expected;
  const z = residual / scaleOf(before, window.rule, expected);
  const drift = Math.max(0, before.drift + Math.min(driftStepLimit, z) - driftAllowance);
  const drifting = drift >= driftLimit ? before.drifting + 1 : 0;
  // What has lasted for hours is how things are now.
  if (drifting > driftAcceptWindows) return newborn(before.name, middle, before.scale);
  const weight = Math.max(
    window.unusual ? unusualWindowWeight : windowWeight,
    window.unusual ? 0 : 1 / (before.windows + 1),
  );
  let hours = before.hours.length === hoursPerDay ? before.hours : noHours;
  let seen = before.seen.length === hoursPerDay ? before.seen : noHours;
  if (!window.unusual) {
    const usual = hours[hour] ?? 0;
    const times = seen[hour] ?? 0;
    const learning = times < hourWarmWindows ? firstHourWeight : hourWeight;
    hours = withValue(hours, hour, tidyState(usual + learning * (middle - before.center - usual)));
    seen = withValue(seen, hour, Math.min(hourWarmWindows, times + 1));
  }
  // Both the spread inside a window and the distance between windows are noise to be believed.
  const noise = Math.max(
    spread,
    Math.min(Math.abs(residual), driftStepLimit * Math.max(spread, before.scale)),
  );
  return {
    name: before.name,
    center: before.center + weight * (middle - before.center),
    scale: before.scale + weight * (noise - before.scale),
    windows: before.windows + 1,
    latest: middle,
    drift,
    drifting,
    hours,
    seen,
  };
}

const noHours: readonly number[] = Array<number>(hoursPerDay).fill(0);

/** The same list when nothing changes in it: after some days most windows change nothing. */
function withValue(list: readonly number[], place: number, value: number): readonly number[] {
  if (list[place] === value) return list;
  const changed = list.slice();
  changed[place] = value;
  return changed;
}

function newborn(name: string, center: number, scale: number): MetricBaseline {
  return { name, center, scale, windows: 1, latest: center, drift: 0, drifting: 0, hours: [], seen: [] };
}

/** The usual value at an instant: the centre, and what its hour of the day differs by once that is known. */
function expectedAt(normal: MetricBaseline, at: EpochMs): number {
  const hour = Math.floor(at / hourMs) % hoursPerDay;
  const known = (normal.seen[hour] ?? 0) >= hourWarmWindows;
  return known ? normal.center + (normal.hours[hour] ?? 0) : normal.center;
}

function scaleOf(normal: MetricBaseline, rule: MetricRule, center: number): number {
  return Math.max(normal.scale, rule.minScale, rule.minScaleShare * Math.abs(center));
}

function median(values: readonly number[]): number {
  if (values.length === 1) return values[0] ?? 0;
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

/** Kept short in the row; -0 would not survive it. */
function tidyState(value: number): number {
  return Math.round(value * 1_000) / 1_000 + 0;
}
