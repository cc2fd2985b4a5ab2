// What a metric is made of: its name and meaning, and where its number comes from at the moment of one scrape.
import type { RuntimeFacts } from '../api-dependencies.ts';
import type { LiveView } from '../live-view.ts';
import type { ActivityTally } from './activity-tally.ts';
import type { DecisionTally } from './decision-tally.ts';
import type { Labels } from './label-counts.ts';
import type { ModelTally } from './model-tally.ts';

/** Everything a metric may be read from, at the moment of one scrape. */
export interface Scrape {
  readonly facts: RuntimeFacts;
  readonly live: LiveView;
  readonly decisions: DecisionTally;
  readonly activity: ActivityTally;
  readonly models: ModelTally;
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
