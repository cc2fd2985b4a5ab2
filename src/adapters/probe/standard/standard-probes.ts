// The house's probes over injected looks: source, store, clock, disk, event loop, heap and agents.
// They measure and pass on; thresholds belong to the health monitor.
import {
  type ProbeName,
  type RelayWay,
  relayWays,
  wholeSystemTarget,
} from '../../../shared/domain/probe-names.ts';
import type { SourceStatus } from '../../../shared/domain/source-status.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';
import type { AgentVitals, RelayLag } from '../../../shared/domain/vitals.ts';
import type { WorkflowServerStatus } from '../../../shared/domain/workflow.ts';
import type { DatabaseFinding } from '../../../shared/ports/database-care.ts';
import type { Probe } from '../../../shared/ports/probe.ts';
import type { StoreHealth } from '../../../shared/ports/store.ts';
import { type Finding, guardedProbe } from './guarded-probe.ts';

export interface StandardProbeParts {
  readonly now: () => EpochMs;
  /** Last status of a source; undefined when there is no such source or it never reported. */
  readonly sourceStatus: (source: string) => SourceStatus | undefined;
  readonly storeCheck: () => Promise<StoreHealth>;
  /** Own clock minus a trusted one, milliseconds; absent or null when nothing can be asked. */
  readonly clockSkewMs?: (() => Promise<number | null>) | undefined;
  readonly diskSpace: () => Promise<{
    readonly freeBytes: number | null;
    readonly totalBytes: number | null;
  }>;
  readonly eventLoopDelayMs: () => number;
  readonly heap: () => { readonly usedBytes: number; readonly limitBytes: number };
  /** Asks the workflow server now; absent when none is configured. */
  readonly workflowCheck?: () => Promise<Omit<WorkflowServerStatus, 'at'>>;
  /** Looks into the database server; absent where it is embedded. */
  readonly databaseLook?: () => Promise<DatabaseFinding>;
  /** Asks a provider of language models for its list, which costs nothing; undefined when it is not configured. */
  readonly modelCheck?: (
    provider: string,
  ) => Promise<{ readonly ok: boolean; readonly detail: string } | undefined>;
  /** Asks the relay server now; absent where the settings name none. */
  readonly relayCheck?: () => Promise<{
    readonly ok: boolean;
    readonly latencyMs: number | null;
    readonly detail: string;
  }>;
  /** What waits on one of the ways of messages between processes, with words; absent when all agents are here. */
  readonly relayLag?: (way: RelayWay) => Promise<RelayLag & { readonly detail: string }>;
  /** Must not reset the statistics that the vitals report. */
  readonly agents: () => readonly Pick<AgentVitals, 'agent' | 'state'>[];
  /** Agents of other processes by their signs of life; absent when all are here. */
  readonly elsewhere?: () => readonly Pick<AgentVitals, 'agent' | 'state'>[];
}

/** Every probe by name, ready for the effect runner. */
export function createStandardProbes(parts: StandardProbeParts): ReadonlyMap<ProbeName, Probe> {
  const looks: Readonly<Record<ProbeName, (target: string) => Finding | Promise<Finding>>> = {
    source: (target) => lookAtSource(parts.sourceStatus(target)),
    store: async () => lookAtStore(await parts.storeCheck()),
    clock: async () => lookAtClock((await parts.clockSkewMs?.()) ?? null),
    disk: async () => lookAtDisk(await parts.diskSpace()),
    event_loop: () => ({
      ok: true,
      value: parts.eventLoopDelayMs(),
      detail: 'delay p99 in ms',
      latencyMs: null,
    }),
    heap: () => lookAtHeap(parts.heap()),
    agent: (target) => lookAtAgents(parts, target),
    workflow: async () => lookAtWorkflows(await parts.workflowCheck?.()),
    database: async () => lookAtDatabase(await parts.databaseLook?.()),
    model: async (target) => lookAtModel(await parts.modelCheck?.(target)),
    relay: async () => lookAtRelay(await parts.relayCheck?.()),
    relay_lag: async (target) => {
      const way = relayWays.find((one) => one === target);
      return lookAtLag(way === undefined ? undefined : await parts.relayLag?.(way));
    },
  };
  const names = Object.keys(looks) as ProbeName[];
  return new Map(names.map((name) => [name, guardedProbe({ name, now: parts.now, look: looks[name] })]));
}

/** Value: health in 0..1. A source that is merely degraded still delivers. */
function lookAtSource(status: SourceStatus | undefined): Finding {
  if (status === undefined) return { ok: false, value: null, detail: 'it never reported', latencyMs: null };
  const down = status.state === 'stale' || status.state === 'blind' || status.state === 'unreachable';
  const detail = status.detail === '' ? status.state : `${status.state}: ${status.detail}`;
  return { ok: !down, value: status.health, detail, latencyMs: status.latencyMs };
}

/** Latency: one round trip to the database. */
function lookAtStore(health: StoreHealth): Finding {
  const detail = `${health.kind}: ${health.detail}`;
  if (health.latencyMs === null) return { ok: health.ok, value: null, detail };
  return { ok: health.ok, value: null, detail, latencyMs: health.latencyMs };
}

/** Value: milliseconds by which this clock is ahead. Without a trusted clock nothing is claimed. */
function lookAtClock(skewMs: number | null): Finding {
  if (skewMs === null) return { ok: true, value: null, detail: 'not measurable offline', latencyMs: null };
  return { ok: true, value: skewMs, detail: 'own clock minus the trusted one, ms' };
}

/** Value: free bytes. */
function lookAtDisk(disk: {
  readonly freeBytes: number | null;
  readonly totalBytes: number | null;
}): Finding {
  if (disk.freeBytes === null) return { ok: true, value: null, detail: 'not measurable on this system' };
  const total = disk.totalBytes === null ? 'unknown' : `${disk.totalBytes}`;
  return { ok: true, value: disk.freeBytes, detail: `free bytes of ${total}` };
}

/** Value: share of V8's limit in use, 0..1. */
function lookAtHeap(heap: { readonly usedBytes: number; readonly limitBytes: number }): Finding {
  const share = heap.limitBytes > 0 ? heap.usedBytes / heap.limitBytes : null;
  const detail = `${heap.usedBytes} of ${heap.limitBytes} bytes`;
  return { ok: true, value: share, detail, latencyMs: null };
}

/** Value: health in 0..1. */
function lookAtWorkflows(status: Omit<WorkflowServerStatus, 'at'> | undefined): Finding {
  if (status === undefined) return { ok: true, value: null, detail: 'none is configured', latencyMs: null };
  return { ok: status.ok, value: status.health, detail: status.detail, latencyMs: status.latency_ms };
}

/** Value: share of connections taken. */
function lookAtDatabase(finding: DatabaseFinding | undefined): Finding {
  if (finding === undefined)
    return {
      ok: true,
      value: null,
      detail: 'it is embedded: there is no server to look into',
      latencyMs: null,
    };
  const { facts, detail } = finding;
  return { ok: true, value: facts.connection_share ?? null, detail, facts };
}

function lookAtModel(answer: { readonly ok: boolean; readonly detail: string } | undefined): Finding {
  if (answer === undefined) return { ok: true, value: null, detail: 'it is not configured', latencyMs: null };
  return { ok: answer.ok, value: null, detail: answer.detail };
}

function lookAtRelay(
  answer: { readonly ok: boolean; readonly latencyMs: number | null; readonly detail: string } | undefined,
): Finding {
  if (answer === undefined) return { ok: true, value: null, detail: 'none is configured', latencyMs: null };
  return { ok: answer.ok, value: null, detail: answer.detail, latencyMs: answer.latencyMs };
}

/** Value: age of the oldest message that is not done, milliseconds. */
function lookAtLag(lag: (RelayLag & { readonly detail: string }) | undefined): Finding {
  if (lag === undefined) return { ok: true, value: null, detail: 'all agents are here', latencyMs: null };
  const { messages, oldest_ms, detail } = lag;
  return { ok: true, value: oldest_ms, detail, latencyMs: null, facts: { messages, oldest_ms } };
}

/** Value: number of agents that run. Those of this process, or the one that the target names, wherever it is. */
function lookAtAgents({ agents, elsewhere }: StandardProbeParts, target: string): Finding {
  const whole = target === wholeSystemTarget;
  const looked = whole ? agents() : (elsewhere?.() ?? []).filter(({ agent }) => agent === target);
  if (looked.length === 0) return { ok: true, value: null, detail: 'not looked for yet', latencyMs: null };
  const down = looked.filter(({ state }) => state !== 'running');
  const detail =
    down.length === 0 ? 'all run' : down.map(({ agent, state }) => `${agent} is ${state}`).join(', ');
  return { ok: down.length === 0, value: looked.length - down.length, detail, latencyMs: null };
}
