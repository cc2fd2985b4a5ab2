// Measurements of the process and its agents, taken on the noisy side and handed in as messages.
import type { AgentName } from './agent-name.ts';
import type { Severity } from './incident.ts';
import type { EpochMs } from './time.ts';

export interface AgentVitals {
  readonly agent: AgentName;
  readonly state: 'running' | 'restarting' | 'down';
  readonly last_turn_at: EpochMs | null;
  readonly handled: number;
  readonly failures: number;
  readonly restarts: number;
  /** Mean handler time since the previous report, milliseconds. */
  readonly mean_turn_ms: number;
}

export interface SystemVitals {
  readonly at: EpochMs;
  readonly event_loop_delay_p99_ms: number;
  readonly heap_used_bytes: number;
  readonly heap_limit_bytes: number;
  readonly resident_bytes: number;
  readonly disk_free_bytes: number | null;
  readonly disk_total_bytes: number | null;
  /** Process CPU over one core, 0..cores. */
  readonly cpu_load: number;
  readonly inbox_depth: number;
  readonly agents: readonly AgentVitals[];
  /** Open files and connections of the process, and how many it may have; null where the system does not say. */
  readonly open_files?: number | null;
  readonly open_files_limit?: number | null;
  /** Share of the time since the last report that went into commits, and inputs per commit. */
  readonly commit_share?: number;
  readonly batch_inputs?: number;
  /** Last commit of the kernel loop, milliseconds. */
  readonly commit_ms?: number;
  /** Last round trip to the store, milliseconds; null when it did not answer. */
  readonly store_ms?: number | null;
  /** Own clock minus a trusted one; null where none can be asked. */
  readonly clock_skew_ms?: number | null;
  /** What the wall clock moved beyond the steady one since the last report: a jump. */
  readonly clock_jump_ms?: number;
  /** The relay to agents in other processes; absent when all agents are here. */
  readonly relay?: RelayVitals;
}

/** Messages of one way that are not done, and how long ago the oldest of them was said. */
export interface RelayLag {
  readonly messages: number;
  readonly oldest_ms: number;
}

export interface RelayVitals {
  readonly server: string;
  /** As the relay was last asked, a few seconds ago at most. */
  readonly ok: boolean;
  readonly latency_ms: number | null;
  readonly detail: string;
  /** Sent from here, or waiting in the database to be sent, and not yet committed by the agent's process. */
  readonly sent: readonly (RelayLag & { readonly agent: AgentName })[];
  /** Received here, and not yet committed. */
  readonly received: RelayLag;
}

export interface ProbeResult {
  readonly probe: string;
  readonly target: string;
  readonly ok: boolean;
  readonly latency_ms: number | null;
  readonly value: number | null;
  readonly detail: string;
  readonly at: EpochMs;
  /** Further measures by name, for baselines and as evidence; at most maxProbeFacts. */
  readonly facts?: Readonly<Record<string, number>>;
  /** How bad whoever told it says it is; only alerts of other monitors say so themselves. */
  readonly severity?: Severity;
}

export const maxProbeFacts = 24;

/** Market state of one asset class as the analyst measures it. */
export interface MarketState {
  readonly asset_class: 'crypto' | 'forex';
  /** Annualised realised volatility, as a fraction (0.6 = 60 %); null before warm-up. */
  readonly volatility: number | null;
  /** Short-term volatility relative to the instrument's own normal; 1 is normal; null before warm-up. */
  readonly activity: number | null;
  readonly instruments: number;
  readonly at: EpochMs;
}
