// Everything the HTTP side needs from the rest, as ports. It reads from the store and from facts, and writes only
// by posting operator commands; it must never reach into an agent.
import type { OperatorCommand } from '../shared/bus/catalogue.ts';
import type { AnyMessage } from '../shared/bus/message.ts';
import type { AgentName } from '../shared/domain/agent-name.ts';
import type { ExternalAlert } from '../shared/domain/external-alert.ts';
import type { NormalRow, Proposal, UsageRow } from '../shared/domain/health-report.ts';
import type { LearningView } from '../shared/domain/learning-view.ts';
import type { RunMode } from '../shared/domain/mode.ts';
import type { ScheduleView } from '../shared/domain/schedule-view.ts';
import type { SessionRules } from '../shared/domain/session-rules.ts';
import type { SourceStatus } from '../shared/domain/source-status.ts';
import type { TaskKind } from '../shared/domain/task.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import type { AgentVitals, SystemVitals } from '../shared/domain/vitals.ts';
import type { WorkflowServerStatus } from '../shared/domain/workflow.ts';
import type { Log } from '../shared/ports/log.ts';
import type { StoreHealth, StoreReader } from '../shared/ports/store.ts';

/** One market-data source as it was wired, with its last word about itself; null before it spoke. */
export interface SourceFacts {
  readonly source: string;
  readonly kind: 'live' | 'simulated' | 'recorded';
  readonly symbols: readonly string[];
  readonly status: SourceStatus | null;
  /** Times the source stopped working since the start; absent when the runtime does not count. */
  readonly errors?: number;
  /** Data kept out since the start, counted by reason; absent when the runtime does not count. */
  readonly quarantined?: Readonly<Record<string, number>>;
}

export interface JournalFacts {
  readonly sequence: number;
  readonly hash: string;
  /** Wall time of the last commit; null before the first. */
  readonly last_commit_at: EpochMs | null;
  readonly commit_latency_ms: number | null;
}

/** Whether the kernel loop goes on committing; `detail` says in words why not. */
export interface LoopFacts {
  readonly ok: boolean;
  readonly detail: string;
}

/** What the runtime knows at this moment. Cheap to compute: asked on most requests. Holds no secret. */
export interface RuntimeFacts {
  readonly version: string;
  readonly run_mode: RunMode;
  readonly started_at: EpochMs;
  readonly now: EpochMs;
  /** How far `now` is ahead of the machine's clock because that was set back; absent where it cannot be told. */
  readonly clock_ahead_ms?: number;
  readonly data_kind: 'live' | 'simulated' | 'recorded' | 'none';
  /** False after an operator's stop, also across a restart; null when the runtime cannot tell. */
  readonly running: boolean | null;
  readonly agents: readonly AgentVitals[];
  readonly vitals: SystemVitals | null;
  readonly sources: readonly SourceFacts[];
  readonly journal: JournalFacts;
  readonly loop: LoopFacts;
  readonly store: StoreHealth;
  /** Settings as shown to people, secrets masked. */
  readonly settings: Readonly<Record<string, string>>;
  readonly universe: readonly string[];
  readonly next_decision_at: EpochMs | null;
  /** Inputs waiting for the kernel; absent when only the vitals know. */
  readonly inbox_depth?: number;
  /** Alerts the notifiers accepted and refused since the start. */
  readonly alerts?: { readonly sent: number; readonly failed: number };
  /** The workflow server that may run tasks, as it last spoke; null when none is configured. */
  readonly workflow_server?: { readonly name: string; readonly status: WorkflowServerStatus | null } | null;
}

/** What workflows may ask of the system besides what everybody may. */
export interface WorkflowDoor {
  /** Undefined when the claim is not genuine; `counted` says whether it ended the attempt. */
  callback(request: {
    readonly taskId: string;
    readonly attempt: number;
    readonly expiresAt: EpochMs;
    readonly signature: string;
    readonly reply: unknown;
  }): Promise<{ readonly counted: boolean } | undefined>;
  /** Gives the work of a running workflow to the agent of its task; resolves after the commit. */
  handOver(taskId: string, executionId: string | null): Promise<CommandReceipt>;
}

/** One entry of the orchestrator's catalogue of work. */
export interface WorkflowFacts {
  readonly kind: TaskKind;
  readonly description: string;
  readonly agent: AgentName;
  readonly runner: 'native' | 'n8n';
  readonly min_interval_ms: number;
  readonly max_interval_ms: number;
  readonly deadline_ms?: number;
  readonly cost?: number;
  readonly resources?: readonly string[];
  /** True when it keeps the system safe: it cannot be paused. */
  readonly safety?: boolean;
}

/** The turn of a posted command, once it is committed: the input itself and everything emitted because of it. */
export interface CommandReceipt {
  readonly sequence: number;
  readonly messages: readonly AnyMessage[];
}

interface MessageStream {
  /** Hears every committed message, inputs and emissions, in order. Returns the function that ends it. */
  subscribe(listener: (messages: readonly AnyMessage[]) => void): () => void;
}

/** What the health monitor has seen and done within a day, has learnt, and proposes. */
export interface HealthReport {
  readonly at: EpochMs;
  readonly incidents: readonly { readonly cause: string; readonly open: number; readonly last_day: number }[];
  readonly playbooks: readonly {
    readonly playbook: string;
    readonly verified: number;
    readonly failed: number;
    readonly refused: number;
    readonly mean_time_to_heal_ms: number | null;
  }[];
  readonly normals: readonly NormalRow[];
  readonly usage: readonly UsageRow[];
  readonly proposals: readonly Proposal[];
  readonly pages: { readonly sent_today: number; readonly held_back: number };
}

export interface ApiDependencies {
  readonly reader: StoreReader;
  /**
   * Pushes an operator.command input and resolves after its commit. Rejects with an error saying
   * "shutting down" when the command was certainly not taken.
   */
  readonly post: (command: OperatorCommand) => Promise<CommandReceipt>;
  readonly runtime: () => RuntimeFacts;
  readonly stream: MessageStream;
  readonly workflows: () => readonly WorkflowFacts[];
  /** Absent where no workflow can be under way. */
  readonly workflowDoor?: WorkflowDoor;
  /** Takes alerts of another monitor; resolves after their commit. Absent where no health monitor runs. */
  readonly externalAlerts?: (alerts: readonly ExternalAlert[]) => Promise<void>;
  /** Folder of the built page, or a function that names it once it is built; undefined when there is none. */
  readonly pageFolder: string | undefined | (() => string | undefined);
  readonly apiToken: string | undefined;
  readonly bindAddress: string;
  readonly log: Log;
  /** Session hours and holidays in force; the default hours without them. */
  readonly sessionRules?: SessionRules;
  /** The orchestrator's schedule now, read from its rows; absent where no orchestrator is at hand. */
  readonly schedule?: () => ScheduleView;
  /** Absent where no health monitor is at hand. */
  readonly healthReport?: () => Promise<HealthReport>;
  /** What the orchestrator has learnt, read from its rows; absent where no orchestrator is at hand. */
  readonly learning?: () => LearningView;
}
