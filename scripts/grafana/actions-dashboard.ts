// The action log with reasoning: everything the four agents did, in one list, each line with its why and its correlation id.
import type { DashboardSpec } from './panel-spec.ts';

/** Everything that was done, newest first; the text boxes narrow it. */
const everything = `with log as (
  select at, 'orchestrator' as who, 'decision: ' || action as what, mode as subject,
    data ->> 'reasoning' as reasoning, data ->> 'id' as correlation from $schema.decisions where $__timeFilter(at)
  union all
  select issued_at, 'analyst', 'signal: ' || action, symbol, data ->> 'reasoning', signal_id
    from $schema.signals where $__timeFilter(issued_at)
  union all
  select at, 'trading', 'refused: ' || code, symbol,
    'limit ' || coalesce(limit_value, '-') || ', found ' || coalesce(actual_value, '-'), signal_id
    from $schema.refusals where $__timeFilter(at)
  union all
  select created_at, 'trading', 'order: ' || side || ' ' || leg || ', ' || state, symbol, data ->> 'reason', signal_id
    from $schema.orders where $__timeFilter(created_at)
  union all
  select closed_at, 'trading', 'closed, result ' || round(realised_profit, 2), symbol, close_reason, signal_id
    from $schema.positions where not open and $__timeFilter(closed_at)
  union all
  select at, 'health', 'heal: ' || playbook || ', ' || outcome, target, data ->> 'before', incident_id
    from $schema.heals where $__timeFilter(at)
  union all
  select opened_at, 'health', 'incident: ' || severity, cause, data ->> 'summary', key
    from $schema.incidents where $__timeFilter(opened_at)
)
select at as "time", who, what, subject, reasoning, correlation from log
where ('$who' = '' or who = '$who')
  and ('$text' = '' or concat_ws(' ', what, subject, reasoning, correlation) ilike '%' || '$text' || '%')
order by at desc limit 500`;

export const actionsDashboard: DashboardSpec = {
  uid: 'ato-actions',
  title: 'ATO: action log with reasoning',
  description:
    'Everything the four agents did, with the reason of each, read from the tables of the orchestrator.',
  from: 'now-24h',
  textBoxes: { who: 'Who (orchestrator, analyst, trading, health)', text: 'Text' },
  rows: [
    {
      title: 'Log',
      panels: [
        {
          ...{ kind: 'table', title: 'Everything that was done', width: 24, height: 18 },
          description:
            'Decisions, signals, refusals, orders, closed positions, heals and incidents. Lines of one signal share a correlation.',
          queries: [{ sql: everything }],
        },
      ],
    },
    {
      title: 'From signal to result',
      panels: [
        {
          ...{ kind: 'table', title: 'Signals and what became of them', width: 24, height: 12 },
          description:
            'Each signal with its reasoning, evidence, the refusal or the order, and the result of its position.',
          queries: [
            {
              sql: `select s.issued_at as "time", s.symbol, s.action, round(s.confidence, 2) as confidence, s.strategy,
  s.data ->> 'reasoning' as reasoning,
  (select string_agg((e ->> 'name') || ' ' || coalesce(e ->> 'value', '-'), ', ') from json_array_elements(s.data -> 'evidence') e) as evidence,
  case when r.key is not null then 'refused: ' || r.code || ' (limit ' || coalesce(r.limit_value, '-') || ', found ' || coalesce(r.actual_value, '-') || ')'
    when o.key is not null then o.side || ' ' || o.quantity || ', ' || o.state else 'no order' end as became,
  round(p.realised_profit, 2) as result, p.close_reason, s.signal_id as correlation
from $schema.signals s
left join lateral (select * from $schema.refusals where signal_id = s.signal_id order by ordinal desc limit 1) r on true
left join lateral (select * from $schema.orders where signal_id = s.signal_id and leg = 'entry' order by ordinal desc limit 1) o on true
left join lateral (select * from $schema.positions where signal_id = s.signal_id order by ordinal desc limit 1) p on true
where $__timeFilter(s.issued_at) and ('$text' = '' or concat_ws(' ', s.symbol, s.strategy, s.signal_id) ilike '%' || '$text' || '%')
order by s.ordinal desc limit 200`,
            },
          ],
        },
        {
          ...{ kind: 'table', title: 'Tasks', width: 12, height: 10 },
          description: 'What ran, for which decision, and what it found.',
          queries: [
            {
              sql: `select slot_at as "time", kind, state, agent, runner, attempts::int as attempts,
  round(extract(epoch from finished_at - started_at)::numeric, 2) as seconds,
  data -> 'result' ->> 'summary' as result, data -> 'result' ->> 'error' as error, data ->> 'reason' as reason, decision_id
from $schema.tasks where $__timeFilter(slot_at) order by ordinal desc limit 200`,
            },
          ],
        },
        {
          ...{ kind: 'table', title: 'Fills', width: 12, height: 10 },
          description: 'Executed trades as the broker reported them.',
          queries: [
            {
              sql: `select at as "time", symbol, side, quantity, price, fee, liquidity, client_order_id
from $schema.fills where $__timeFilter(at) order by ordinal desc limit 200`,
            },
          ],
        },
      ],
    },
  ],
};
