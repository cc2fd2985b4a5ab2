// The table of metrics: name, meaning, labels, and where the number comes from. The names are a contract with
// the users' dashboards and must never change.

import type { RuntimeFacts } from '../api-dependencies.ts';
import { marketVolatility, orchestratorRunning, systemLoad } from '../overview.ts';
import { machineMetrics } from './machine-metrics.ts';
import {
  counter,
  gauge,
  labelled,
  type MetricDefinition,
  type Samples,
  type Scrape,
} from './metric-definition.ts';
import { modelMetrics } from './model-metrics.ts';
import { relayMetrics } from './relay-metrics.ts';
import { workMetrics } from './work-metrics.ts';

export function defineMetrics(): readonly MetricDefinition[] {
  return [
    ...orchestratorMetrics(),
    ...modelMetrics(),
    ...workMetrics(),
    ...agentMetrics(),
    ...tradingMetrics(),
    ...healthMetrics(),
    ...sourceMetrics(),
    ...systemMetrics(),
    ...machineMetrics(),
    ...relayMetrics(),
  ];
}

function orchestratorMetrics(): MetricDefinition[] {
  return [
    counter(
      'orchestrator_decisions_total',
      'Decisions recorded, continued from the store after a restart.',
      (scrape) => scrape.decisions.total,
    ),
    gauge(
      'orchestrator_successful_decisions',
      'Decisions whose tasks finished and whose promised effect was observed; at start the newest 1,000 of the store count.',
      (scrape) => scrape.decisions.successful,
    ),
    gauge(
      'orchestrator_success_rate',
      'Successful among all scored decisions, also those to run nothing, 0 to 1; NaN before the first.',
      (scrape) => scrape.decisions.successRate,
    ),
    counter(
      'orchestrator_mode_switches_total',
      'Decisions that changed the market mode; at start the newest 1,000 of the store count.',
      (scrape) => scrape.decisions.modeSwitches,
    ),
    gauge(
      'orchestrator_system_load',
      'Load of 0 to 1 of what the machine can bear, as the health monitor measures it.',
      (scrape) => systemLoad(scrape.live),
    ),
    gauge(
      'orchestrator_market_volatility',
      'Annualised realised volatility (0.6 = 60 %) of the traded market; the larger one in hybrid and standby.',
      (scrape) => marketVolatility(scrape.live),
    ),
    gauge(
      'orchestrator_running',
      'Whether the orchestrator schedules work: 1 yes, 0 stopped by a person.',
      (scrape) => {
        const running = orchestratorRunning(scrape.facts, scrape.live);
        return running === null ? null : Number(running);
      },
    ),
    labelled(
      'gauge',
      'ato_market_volatility',
      'Annualised realised volatility by asset class.',
      ['asset_class'],
      ({ live }) =>
        live.markets.map((market) => [{ asset_class: market.asset_class }, market.volatility ?? Number.NaN]),
    ),
    labelled(
      'gauge',
      'ato_market_activity',
      'Volatility relative to its own normal by asset class; 1 is normal.',
      ['asset_class'],
      ({ live }) =>
        live.markets.map((market) => [{ asset_class: market.asset_class }, market.activity ?? Number.NaN]),
    ),
    labelled(
      'counter',
      'ato_tasks_total',
      'Tasks that entered a state since the start, by kind.',
      ['kind', 'state'],
      (scrape) => scrape.activity.tasks.entries(),
    ),
    labelled(
      'gauge',
      'ato_tasks_open',
      'Tasks not finished yet, by kind and state.',
      ['kind', 'state'],
      (scrape) => scrape.activity.openTasks(),
    ),
  ];
}

function agentMetrics(): MetricDefinition[] {
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

function tradingMetrics(): MetricDefinition[] {
  return [
    labelled(
      'counter',
      'ato_trading_orders_total',
      'Orders that entered a state since the start.',
      ['state'],
      (scrape) => scrape.activity.orders.entries(),
    ),
    counter(
      'ato_trading_fills_total',
      'Fills counted since the start, each once.',
      (scrape) => scrape.activity.fills,
    ),
    labelled(
      'counter',
      'ato_trading_refusals_total',
      'Signals refused by risk since the start, by code.',
      ['code'],
      (scrape) => scrape.activity.refusals.entries(),
    ),
    gauge(
      'ato_trading_open_positions',
      'Open positions.',
      ({ live }) => live.tradingSummary?.open_positions ?? live.equity?.open_positions,
    ),
    labelled(
      'counter',
      'ato_trading_positions_closed_total',
      'Positions closed since the start, by result after fees.',
      ['result'],
      (scrape) => scrape.activity.closed.entries(),
    ),
    gauge(
      'ato_trading_realised_profit',
      'Sum of the results of positions closed since the start, after fees; a loss is negative.',
      (scrape) => scrape.activity.realisedProfit,
    ),
    gauge('ato_trading_equity', 'Equity in account currency.', ({ live }) => live.equity?.equity),
    gauge(
      'ato_trading_drawdown_percent',
      'Fall from peak equity in percent.',
      ({ live }) => live.equity?.drawdown_pct,
    ),
    gauge(
      'ato_trading_unknown_orders',
      'Orders whose outcome at the broker is not known.',
      ({ live, activity }) => live.tradingSummary?.unknown_orders ?? activity.unknownOrders,
    ),
    labelled(
      'gauge',
      'ato_trading_state',
      'The trading switch: 1 on the state that holds.',
      ['state'],
      ({ live }) => {
        const now = live.tradingSummary?.state ?? live.tradingState?.state;
        return ['active', 'reducing', 'halted'].map((state) => [{ state }, Number(state === now)]);
      },
    ),
  ];
}

function healthMetrics(): MetricDefinition[] {
  return [
    labelled('gauge', 'ato_incidents_open', 'Open incidents by severity.', ['severity'], (scrape) =>
      scrape.activity.openIncidents(),
    ),
    labelled(
      'counter',
      'ato_incidents_total',
      'Incidents opened since the start, by severity.',
      ['severity'],
      (scrape) => scrape.activity.incidents.entries(),
    ),
    labelled(
      'counter',
      'ato_incident_causes_total',
      'Incidents opened since the start, by kind of cause.',
      ['cause'],
      (scrape) => scrape.activity.causes.entries(),
    ),
    labelled(
      'counter',
      'ato_external_alerts_total',
      'Alerts taken in from Alertmanager since the start, by status.',
      ['status'],
      (scrape) => scrape.activity.externalAlerts.entries(),
    ),
    labelled(
      'counter',
      'ato_heals_total',
      'Healing steps since the start, by playbook and outcome.',
      ['playbook', 'outcome'],
      (scrape) => scrape.activity.heals.entries(),
    ),
    labelled(
      'counter',
      'ato_alerts_total',
      'Alerts handed to the notifiers since the start, by outcome.',
      ['outcome'],
      ({ facts: { alerts } }) =>
        alerts === undefined
          ? []
          : [
              [{ outcome: 'sent' }, alerts.sent],
              [{ outcome: 'failed' }, alerts.failed],
            ],
    ),
    gauge(
      'ato_dead_letters',
      'Messages nobody could handle, as kept in the store.',
      (scrape) => scrape.deadLetters,
    ),
  ];
}

function sourceMetrics(): MetricDefinition[] {
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

function systemMetrics(): MetricDefinition[] {
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

function inSeconds(milliseconds: number | null | undefined): number | undefined {
  return milliseconds === null || milliseconds === undefined ? undefined : milliseconds / 1_000;
}
