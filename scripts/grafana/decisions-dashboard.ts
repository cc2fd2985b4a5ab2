// Live AI decisions: what is decided now, why, and whether it had its effect.
import type { DashboardSpec } from './panel-spec.ts';

const perHour = (expression: string) => `${expression} * 3600`;

export const decisionsDashboard: DashboardSpec = {
  uid: 'ato-decisions',
  title: 'ATO: live AI decisions',
  description:
    'What the orchestrator decides, from which view of the market, and whether it had the promised effect.',
  from: 'now-6h',
  rows: [
    {
      title: 'Now',
      panels: [
        {
          ...{ kind: 'stat', title: 'Mode', width: 4, showNames: true },
          description: 'The market mode that holds.',
          queries: [{ promql: 'ato_market_mode == 1', legend: '{{mode}}' }],
        },
        {
          ...{ kind: 'stat', title: 'Schedules work', width: 4, words: { '0': 'stopped', '1': 'running' } },
          description: 'Stopped means: by a person.',
          thresholds: [
            [null, 'red'],
            [1, 'green'],
          ],
          queries: [{ promql: 'orchestrator_running' }],
        },
        {
          ...{ kind: 'stat', title: 'Decisions', width: 4 },
          description: 'All decisions recorded.',
          queries: [{ promql: 'orchestrator_decisions_total' }],
        },
        {
          ...{ kind: 'stat', title: 'Success', width: 4, unit: 'percentunit', min: 0, max: 1 },
          description:
            'Share of scored decisions that kept their promise; one to run nothing promises that nothing is there.',
          thresholds: [
            [null, 'red'],
            [0.5, 'orange'],
            [0.8, 'green'],
          ],
          queries: [{ promql: 'orchestrator_success_rate' }],
        },
        {
          ...{
            kind: 'stat',
            title: 'Confidence of the last one',
            width: 4,
            unit: 'percentunit',
            min: 0,
            max: 1,
          },
          description: 'How sure the policy was of the last decision.',
          queries: [{ promql: 'ato_decision_confidence' }],
        },
        {
          ...{ kind: 'stat', title: 'Load', width: 4, unit: 'percentunit', min: 0, max: 1 },
          description: 'Of what the machine can bear; the orchestrator does less when it is high.',
          thresholds: [
            [null, 'green'],
            [0.7, 'orange'],
            [0.9, 'red'],
          ],
          queries: [{ promql: 'orchestrator_system_load' }],
        },
      ],
    },
    {
      title: 'What it decides',
      panels: [
        {
          ...{ kind: 'bars', title: 'Decisions per hour by action', width: 12 },
          description: 'Kinds of verdicts, also those to do nothing.',
          queries: [
            {
              promql: perHour('sum by (action) (rate(ato_decisions_total[$__rate_interval]))'),
              legend: '{{action}}',
            },
          ],
        },
        {
          ...{ kind: 'bars', title: 'Outcomes per hour', width: 12 },
          description: 'Idle decisions ran nothing and missed something.',
          queries: [
            {
              promql: perHour('sum by (outcome) (rate(ato_decision_outcomes_total[$__rate_interval]))'),
              legend: '{{outcome}}',
            },
          ],
        },
        {
          ...{ kind: 'timeseries', title: 'Market activity', width: 12, unit: 'none' },
          description: 'Short-term volatility relative to its own normal; 1 is normal.',
          queries: [
            { promql: 'ato_market_activity', legend: '{{asset_class}} activity' },
            { promql: 'ato_market_volatility', legend: '{{asset_class}} annualised volatility' },
          ],
        },
        {
          ...{ kind: 'bars', title: 'What made it decide, per hour', width: 12 },
          description: 'Its own schedule, an event, a person, or a start.',
          queries: [
            {
              promql: perHour('sum by (trigger) (rate(ato_decision_triggers_total[$__rate_interval]))'),
              legend: '{{trigger}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Why',
      panels: [
        {
          ...{ kind: 'table', title: 'Latest decisions with reasoning', width: 24, height: 12 },
          description: 'Every verdict with its reasons and, once known, its outcome.',
          queries: [
            {
              sql: `select at as "time", mode, action, round(confidence, 2) as confidence, trigger,
  data ->> 'reasoning' as reasoning, coalesce(model, 'policy alone') as decided_by,
  json_array_length(data -> 'task_ids') as tasks,
  case when open then 'not known yet' when successful then 'had its effect' else 'had no effect' end as outcome,
  data -> 'outcome' ->> 'detail' as detail, data_kind, data ->> 'id' as id
from $schema.decisions where $__timeFilter(at) order by ordinal desc limit 100`,
            },
          ],
        },
        {
          ...{ kind: 'table', title: 'Candidates of the last decision', width: 12, height: 10 },
          description: 'Every kind of work that was weighed: its score, and why it was or was not taken.',
          queries: [
            {
              sql: `select c ->> 'kind' as kind, round((c ->> 'score')::numeric, 2) as score,
  (c ->> 'due')::boolean as due, (c ->> 'chosen')::boolean as chosen, c ->> 'reason' as reason
from (select data from $schema.decisions order by ordinal desc limit 1) d, json_array_elements(d.data -> 'candidates') c
order by (c ->> 'score')::numeric desc`,
            },
          ],
        },
        {
          ...{ kind: 'table', title: 'Symbols looked at, and why now', width: 12, height: 10 },
          description: 'Expected gain against the price of a look, in the words of the scheduler.',
          queries: [
            {
              sql: `select d.at as "time", l ->> 'symbol' as symbol, l ->> 'reason' as reason,
  round((l ->> 'gain')::numeric, 4) as gain, round((l ->> 'price')::numeric, 4) as price, l ->> 'text' as text
from $schema.decisions d, json_array_elements(d.data -> 'looks') l
where $__timeFilter(d.at) order by d.ordinal desc limit 100`,
            },
          ],
        },
      ],
    },
    {
      title: 'When',
      panels: [
        {
          ...{ kind: 'timeseries', title: 'Lateness of slots, 95th percentile', width: 8, unit: 's' },
          description: 'From the scheduled start of a slot to the start of its task.',
          queries: [
            {
              promql:
                'histogram_quantile(0.95, sum by (kind, le) (rate(ato_task_slot_lateness_seconds_bucket[$__rate_interval])))',
              legend: '{{kind}}',
            },
          ],
        },
        {
          ...{ kind: 'bars', title: 'Looks per hour by what they showed', width: 8 },
          description: 'Looks at single symbols.',
          queries: [
            {
              promql: perHour('sum by (result) (rate(ato_scheduler_looks_total[$__rate_interval]))'),
              legend: '{{result}}',
            },
          ],
        },
        {
          ...{ kind: 'timeseries', title: 'Scheduler regret per find', width: 8, unit: 's' },
          description:
            'How much earlier a find could have been seen at most, had it been looked at with every bar.',
          queries: [
            {
              promql:
                'rate(ato_scheduler_regret_seconds_total[$__range]) / ignoring (result) (rate(ato_scheduler_looks_total{result="found"}[$__range]) > 0)',
              legend: 'upper bound',
            },
          ],
          mayBeEmpty: 'no look found anything in this time',
        },
      ],
    },
  ],
};
