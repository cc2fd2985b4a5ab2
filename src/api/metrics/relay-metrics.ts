// The metrics of the relay between processes; without samples where all agents are in one process.
import type { RelayVitals } from '../../shared/domain/vitals.ts';
import { labelled, type MetricDefinition, type Samples } from './metric-definition.ts';

function ofRelay(
  name: string,
  help: string,
  labels: readonly string[],
  read: (relay: RelayVitals) => Samples,
): MetricDefinition {
  return labelled('gauge', name, help, labels, ({ facts: { vitals } }) =>
    vitals?.relay === undefined ? [] : read(vitals.relay),
  );
}

export function relayMetrics(): MetricDefinition[] {
  return [
    ofRelay(
      'ato_relay_up',
      'Whether the relay between processes answered when last asked.',
      ['relay'],
      ({ server: relay, ok }) => [[{ relay }, Number(ok)]],
    ),
    ofRelay(
      'ato_relay_latency_seconds',
      'Round trip to the relay when last asked.',
      ['relay'],
      ({ server: relay, latency_ms: milliseconds }) => [
        [{ relay }, milliseconds === null ? Number.NaN : milliseconds / 1_000],
      ],
    ),
    ofRelay(
      'ato_relay_unacknowledged_messages',
      'Messages from here that the process of their agent has not committed yet.',
      ['agent'],
      ({ sent }) => sent.map(({ agent, messages }) => [{ agent }, messages]),
    ),
    ofRelay(
      'ato_relay_oldest_message_seconds',
      'Age of the oldest of these messages.',
      ['agent'],
      ({ sent }) => sent.map(({ agent, oldest_ms }) => [{ agent }, oldest_ms / 1_000]),
    ),
    ofRelay(
      'ato_relay_uncommitted_messages',
      'Messages received here whose commit is under way.',
      ['relay'],
      ({ server: relay, received }) => [[{ relay }, received.messages]],
    ),
  ];
}
