// What a metric is made of: its name and meaning, and where its number comes from at the moment of one scrape.
import type { RuntimeFacts } from '../api-dependencies.ts';
import type { LiveView } from '../live-view.ts';
import type { ActivityTally } from './activity-tally.ts';
import type { AgentTally } from './agent-tally.ts';
import type { DecisionTally } from './decision-tally.ts';
import type { Labels } from './label-counts.ts';
import type { LearningTally } from './learning-tally.ts';
import type { ModelTally } from './model-tally.ts';
import type { SchedulerTally } from './scheduler-tally.ts';
import type { VerdictTally } from './verdict-tally.ts';

/** Everything a metric may be read from, at the moment of one scrape. */
export interface Scrape {
  readonly facts: RuntimeFacts;
  readonly live: LiveView;
  readonly decisions: DecisionTally;
  readonly activity: ActivityTally;
  readonly learning: LearningTally;
  readonly models: ModelTally;
  readonly agents: AgentTally;
  readonly scheduler: SchedulerTally;
  readonly verdicts: VerdictTally;
  readonly http: { readonly streamClients: number; readonly streamDropped: number };
  readonly deadLetters: number | null;
}

export type Samples = Iterable<readonly [Labels, number]>;

export interface MetricDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly labels: readonly string[];
  readonly read: (scrape: Scrape) => Samples;
}

/** One number without labels; null is shown as NaN, which Prometheus reads as "no value". */
function single(read: (scrape: Scrape) => number | null | undefined): MetricDefinition['read'] {
  return (scrape) => [[{}, read(scrape) ?? Number.NaN]];
}

export function gauge(
  name: string,
  help: string,
  read: (scrape: Scrape) => number | null | undefined,
): MetricDefinition {
  return { name, type: 'gauge', help, labels: [], read: single(read) };
}

/** A counter must be a number: unknown counts as nothing yet. */
export function counter(
  name: string,
  help: string,
  read: (scrape: Scrape) => number | null | undefined,
): MetricDefinition {
  return { name, type: 'counter', help, labels: [], read: (scrape) => [[{}, read(scrape) ?? 0]] };
}

export function labelled(
  type: MetricDefinition['type'],
  name: string,
  help: string,
  labels: readonly string[],
  read: (scrape: Scrape) => Samples,
): MetricDefinition {
  return { name, type, help, labels, read };
}

/** Entries in another unit. */
export function* scaled(entries: Samples, factor: number): Samples {
  for (const [labels, value] of entries) yield [labels, value * factor];
}

/** Undefined for what is not known. */
export function inSeconds(milliseconds: number | null | undefined): number | undefined {
  return milliseconds === null || milliseconds === undefined ? undefined : milliseconds / 1_000;
}
