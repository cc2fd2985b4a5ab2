// The state of everything around the agents while a fault is on: what vitals, probes, sources and n8n would say, and what
// the healing actions do to it. A fault changes fields; only a healing action, an agent's restart or time changes them back.
import type { AgentName } from '../../shared/domain/agent-name.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import type { Random } from '../../shared/ports/random.ts';

export interface Patient {
  eventLoopDelayMs: number;
  heapBytes: number;
  /** Bytes added with every report while something leaks. */
  leakBytes: number;
  diskFreeBytes: number;
  storeMs: number | null;
  clockSkewMs: number;
  clockJumpMs: number;
  inboxDepth: number;
  readonly turnMs: Map<AgentName, number>;
  /** Agents that throw at everything they hear. */
  readonly throwing: Set<AgentName>;
  /** What each source says of itself; absent means live. */
  readonly sources: Map<
    string,
    { readonly state: 'degraded' | 'stale' | 'unreachable'; readonly detail: string }
  >;
  /** Malformed rows with every report, by source. */
  readonly garbage: Map<string, number>;
  readonly silentModels: Set<string>;
  workflowsDown: boolean;
  readonly relayServer: 'redis';
  /** The relay to agents in other processes, as the process last asked it. */
  relay: { readonly ok: boolean; readonly latencyMs: number | null };
}

export const heapLimitBytes = 2_000_000_000;
const calmHeapBytes = 120_000_000;

export function healthyPatient(): Patient {
  return {
    eventLoopDelayMs: 4,
    heapBytes: calmHeapBytes,
    leakBytes: 0,
    diskFreeBytes: 50_000_000_000,
    storeMs: 3,
    clockSkewMs: 12,
    clockJumpMs: 0,
    inboxDepth: 2,
    turnMs: new Map(),
    throwing: new Set(),
    sources: new Map(),
    garbage: new Map(),
    silentModels: new Set(),
    workflowsDown: false,
    relayServer: 'redis',
    relay: { ok: true, latencyMs: 2 },
  };
}

/** What a fault can be told of. `target` is a source, an agent, or `system`. */
export type Stimulus =
  | { readonly kind: 'acted'; readonly action: string; readonly target: string }
  | { readonly kind: 'source_restarted'; readonly target: string }
  | { readonly kind: 'agent_restarted'; readonly target: string }
  | { readonly kind: 'time'; readonly elapsedMs: number };

/** One fault under way; told of everything that could mend it. */
export interface RunningFault {
  /**
   * `healing`: it lasts until a healing action or a restart ends it. `time`: it ends by itself, so no playbook may be
   * praised for its end, only for leading the work around it.
   */
  readonly endsBy: 'healing' | 'time';
  /** The kernel's supervisor is the watcher where the health agent itself is what fails; absent means the health agent. */
  readonly watcher?: 'kernel';
  /** Its playbook is to lead the work around it. */
  readonly bypasses?: boolean;
  /** Causes of which one must be told, and the playbook that must mend it. */
  readonly causes: readonly string[];
  readonly playbook: string;
  hear(stimulus: Stimulus, now: EpochMs): void;
}

export interface FaultWorld {
  readonly patient: Patient;
  readonly random: Random;
  readonly sources: readonly string[];
  readonly models: readonly string[];
}
