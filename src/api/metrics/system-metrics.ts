// The metrics of this process: inbox, event loop, journal, store, streams.
import { counter, gauge, inSeconds, labelled, type MetricDefinition } from './metric-definition.ts';

export function systemMetrics(): MetricDefinition[] {
  return [
    gauge(
      'ato_inbox_depth',
      'Inputs waiting for the kernel.',
      ({ facts }) => facts.inbox_depth ?? facts.vitals?.inbox_depth,
    ),
    gauge(
      'ato_event_loop_delay_p99_seconds',
      'Event-loop delay, 99th percentile of the last report.',
      ({ facts }) => inSeconds(facts.vitals?.event_loop_delay_p99_ms),
    ),
    gauge(
      'ato_clock_ahead_seconds',
      'How far the time of the house is ahead of a clock that was set back; 0 while they agree.',
      ({ facts }) => inSeconds(facts.clock_ahead_ms),
    ),
    gauge(
      'ato_journal_sequence',
      'Sequence of the last committed input.',
      ({ facts }) => facts.journal.sequence,
    ),
    gauge('ato_commit_latency_seconds', 'Duration of the last commit.', ({ facts }) =>
      inSeconds(facts.journal.commit_latency_ms),
    ),
    gauge('ato_store_up', 'Whether the store answers.', ({ facts }) => Number(facts.store.ok)),
    gauge('ato_event_stream_clients', 'Open event streams.', ({ http }) => http.streamClients),
    counter(
      'ato_event_stream_dropped_total',
      'Event streams cut off for reading too slowly.',
      ({ http }) => http.streamDropped,
    ),
    labelled(
      'gauge',
      'ato_build_info',
      'Version and run mode of this process.',
      ['version', 'run_mode'],
      ({ facts }) => [[{ version: facts.version, run_mode: facts.run_mode }, 1]],
    ),
  ];
}
