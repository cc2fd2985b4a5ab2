// Everything that looks at the running system and mends it, joined: probes, the database's caretaker, the heal desk.
import path from 'node:path';
import { PostgresCare } from '../../adapters/database-care/postgres/postgres-care.ts';
import type { SystemProbe } from '../../adapters/probe/system/system-probe.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { KernelLoop } from '../../kernel/kernel-loop.ts';
import type { Settings } from '../../shared/config/settings.ts';
import type { WorkflowServerStatus } from '../../shared/domain/workflow.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { DatabaseCare } from '../../shared/ports/database-care.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { Notifier } from '../../shared/ports/notifier.ts';
import type { Probe } from '../../shared/ports/probe.ts';
import type { Store } from '../../shared/ports/store.ts';
import type { ExternalAlerts } from '../alerts/external-alerts.ts';
import type { JobDesk } from '../jobs/job-desk.ts';
import type { MarketHub } from '../market/market-hub.ts';
import { checkModel } from '../models/model-check.ts';
import type { RelayBridge } from '../relay/relay-bridge.ts';
import type { RelayLooks } from '../relay/relay-looks.ts';
import { CommitGuard } from './commit-guard.ts';
import { HealDesk } from './heal-desk.ts';
import { createProbes, type ProbeParts, widestSkew } from './probes.ts';
import { pruneDisk } from './prune-disk.ts';

export interface CareParts {
  readonly settings: Settings;
  readonly store: Store;
  readonly loop: KernelLoop;
  readonly hub: MarketHub;
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly log: Log;
  readonly jobs: Pick<JobDesk, 'letGo'>;
  readonly external: ExternalAlerts;
  readonly systemProbe: SystemProbe;
  /** Own clock minus the venue's, null while unknown. */
  readonly clockSkewMs: () => number | null;
  /** Absent when no workflow server is configured. */
  readonly workflowCheck: (() => Promise<WorkflowServerStatus>) | undefined;
  /** Agents in other processes; absent when all are here. */
  readonly elsewhere: ProbeParts['elsewhere'];
  /** Absent when the settings name no relay. */
  readonly relayLooks: RelayLooks | undefined;
  /** Absent when all agents are here. */
  readonly bridge: RelayBridge | undefined;
  readonly restartProcess: ((reason: string) => void) | undefined;
}

export interface Care {
  readonly probes: ReadonlyMap<string, Probe>;
  readonly healing: HealDesk;
  /** For commits that hang; `notifiers` are told directly. */
  guard(notifiers: readonly Notifier[]): CommitGuard;
  close(): Promise<void>;
}

/** Folders of ours whose disks must not fill; the embedded database is in DATA_DIR. */
export function foldersOf({ LOG_DIR, DATA_DIR }: Settings): readonly string[] {
  return [LOG_DIR, DATA_DIR];
}

export function careOf(parts: CareParts): Care {
  const { settings, store, loop, hub, kernel, clock, log, jobs, systemProbe, clockSkewMs, bridge } = parts;
  const { DATABASE_URL: url, DATABASE_SCHEMA: schema } = settings;
  const database: DatabaseCare | undefined =
    url === undefined ? undefined : new PostgresCare({ url, schema, now: () => Date.now() });
  const probes = createProbes({
    external: parts.external,
    store,
    hub,
    kernel,
    clock,
    systemProbe,
    clockSkewMs,
    database,
    folders: foldersOf(settings),
    modelCheck: (provider) => checkModel(provider, settings),
    ...(parts.elsewhere === undefined ? {} : { elsewhere: parts.elsewhere }),
    ...(parts.relayLooks === undefined ? {} : { relay: parts.relayLooks }),
    ...(parts.workflowCheck === undefined ? {} : { workflowCheck: parts.workflowCheck }),
  });
  const folders = { logs: settings.LOG_DIR, reports: path.join(settings.DATA_DIR, 'reports') };
  const healing = new HealDesk({
    store,
    commits: loop,
    database,
    pace: (source, factor) => hub.pace(source, factor),
    releaseJobs: () => jobs.letGo(),
    checkWorkflows: parts.workflowCheck,
    measureClock: () => widestSkew(clockSkewMs, database),
    pruneDisk: () => pruneDisk(folders, Date.now()),
    relay: bridge && { reconnect: () => bridge.reconnect(), resend: () => bridge.resend() },
    restartProcess: parts.restartProcess,
    clock,
    log,
  });
  const guard = (notifiers: readonly Notifier[]) =>
    new CommitGuard({
      commitRunningMs: () => loop.commitRunningMs,
      post: (input) => loop.post(input),
      database,
      notifiers,
      clock,
      log,
    });
  return {
    probes,
    healing,
    guard,
    close: async () => void (await Promise.all([database?.close(), parts.relayLooks?.close?.()])),
  };
}
