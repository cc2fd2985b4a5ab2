// Contextual alerts: each incident with what was going on when it opened, what it meant for trading, and what was done.
import type { DashboardSpec } from './panel-spec.ts';

const noIncident = 'no incident in this time';

export const alertsDashboard: DashboardSpec = {
  uid: 'ato-alerts',
  title: 'ATO: contextual alerts',
  description: 'Incidents with their context: mode, positions, the decision before, and what healing did.',
  from: 'now-24h',
  annotations: [
    {
      name: 'Incidents',
      colour: 'red',
      mayBeEmpty: noIncident,
      sql: `select opened_at as time, resolved_at as timeend, data ->> 'summary' as text, severity as tags
from $schema.incidents where $__timeFilter(opened_at) order by opened_at limit 200`,
    },
    {
      name: 'Heals',
      colour: 'green',
      mayBeEmpty: noIncident,
      sql: `select at as time, playbook || ' ' || target || ': ' || outcome as text, 'heal' as tags
from $schema.heals where $__timeFilter(at) order by at limit 200`,
    },
  ],
  rows: [
    {
      title: 'Now',
      panels: [
        {
          ...{ kind: 'stat', title: 'Open incidents', width: 8 },
          description: 'By severity: critical means that money is at risk or a person is needed.',
          thresholds: [
            [null, 'green'],
            [1, 'orange'],
          ],
          queries: [{ promql: 'ato_incidents_open', legend: '{{severity}}' }],
        },
        {
          ...{ kind: 'stat', title: 'Trading', width: 4, showNames: true },
          description: 'The switch over all trading.',
          queries: [{ promql: 'ato_trading_state == 1', legend: '{{state}}' }],
        },
        {
          ...{ kind: 'stat', title: 'Open positions', width: 4 },
          description: 'What an incident may touch.',
          queries: [{ promql: 'ato_trading_open_positions' }],
        },
        {
          ...{ kind: 'stat', title: 'Mean time to recover', width: 4, unit: 's' },
          description: 'Of incidents that are over, since the start.',
          queries: [
            {
              promql:
                'sum(ato_incident_duration_seconds_sum) / (sum(ato_incident_duration_seconds_count) > 0)',
            },
          ],
          mayBeEmpty: noIncident,
        },
        {
          ...{ kind: 'stat', title: 'Alerts not delivered', width: 4 },
          description: 'Of the health monitor’s own.',
          thresholds: [
            [null, 'green'],
            [1, 'red'],
          ],
          queries: [{ promql: 'ato_alerts_total{outcome="failed"}' }],
        },
        {
          ...{ kind: 'table', title: 'Alerts of Prometheus that fire', width: 24, height: 6 },
          description: 'From outside of the process.',
          queries: [{ promql: 'ALERTS{alertstate="firing"}', instant: true }],
          mayBeEmpty: 'no alert fires',
        },
      ],
    },
    {
      title: 'Incidents in context',
      panels: [
        {
          ...{ kind: 'table', title: 'Incidents', width: 24, height: 12 },
          description: 'What happened, what it meant for trading, what was going on, and what healing did.',
          queries: [
            {
              sql: `select i.opened_at as "time", i.severity, i.cause, i.data ->> 'summary' as summary,
  i.data ->> 'consequence' as for_trading, i.symptoms::int as seen,
  case when i.open then 'open' else round(extract(epoch from i.resolved_at - i.opened_at))::text || ' s' end as lasted,
  d.mode, e.open_positions::int as positions, round(e.equity, 2) as equity, d.data ->> 'reasoning' as decision_before,
  (select string_agg(h.playbook || ': ' || h.outcome, ', ' order by h.ordinal) from $schema.heals h where h.incident_id = i.key) as healing
from $schema.incidents i
left join lateral (select mode, data from $schema.decisions where at <= i.opened_at order by at desc limit 1) d on true
left join lateral (select equity, open_positions from $schema.equity where at <= i.opened_at order by at desc limit 1) e on true
where $__timeFilter(i.opened_at) order by i.ordinal desc limit 200`,
            },
          ],
          mayBeEmpty: noIncident,
        },
        {
          ...{ kind: 'bargauge', title: 'Causes', width: 8 },
          description: 'Incidents by kind of cause in this time.',
          queries: [
            {
              sql: `select split_part(cause, ':', 1) as cause, count(*) as incidents from $schema.incidents where $__timeFilter(opened_at) group by 1 order by 2 desc`,
            },
          ],
          mayBeEmpty: noIncident,
        },
        {
          ...{ kind: 'table', title: 'Healing', width: 16 },
          description: 'Each attempt: what was found, what it did, whether it worked.',
          queries: [
            {
              sql: `select at as "time", playbook, target, outcome, attempt::int as attempt, data ->> 'before' as before, data ->> 'after' as after
from $schema.heals where $__timeFilter(at) order by ordinal desc limit 200`,
            },
          ],
          mayBeEmpty: noIncident,
        },
      ],
    },
    {
      title: 'Behind it',
      panels: [
        {
          ...{ kind: 'timeseries', title: 'Health of the sources', width: 8, min: 0, max: 1 },
          description: '1 healthy, 0 down.',
          queries: [{ promql: 'ato_source_health', legend: '{{source}}' }],
        },
        {
          ...{ kind: 'timeseries', title: 'Equity', width: 8 },
          description: 'With incidents and heals marked.',
          queries: [{ promql: 'ato_trading_equity', legend: 'equity' }],
        },
        {
          ...{ kind: 'timeseries', title: 'Data kept out per hour', width: 8 },
          description: 'Quarantined by source and reason.',
          queries: [
            {
              promql: 'sum by (source, reason) (rate(ato_market_quarantined_total[$__rate_interval])) * 3600',
              legend: '{{source}} {{reason}}',
            },
          ],
          mayBeEmpty: 'nothing was quarantined',
        },
        {
          ...{ kind: 'table', title: 'Sources', width: 12 },
          description: 'What each says about itself.',
          queries: [
            {
              sql: `select source, state, health, round(latency_ms, 1) as latency_ms, last_data_at, detail, at from $schema.source_status order by health, source`,
            },
          ],
        },
        {
          ...{ kind: 'table', title: 'Messages nobody could handle', width: 12 },
          description: 'Set aside and never acted upon.',
          queries: [
            {
              sql: `select at as "time", message_type, reason, data ->> 'excerpt' as excerpt from $schema.dead_letters where $__timeFilter(at) order by ordinal desc limit 100`,
            },
          ],
          mayBeEmpty: 'every message was handled',
        },
      ],
    },
  ],
};
