// Joins the standard probes to the running parts.
import { createStandardProbes } from '../../adapters/probe/standard/standard-probes.ts';
import { fullestDisk, type SystemProbe } from '../../adapters/probe/system/system-probe.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { AgentVitals } from '../../shared/domain/vitals.ts';
import type { WorkflowServerStatus } from '../../shared/domain/workflow.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { DatabaseCare } from '../../shared/ports/database-care.ts';
import type { Probe } from '../../shared/ports/probe.ts';
import type { Store } from '../../shared/ports/store.ts';
import type { ExternalAlerts } from '../alerts/external-alerts.ts';
import type { MarketHub } from '../market/market-hub.ts';
import type { ModelFinding } from '../models/model-check.ts';
import type { RelayLooks } from '../relay/relay-looks.ts';

export interface ProbeParts {
  readonly store: Store;
  readonly hub: MarketHub;
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly systemProbe: SystemProbe;
  /** Own clock minus the venue's, null while unknown. */
  readonly clockSkewMs: () => number | null;
  readonly folders: readonly string[];
  readonly external: ExternalAlerts;
  /** Agents in other processes; absent when all are here. */
  readonly elsewhere?: () => readonly Pick<AgentVitals, 'agent' | 'state'>[];
  /** Absent when the settings name no relay. */
  readonly relay?: RelayLooks;
  /** Absent when no workflow server is configured. */
  readonly workflowCheck?: () => Promise<WorkflowServerStatus>;
  readonly database: DatabaseCare | undefined;
  readonly modelCheck: (provider: string) => Promise<ModelFinding | undefined>;
}

/** Every probe by name, as the effect runner wants them. */
export function createProbes(parts: ProbeParts): ReadonlyMap<string, Probe> {
  const { store, hub, kernel, clock, systemProbe, folders, workflowCheck, database, modelCheck } = parts;
  const alerts = parts.external.probe();
  const probes = createStandardProbes({
    now: () => clock.now(),
    sourceStatus: (source) => hub.status(source),
    storeCheck: () => store.check(),
    clockSkewMs: () => widestSkew(parts.clockSkewMs, database),
    modelCheck,
    ...(database === undefined ? {} : { databaseLook: () => database.look() }),
    diskSpace: () => fullestDisk(folders),
    eventLoopDelayMs: () => systemProbe.eventLoopDelayMs,
    heap: () => systemProbe.heap(),
    agents: () => kernel.supervisor.states(),
    ...(parts.elsewhere === undefined ? {} : { elsewhere: parts.elsewhere }),
    ...(parts.relay === undefined ? {} : { relayCheck: parts.relay.check }),
    ...(parts.relay?.lag === undefined ? {} : { relayLag: parts.relay.lag }),
    ...(workflowCheck === undefined ? {} : { workflowCheck }),
  });
  return new Map([...probes, [alerts.name, alerts]]);
}

/** The venue's clock and the database server's: the larger difference counts. Null when neither can be asked. */
export async function widestSkew(
  ofMarket: () => number | null,
  database: DatabaseCare | undefined,
): Promise<number | null> {
  const market = ofMarket();
  const server = await database?.look().then(
    ({ clockSkewMs }) => clockSkewMs,
    () => null,
  );
  const known = [market, server].filter((skew) => typeof skew === 'number');
  return known.length === 0
    ? null
    : known.reduce((left, right) => (Math.abs(right) > Math.abs(left) ? right : left));
}
