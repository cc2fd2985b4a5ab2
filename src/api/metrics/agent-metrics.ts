// The metrics that every agent has alike: messages, failures, restarts, time in its handlers; and the analyst’s signals.
import type { RuntimeFacts } from '../api-dependencies.ts';
import { labelled, type MetricDefinition, type Samples, type Scrape } from './metric-definition.ts';

export function agentMetrics(): MetricDefinition[] {
  const perAgent =
    (read: (agent: RuntimeFacts['agents'][number]) => number) =>
    ({ facts }: Scrape): Samples =>
      facts.agents.map((agent) => [{ agent: agent.agent }, read(agent)]);
  const labels = ['agent'];
  return [
    labelled(
      'counter',
      'ato_agent_messages_handled_total',
      'Messages an agent handled since the start.',
      labels,
      perAgent((agent) => agent.handled),
    ),
    labelled(
      'counter',
      'ato_agent_failures_total',
      'Handlers that threw since the start.',
      labels,
      perAgent((agent) => agent.failures),
    ),
    labelled(
      'counter',
      'ato_agent_restarts_total',
      'Restarts by the supervisor since the start.',
      labels,
      perAgent((agent) => agent.restarts),
    ),
    labelled(
      'gauge',
      'ato_agent_turn_seconds_mean',
      'Mean handler time since the previous report.',
      labels,
      perAgent((agent) => agent.mean_turn_ms / 1_000),
    ),
    labelled(
      'counter',
      'ato_agent_busy_seconds_total',
      'Time the handlers of an agent took since the start; its rate is the share of a core.',
      labels,
      ({ agents }) => agents.busySeconds(),
    ),
    labelled(
      'gauge',
      'ato_agent_up',
      'Whether the agent runs: 1 yes, 0 restarting or down.',
      labels,
      perAgent((agent) => Number(agent.state === 'running')),
    ),
    labelled(
      'gauge',
      'ato_agent_last_turn_timestamp_seconds',
      'When the agent last handled a message.',
      labels,
      perAgent((agent) => (agent.last_turn_at === null ? Number.NaN : agent.last_turn_at / 1_000)),
    ),
    labelled(
      'counter',
      'ato_analyst_signals_total',
      'Signals since the start, by action.',
      ['action'],
      (scrape) => scrape.activity.signals.entries(),
    ),
  ];
}
