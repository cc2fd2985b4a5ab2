// Performance per AI: how much each of the four does, how well, how fast, and what it costs.
import type { DashboardSpec, PanelSpec, RowSpec } from './panel-spec.ts';

const perHour = (expression: string) => `${expression} * 3600`;
const noModels = 'no language model is configured';

const everyAgent: RowSpec = {
  title: 'All four',
  panels: [
    {
      ...{ kind: 'stat', title: 'Running', width: 24, words: { '0': 'down', '1': 'running' } },
      description: 'Whether each agent runs.',
      thresholds: [
        [null, 'red'],
        [1, 'green'],
      ],
      queries: [{ promql: 'ato_agent_up', legend: '{{agent}}' }],
    },
    {
      ...{ kind: 'timeseries', title: 'Messages per second', width: 8, unit: 'short' },
      description: 'Rate: messages handled by each agent.',
      queries: [{ promql: 'rate(ato_agent_messages_handled_total[$__rate_interval])', legend: '{{agent}}' }],
    },
    {
      ...{ kind: 'timeseries', title: 'Failures per hour', width: 8 },
      description: 'Errors: handlers that threw; the supervisor restarts the agent.',
      queries: [{ promql: perHour('rate(ato_agent_failures_total[$__rate_interval])'), legend: '{{agent}}' }],
    },
    {
      ...{ kind: 'timeseries', title: 'Share of a core', width: 8, unit: 'percentunit', min: 0 },
      description: 'Duration: time in the handlers of each agent.',
      queries: [{ promql: 'rate(ato_agent_busy_seconds_total[$__rate_interval])', legend: '{{agent}}' }],
    },
  ],
};

const orchestrator: RowSpec = {
  title: 'Orchestrator',
  panels: [
    {
      ...{ kind: 'timeseries', title: 'Success by mode', width: 8, unit: 'percentunit', min: 0, max: 1 },
      description:
        'Decisions that kept their promise, among all that were scored; one to run nothing promises that nothing is there.',
      queries: [
        {
          promql:
            'sum by (mode) (increase(ato_decision_outcomes_total{outcome="successful"}[$__range])) / (sum by (mode) (increase(ato_decision_outcomes_total[$__range])) > 0)',
          legend: '{{mode}}',
        },
      ],
    },
    {
      ...{ kind: 'bars', title: 'Tasks per hour by end', width: 8 },
      description: 'How tasks ended.',
      queries: [
        {
          promql: perHour(
            'sum by (state) (rate(ato_tasks_total{state=~"succeeded|failed|expired|skipped"}[$__rate_interval]))',
          ),
          legend: '{{state}}',
        },
      ],
    },
    {
      ...{ kind: 'bargauge', title: 'Duration of tasks, 95th percentile', width: 8, unit: 's' },
      description: 'From the start of a task to its end, by kind.',
      queries: [
        {
          promql:
            'histogram_quantile(0.95, sum by (kind, le) (rate(ato_task_duration_seconds_bucket[$__range]))) >= 0',
          legend: '{{kind}}',
        },
      ],
    },
  ],
};

const learning: RowSpec = {
  title: 'What the orchestrator learns',
  panels: [
    {
      ...{ kind: 'timeseries', title: 'Error of its confidence', width: 6, unit: 'short', min: 0 },
      description: 'Brier score of the newest decisions; below the share of successes it knows more.',
      queries: [
        { promql: 'ato_learning_brier_score', legend: 'said' },
        { promql: 'ato_learning_brier_base_rate', legend: 'share of successes' },
      ],
    },
    {
      ...{ kind: 'timeseries', title: 'Hindsight, net of a day', width: 6, unit: 'short' },
      description: 'Worth found less missed less paid, in find values (1 to 3 each); nothing about money.',
      queries: [{ promql: 'ato_learning_net_day', legend: 'net' }],
    },
    {
      ...{ kind: 'bars', title: 'Worth per hour', width: 6 },
      description: 'What looks found, what hindsight says they missed, and what they cost.',
      queries: [
        {
          promql: perHour('sum by (part) (rate(ato_learning_worth_total[$__rate_interval]))'),
          legend: '{{part}}',
        },
      ],
    },
    {
      ...{
        kind: 'timeseries',
        title: 'Looks chosen by what was learnt',
        width: 6,
        unit: 'percentunit',
        min: 0,
        max: 1,
      },
      description: 'Share of looks where without records, optimism and memory another would have led.',
      queries: [
        {
          promql:
            'sum(increase(ato_learning_choices_total{by="learning"}[$__range])) / (sum(increase(ato_learning_choices_total[$__range])) > 0)',
          legend: 'share',
        },
      ],
    },
  ],
};

const analyst: RowSpec = {
  title: 'Analyst',
  panels: [
    {
      ...{ kind: 'bars', title: 'Signals per hour', width: 8 },
      description: 'Claims with evidence, by direction.',
      queries: [
        {
          promql: perHour('sum by (action) (rate(ato_analyst_signals_total[$__rate_interval]))'),
          legend: '{{action}}',
        },
      ],
    },
    {
      ...{ kind: 'bars', title: 'Looked at and found per hour', width: 8 },
      description: 'Of everything looked at, how much was worth telling.',
      queries: [
        { promql: perHour('sum(rate(ato_task_looked_at_total[$__rate_interval]))'), legend: 'looked at' },
        { promql: perHour('sum(rate(ato_task_found_total[$__rate_interval]))'), legend: 'found' },
      ],
    },
    {
      ...{ kind: 'table', title: 'Strategies', width: 8 },
      description:
        'Signals per strategy, their confidence, and how the positions opened on them ended after fees.',
      queries: [
        {
          sql: `select s.strategy, count(distinct s.key) as signals, round(avg(s.confidence), 2) as confidence,
  count(p.key) as positions_closed, count(p.key) filter (where p.realised_profit > 0) as won,
  round(sum(p.realised_profit), 2) as result
from $schema.signals s left join $schema.positions p on p.signal_id = s.signal_id and not p.open
where $__timeFilter(s.issued_at) group by s.strategy order by signals desc`,
        },
      ],
    },
  ],
};

const trading: RowSpec = {
  title: 'Trading',
  panels: [
    {
      ...{ kind: 'timeseries', title: 'Equity', width: 8, unit: 'short' },
      description:
        'Cash and open positions in account currency. Simulated unless you trade live; no claim about the future.',
      queries: [
        {
          sql: `select at as "time", equity, peak_equity as peak from $schema.equity where $__timeFilter(at) order by at limit 5000`,
          format: 'time_series',
        },
      ],
    },
    {
      ...{ kind: 'timeseries', title: 'Fall from the peak', width: 4, unit: 'percent', min: 0 },
      description: 'Sizes shrink as it grows; at the limit nothing new is opened.',
      queries: [{ promql: 'ato_trading_drawdown_percent', legend: 'drawdown' }],
    },
    {
      ...{ kind: 'stat', title: 'Orders not known', width: 4, height: 8 },
      description:
        'Orders whose outcome at the broker is not known. They count as exposure and are never resent blindly.',
      thresholds: [
        [null, 'green'],
        [1, 'red'],
      ],
      queries: [{ promql: 'ato_trading_unknown_orders' }],
    },
    {
      ...{ kind: 'bars', title: 'Orders per hour by state', width: 8 },
      description: 'States that orders entered.',
      queries: [
        {
          promql: perHour('sum by (state) (rate(ato_trading_orders_total[$__rate_interval]))'),
          legend: '{{state}}',
        },
      ],
    },
    {
      ...{ kind: 'bargauge', title: 'Refusals by code', width: 8 },
      description: 'What risk said no to.',
      queries: [
        {
          promql: 'topk(10, sum by (code) (increase(ato_trading_refusals_total[$__range])))',
          legend: '{{code}}',
        },
      ],
    },
    {
      ...{ kind: 'timeseries', title: 'Time to the broker’s first word', width: 8, unit: 's' },
      description: '95th percentile, from the order being written.',
      queries: [
        {
          promql:
            'histogram_quantile(0.95, sum by (le) (rate(ato_trading_order_acknowledgement_seconds_bucket[$__range])))',
          legend: 'p95',
        },
      ],
    },
    {
      ...{ kind: 'piechart', title: 'Closed positions', width: 4 },
      description: 'By result after fees, since the start.',
      queries: [{ promql: 'ato_trading_positions_closed_total', legend: '{{result}}' }],
    },
    {
      ...{ kind: 'stat', title: 'Open positions', width: 4, height: 8 },
      description: 'Positions held now.',
      queries: [{ promql: 'ato_trading_open_positions' }],
    },
  ],
};

const health: RowSpec = {
  title: 'Health monitor',
  panels: [
    {
      ...{ kind: 'stat', title: 'Open incidents', width: 8 },
      description: 'By severity.',
      queries: [{ promql: 'ato_incidents_open', legend: '{{severity}}' }],
    },
    {
      ...{ kind: 'stat', title: 'Heals', width: 8 },
      description: 'Since the start, by outcome.',
      queries: [{ promql: 'sum by (outcome) (ato_heals_total)', legend: '{{outcome}}' }],
      mayBeEmpty: 'nothing had to be healed',
    },
    {
      ...{ kind: 'stat', title: 'Alerts sent', width: 8 },
      description: 'To people, by outcome.',
      queries: [{ promql: 'ato_alerts_total', legend: '{{outcome}}' }],
    },
  ],
};

function model(
  title: string,
  description: string,
  promql: string,
  unit: string,
  legend = '{{provider}}',
): PanelSpec {
  return {
    kind: 'timeseries',
    title,
    description,
    width: 6,
    unit,
    queries: [{ promql, legend }],
    mayBeEmpty: noModels,
  };
}

const models: RowSpec = {
  title: 'Language models',
  panels: [
    model(
      'Calls per hour',
      'By provider and what became of them.',
      perHour('sum by (provider, outcome) (rate(orchestrator_model_calls_total[$__rate_interval]))'),
      'short',
      '{{provider}} {{outcome}}',
    ),
    model(
      'Tokens per hour',
      'In and out.',
      perHour('sum by (provider, direction) (rate(orchestrator_model_tokens_total[$__rate_interval]))'),
      'short',
      '{{provider}} {{direction}}',
    ),
    model(
      'Spent',
      'US dollars since the start, by provider.',
      'orchestrator_model_cost_usd_total',
      'currencyUSD',
    ),
    model(
      'Mean latency',
      'Time waited per call.',
      'sum by (provider) (rate(orchestrator_model_latency_seconds_total[$__range])) / (sum by (provider) (rate(orchestrator_model_calls_total[$__range])) > 0)',
      's',
    ),
  ],
};

const machine: RowSpec = {
  title: 'Machine',
  panels: [
    {
      ...{ kind: 'timeseries', title: 'Event loop and commits', width: 6, unit: 's' },
      description: 'Saturation: how long things wait.',
      queries: [
        { promql: 'ato_event_loop_delay_p99_seconds', legend: 'event loop delay p99' },
        { promql: 'ato_commit_latency_seconds', legend: 'last commit' },
      ],
    },
    {
      ...{ kind: 'timeseries', title: 'Memory', width: 6, unit: 'bytes', min: 0 },
      description: 'Heap in use and resident memory.',
      queries: [
        { promql: 'ato_heap_used_bytes', legend: 'heap' },
        { promql: 'process_resident_memory_bytes{job="ato"}', legend: 'resident' },
      ],
    },
    {
      ...{ kind: 'timeseries', title: 'Waiting inputs', width: 6, min: 0 },
      description: 'Inputs that wait for the kernel.',
      queries: [{ promql: 'ato_inbox_depth', legend: 'inbox' }],
    },
    {
      ...{ kind: 'timeseries', title: 'HTTP requests per second', width: 6 },
      description: 'By status.',
      queries: [
        { promql: 'sum by (status) (rate(ato_http_requests_total[$__rate_interval]))', legend: '{{status}}' },
      ],
    },
  ],
};

export const agentsDashboard: DashboardSpec = {
  uid: 'ato-agents',
  title: 'ATO: performance per AI',
  description: 'What each of the four agents does, how well, how fast, and what it costs.',
  from: 'now-6h',
  rows: [everyAgent, orchestrator, learning, analyst, trading, health, models, machine],
};
