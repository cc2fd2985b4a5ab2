// Writes Grafana's dashboards from their data: `node scripts/dashboards.ts`. A test holds the files to it.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { actionsDashboard } from './grafana/actions-dashboard.ts';
import { agentsDashboard } from './grafana/agents-dashboard.ts';
import { alertsDashboard } from './grafana/alerts-dashboard.ts';
import { buildDashboard } from './grafana/build-dashboard.ts';
import { decisionsDashboard } from './grafana/decisions-dashboard.ts';

export const dashboardsFolder = path.resolve(import.meta.dirname, '..', 'deploy', 'grafana', 'dashboards');
export const dashboards = [decisionsDashboard, agentsDashboard, actionsDashboard, alertsDashboard];

/** The files by name, as text. */
export function dashboardFiles(): ReadonlyMap<string, string> {
  return new Map(
    dashboards.map((spec) => [`${spec.uid}.json`, `${JSON.stringify(buildDashboard(spec), null, 2)}\n`]),
  );
}

if (process.argv[1] === import.meta.filename) {
  mkdirSync(dashboardsFolder, { recursive: true });
  for (const [name, text] of dashboardFiles()) writeFileSync(path.join(dashboardsFolder, name), text);
}
