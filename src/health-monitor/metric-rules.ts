// Which measures have a baseline, in which unit, and the smallest spread believed of each. Only excess is unusual.
import type { ProbeResult, SystemVitals } from '../shared/domain/vitals.ts';
import type { MetricRule } from './baseline.ts';
import { megabytes } from './baseline.ts';

const vitalsSamples = 12;
const probeSamples = 1;

interface VitalsMetric extends MetricRule {
  readonly read: (vitals: SystemVitals) => number | null | undefined;
}

const inVitals: readonly VitalsMetric[] = [
  metric('event_loop_delay_p99', 'ms', 5, 0.25, (vitals) => vitals.event_loop_delay_p99_ms),
  metric('cpu_load', 'cores', 0.05, 0.1, (vitals) => vitals.cpu_load),
  metric('resident_memory', 'MB', 20, 0.05, (vitals) => megabytes(vitals.resident_bytes)),
  metric('inbox_depth', 'inputs', 50, 0.5, (vitals) => vitals.inbox_depth),
  metric('open_files', 'files', 20, 0.2, (vitals) => vitals.open_files),
  metric('commit_share', 'of the time', 0.05, 0.3, (vitals) => vitals.commit_share),
  metric('batch_inputs', 'inputs', 5, 0.5, (vitals) => vitals.batch_inputs),
  metric('commit_latency', 'ms', 20, 0.5, (vitals) => vitals.commit_ms),
  metric('store_latency', 'ms', 20, 0.5, (vitals) => vitals.store_ms),
  metric('relay_latency', 'ms', 20, 0.5, (vitals) => vitals.relay?.latency_ms),
  metric('relay_waiting', 'messages', 50, 0.5, ({ relay }) =>
    relay?.sent.reduce((sum, { messages }) => sum + messages, 0),
  ),
  metric('relay_uncommitted', 'messages', 50, 0.5, ({ relay }) => relay?.received.messages),
];

function metric(
  name: string,
  unit: string,
  minScale: number,
  minScaleShare: number,
  read: VitalsMetric['read'],
): VitalsMetric {
  return { name, unit, minScale, minScaleShare, minSamples: vitalsSamples, read };
}

export interface Measured {
  readonly rule: MetricRule;
  readonly value: number;
}

/** What one report of vitals measures; what is not there is left out. */
export function vitalsMetrics(vitals: SystemVitals): Measured[] {
  const found: Measured[] = [];
  for (const rule of inVitals) {
    const value = rule.read(vitals);
    if (value !== null && value !== undefined && Number.isFinite(value)) found.push({ rule, value });
  }
  for (const { agent, mean_turn_ms } of vitals.agents)
    if (Number.isFinite(mean_turn_ms))
      found.push({ rule: { ...turnRule, name: `turn_time:${agent}` }, value: mean_turn_ms });
  return found;
}

const turnRule: MetricRule = {
  name: '',
  unit: 'ms',
  minScale: 2,
  minScaleShare: 0.5,
  minSamples: vitalsSamples,
};

/** Facts of a probe with a normal of their own; others are evidence only. */
const factRules: Readonly<Record<string, Omit<MetricRule, 'name' | 'minSamples'>>> = {
  connections: { unit: 'connections', minScale: 3, minScaleShare: 0.3 },
  waiting_locks: { unit: 'statements', minScale: 1, minScaleShare: 0.5 },
  dead_rows_share: { unit: 'of all rows', minScale: 0.05, minScaleShare: 0.3 },
  database_mb: { unit: 'MB', minScale: 50, minScaleShare: 0.1 },
  messages: { unit: 'messages', minScale: 50, minScaleShare: 0.5 },
  oldest_ms: { unit: 'ms', minScale: 2_000, minScaleShare: 0.5 },
  slowest_mean_ms: { unit: 'ms', minScale: 20, minScaleShare: 0.5 },
};

/** What one answer of a probe measures. */
export function probeMetrics({ probe, target, latency_ms, facts }: ProbeResult): Measured[] {
  const found: Measured[] = [];
  const subject = target === 'system' ? probe : `${probe}:${target}`;
  if (latency_ms !== null && probe !== 'source')
    found.push({
      rule: {
        name: `latency:${subject}`,
        unit: 'ms',
        minScale: 50,
        minScaleShare: 0.5,
        minSamples: probeSamples,
      },
      value: latency_ms,
    });
  for (const [name, value] of Object.entries(facts ?? {})) {
    const rule = factRules[name];
    if (rule !== undefined)
      found.push({ rule: { ...rule, name: `${subject}:${name}`, minSamples: probeSamples }, value });
  }
  return found;
}
