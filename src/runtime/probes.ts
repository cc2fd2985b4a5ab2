// Joins the standard probes to the running parts.
import { createStandardProbes } from '../adapters/probe/standard/standard-probes.ts';
import { diskSpace, type SystemProbe } from '../adapters/probe/system/system-probe.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { WorkflowServerStatus } from '../shared/domain/workflow.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { Probe } from '../shared/ports/probe.ts';
import type { Store } from '../shared/ports/store.ts';
import type { ExternalAlerts } from './external-alerts.ts';
import type { MarketHub } from './market-hub.ts';

export interface ProbeParts {
  readonly store: Store;
  readonly hub: MarketHub;
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly systemProbe: SystemProbe;
  /** Own clock minus the venue's, null while unknown. */
  readonly clockSkewMs: () => number | null;
  readonly folder: string;
  readonly external: ExternalAlerts;
  /** Absent when no workflow server is configured. */
  readonly workflowCheck?: () => Promise<WorkflowServerStatus>;
}

/** Every probe by name, as the effect runner wants them. */
export function createProbes(parts: ProbeParts): ReadonlyMap<string, Probe> {
  const { store, hub, kernel, clock, systemProbe, clockSkewMs, folder, workflowCheck } = parts;
  const alerts = parts.external.probe();
  const probes = createStandardProbes({
    now: () => clock.now(),
    sourceStatus: (source) => hub.status(source),
    storeCheck: () => store.check(),
    clockSkewMs: async () => clockSkewMs(),
    diskSpace: () => diskSpace(folder),
    eventLoopDelayMs: () => systemProbe.eventLoopDelayMs,
    heap: () => systemProbe.heap(),
    agents: () => kernel.supervisor.states(),
    ...(workflowCheck === undefined ? {} : { workflowCheck }),
  });
  return new Map([...probes, [alerts.name, alerts]]);
}
