// The table of metrics, joined from one file for each part of the house: name, meaning, labels, and where the number comes
// from. The names are a contract with the users' dashboards and must never change.
import { agentMetrics } from './agent-metrics.ts';
import { healthMetrics } from './health-metrics.ts';
import { machineMetrics } from './machine-metrics.ts';
import type { MetricDefinition } from './metric-definition.ts';
import { modelMetrics } from './model-metrics.ts';
import { orchestratorMetrics } from './orchestrator-metrics.ts';
import { relayMetrics } from './relay-metrics.ts';
import { sourceMetrics } from './source-metrics.ts';
import { systemMetrics } from './system-metrics.ts';
import { tradingMetrics } from './trading-metrics.ts';
import { workMetrics } from './work-metrics.ts';

/** All metrics, in the order in which they are told. */
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
