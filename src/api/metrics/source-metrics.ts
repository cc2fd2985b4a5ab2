// The metrics of market sources: health, age of their data, latency, errors, what was kept out.
import type { RuntimeFacts } from '../api-dependencies.ts';
import {
  inSeconds,
  labelled,
  type MetricDefinition,
  type Samples,
  type Scrape,
} from './metric-definition.ts';

export function sourceMetrics(): MetricDefinition[] {
  return [
    labelled(
      'gauge',
      'ato_source_health',
      'Health of a source: 1 healthy, 0 down; the same as api_health_<source>.',
      ['source'],
      ({ facts }) => sourceSamples(facts, ({ status }) => status?.health ?? Number.NaN),
    ),
    labelled(
      'gauge',
      'ato_source_last_data_timestamp_seconds',
      'When a source last delivered; absent before its first data.',
      ['source'],
      ({ facts }) => sourceSamples(facts, ({ status }) => inSeconds(status?.lastDataAt)),
    ),
    labelled(
      'gauge',
      'ato_source_latency_seconds',
      'Round trip of recent requests to a source; absent while it is not known.',
      ['source'],
      ({ facts }) => sourceSamples(facts, ({ status }) => inSeconds(status?.latencyMs)),
    ),
    labelled(
      'counter',
      'ato_source_errors_total',
      'Times a source stopped working since the start.',
      ['source'],
      ({ facts }) => sourceSamples(facts, ({ errors }) => errors ?? 0),
    ),
    labelled(
      'counter',
      'ato_market_candles_total',
      'Candles taken in since the start, by source.',
      ['source'],
      (scrape) => scrape.activity.candles.entries(),
    ),
    labelled(
      'counter',
      'ato_market_quarantined_total',
      'Market data kept out since the start, by source and reason.',
      ['source', 'reason'],
      quarantinedEntries,
    ),
  ];
}

/** What the kernel heard of, and what sources that post no such message (discovery) count themselves. */
function* quarantinedEntries({ activity, facts }: Scrape): Samples {
  const heard = new Set<string>();
  for (const [labels, count] of activity.quarantined.entries()) {
    heard.add(labels.source ?? '');
    yield [labels, count];
  }
  for (const { source, quarantined } of facts.sources) {
    if (heard.has(source)) continue;
    for (const [reason, count] of Object.entries(quarantined ?? {})) yield [{ source, reason }, count];
  }
}

const maxSources = 64;

/** One sample per source that has a number, bounded and without repeats. */
function sourceSamples(
  { sources }: RuntimeFacts,
  read: (source: RuntimeFacts['sources'][number]) => number | undefined,
): Samples {
  const samples = new Map<string, number>();
  for (const source of sources.slice(0, maxSources)) {
    const value = read(source);
    if (value !== undefined) samples.set(source.source, value);
  }
  return [...samples].map(([source, value]) => [{ source }, value] as const);
}
