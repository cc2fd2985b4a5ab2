// Writes docs/metrics.md from the metrics themselves: `node scripts/metrics-document.ts`. A test holds the file to it.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type MetricDescription, MetricsCollector } from '../src/api/metrics/metrics-collector.ts';

export const metricsDocumentFile = path.resolve(import.meta.dirname, '..', 'docs', 'metrics.md');

const groups: readonly (readonly [heading: string, names: RegExp])[] = [
  [
    'Orchestrator',
    /^orchestrator_(?!model_)|^ato_decision|^ato_market_mode|^ato_market_(volatility|activity)/,
  ],
  ['Learning', /^ato_learning_/],
  ['Language models', /^orchestrator_model_/],
  ['Scheduler, tasks and workflows', /^ato_scheduler_|^ato_task|^ato_workflow/],
  ['Agents', /^ato_agent_|^ato_analyst_/],
  ['Trading', /^ato_trading_/],
  ['Health monitor', /^ato_incident|^ato_heal|^ato_alert|^ato_external|^ato_dead/],
  ['Market sources', /^ato_source_|^ato_market_(candles|quarantined)/],
  ['Kernel, store and machine', /^ato_(clock|inbox|event_loop|journal|commit|store|cpu|heap|disk|build)/],
  ['Relay between processes', /^ato_relay_/],
  ['HTTP', /^ato_http_|^ato_event_stream/],
  ['Process', /^process_/],
  ['Node.js', /^nodejs_/],
];

const introduction = `# Metrics

Written by \`node scripts/metrics-document.ts\` from the metrics themselves; do not edit.

\`GET /metrics\` gives Prometheus text. An unknown value is \`NaN\`, never a made-up zero. With a token and bound elsewhere
than this machine, Prometheus sends the token (\`authorization: { credentials_file: ... }\`). Scrape configuration,
recording rules, alerts and dashboards are in \`deploy/\`; see [deployment.md](deployment.md).

- The names \`orchestrator_*\` and \`api_health_<source>\` are promised to your dashboards and never change.
  \`api_health_<source>\` is one gauge per source (1 healthy, 0 down; the name in lower case with \`_\`, and \`api_health_n8n\`
  where n8n is configured), at most 64; \`ato_source_health{source}\` is the same with a label.
- Except for \`orchestrator_decisions_total\`, \`orchestrator_mode_switches_total\` and \`orchestrator_successful_decisions\`, which
  continue from the store, counts begin at zero with the process, as Prometheus expects.
- Labels have bounded sets of values: names of the catalogue, and at most 200 combinations of what comes from outside; what
  is beyond them is counted under \`other\`.
- A decision to run nothing promises that nothing worth looking for is there: it is successful when that was so, and
  \`outcome="idle"\` when something was missed. The success rate counts both.
- Regret is an upper bound: a find that was looked at late may have begun only with the last bar.

| question | rate | errors | duration |
|---|---|---|---|
| HTTP requests | \`ato_http_requests_total\` | its \`status\` | \`ato_http_request_duration_seconds\` |
| each agent | \`ato_agent_messages_handled_total\` | \`ato_agent_failures_total\` | \`ato_agent_busy_seconds_total\` by the rate |
| decisions | \`ato_decisions_total\` | \`ato_decision_outcomes_total\` | \`ato_task_slot_lateness_seconds\` |
| tasks | \`ato_tasks_total\` | its \`state\` | \`ato_task_duration_seconds\` |
| orders | \`ato_trading_orders_total\` | its \`state\`, \`ato_trading_unknown_orders\` | \`ato_trading_order_acknowledgement_seconds\` |
| language models | \`orchestrator_model_calls_total\` | its \`outcome\` | \`orchestrator_model_latency_seconds_total\` by the rate |
| incidents | \`ato_incidents_total\` | \`ato_heals_total\` | \`ato_incident_duration_seconds\` |

| resource | utilisation | saturation | errors |
|---|---|---|---|
| processor | \`ato_cpu_load_cores\`, \`ato_agent_busy_seconds_total\` | \`ato_event_loop_delay_p99_seconds\` | |
| memory | \`ato_heap_used_bytes\` of \`ato_heap_limit_bytes\` | \`nodejs_gc_duration_seconds\` | |
| disk | \`ato_disk_free_bytes\` of \`ato_disk_size_bytes\` | \`ato_commit_latency_seconds\` | \`ato_store_up\` |
| kernel | \`ato_journal_sequence\` | \`ato_inbox_depth\` | \`ato_dead_letters\` |
| files and sockets | \`process_open_fds\` of \`process_max_fds\` | \`ato_event_stream_clients\` | \`ato_event_stream_dropped_total\` |
`;

function table(metrics: readonly MetricDescription[]): string {
  const rows = metrics.map(
    ({ name, type, labels, help }) =>
      `| \`${name}${labels.length === 0 ? '' : `{${labels.join(',')}}`}\` | ${type} | ${help.replaceAll('|', '\\|')} |`,
  );
  return ['| metric | type | meaning |', '|---|---|---|', ...rows].join('\n');
}

/** The whole document. Throws Error when a metric belongs to no group: a new kind needs a heading. */
export function metricsDocument(): string {
  let left = new MetricsCollector().describe();
  const parts = groups.map(([heading, names]) => {
    const members = left.filter(({ name }) => names.test(name));
    left = left.filter((metric) => !members.includes(metric));
    return `\n## ${heading}\n\n${table(members)}\n`;
  });
  if (left.length > 0) throw new Error(`no heading for ${left.map(({ name }) => name).join(', ')}`);
  return introduction + parts.join('');
}

if (process.argv[1] === import.meta.filename) {
  const text = metricsDocument();
  if (readFileSync(metricsDocumentFile, { encoding: 'utf8', flag: 'a+' }) !== text)
    writeFileSync(metricsDocumentFile, text);
}
