// The effect catalogue: everything an agent may ask of the outside world. Effects are released only after commit.
import type { AgentName } from '../domain/agent-name.ts';
import type { HealAction } from '../domain/heal-action.ts';
import type { Severity } from '../domain/incident.ts';
import type { ModelProvider } from '../domain/model.ts';
import type { OrderQuestion, OrderRequest } from '../domain/order.ts';
import type { JobKind, TaskKind } from '../domain/task.ts';
import type { EpochMs } from '../domain/time.ts';
import type { WorkflowContext } from '../domain/workflow.ts';

/** `digest`: several incidents that were held back, in one message. */
export type AlertPhase = 'opened' | 'updated' | 'resolved' | 'digest';

export interface EffectDataByKind {
  'broker.submit': OrderRequest;
  'broker.cancel': { readonly client_order_id: string; readonly symbol: string };
  'broker.snapshot': {
    readonly request_id: string;
    readonly reason: string;
    /** Every order our books still hold open: the broker must answer for each id, or say that it could not. */
    readonly orders: readonly OrderQuestion[];
  };
  'market.backfill': { readonly symbol: string; readonly count: number };
  'market.restart_source': { readonly source: string; readonly reason: string };
  /** One step of a playbook; what it came to comes back as `heal.done`. */
  'heal.act': { readonly heal_id: string; readonly action: HealAction; readonly target: string };
  'probe.run': { readonly probe: string; readonly target: string };
  'alert.send': {
    readonly incident_id: string;
    readonly severity: Severity;
    readonly text: string;
    readonly phase: AlertPhase;
    /** `people`: every channel; `log`: only the log. Absent counts as people. */
    readonly audience?: 'people' | 'log';
  };
  'job.run': {
    readonly task_id: string;
    readonly kind: JobKind;
    readonly attempt: number;
    readonly deadline_at: EpochMs;
  };
  'workflow.run': {
    readonly task_id: string;
    readonly kind: TaskKind;
    readonly attempt: number;
    readonly symbols: readonly string[];
    readonly decision_id: string;
    readonly priority: number;
    readonly reason: string;
    readonly context: WorkflowContext;
    readonly deadline_at: EpochMs;
  };
  /** One question to one model of the ladder; its instructions are the prompt file of that name and hash. */
  'model.ask': {
    readonly consult_id: string;
    readonly decision_id: string;
    readonly provider: ModelProvider;
    readonly model: string;
    readonly prompt: string;
    readonly brief: string;
    readonly max_output_tokens: number;
    readonly timeout_ms: number;
  };
}

export type EffectKind = keyof EffectDataByKind;

export interface Effect<Kind extends EffectKind = EffectKind> {
  readonly id: string;
  readonly kind: Kind;
  readonly agent: AgentName;
  readonly data: EffectDataByKind[Kind];
  readonly correlation_id: string;
  readonly at: EpochMs;
}

export type AnyEffect = { [Kind in EffectKind]: Effect<Kind> }[EffectKind];

/**
 * What a restart does with an effect that was committed but perhaps not performed.
 * Orders are never resent blindly: trading asks the broker first, so they are dropped here. A workflow is kept, but
 * what is released again is the question what became of it; a job may be begun again, because each does the same once more.
 */
export const effectRecovery: Readonly<Record<EffectKind, 'release-again' | 'drop'>> = {
  'broker.submit': 'drop',
  'broker.cancel': 'drop',
  'broker.snapshot': 'drop',
  'market.backfill': 'drop',
  'market.restart_source': 'drop',
  'heal.act': 'drop',
  'probe.run': 'drop',
  'alert.send': 'release-again',
  'job.run': 'release-again',
  'workflow.run': 'release-again',
  'model.ask': 'drop',
};
