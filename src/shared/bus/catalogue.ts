// The message catalogue: every type that may travel, with the shape of its data.
import type { AgentName } from '../domain/agent-name.ts';
import type { CandidateBatch } from '../domain/candidate.ts';
import type { Candle } from '../domain/candle.ts';
import type { Decision, DecisionScore } from '../domain/decision.ts';
import type { HealAction } from '../domain/heal-action.ts';
import type { Proposal } from '../domain/health-report.ts';
import type { DeadLetter, HealRecord, Incident } from '../domain/incident.ts';
import type { LookRequest } from '../domain/look.ts';
import type { Mandate } from '../domain/mandate.ts';
import type { MarketMode, RunMode } from '../domain/mode.ts';
import type { LadderState, ModelConsultation, ModelReply } from '../domain/model.ts';
import type { DecimalText } from '../domain/money.ts';
import type { CalendarSnapshot, NewsItem, SentimentReading } from '../domain/news.ts';
import type { Fill, Order, OrderRequest } from '../domain/order.ts';
import type { EquityPoint, Position } from '../domain/position.ts';
import type { Quote } from '../domain/quote.ts';
import type { Refusal } from '../domain/risk.ts';
import type { Signal } from '../domain/signal.ts';
import type { SourceStatus } from '../domain/source-status.ts';
import type { Task, TaskKind, TaskResult } from '../domain/task.ts';
import type { EpochMs } from '../domain/time.ts';
import type { TradingState, TradingStateRecord } from '../domain/trading-state.ts';
import type { MarketState, ProbeResult, SystemVitals } from '../domain/vitals.ts';
import type { WorkflowOutcome, WorkflowServerStatus, WorkflowWitness } from '../domain/workflow.ts';

/** A closed candle, with when it happened (its close) and when the system could first know it. */
export interface CandleEvent {
  readonly source: string;
  readonly kind: 'live' | 'simulated' | 'recorded';
  readonly candle: Candle;
  readonly happened_at: EpochMs;
  readonly known_at: EpochMs;
}

/** Latest quotes of one source, conflated to at most one per symbol. */
export interface QuoteBatch {
  readonly source: string;
  readonly quotes: readonly Quote[];
  readonly known_at: EpochMs;
}

/** Past candles asked for at start or after an outage, oldest first; never a reason to trade by themselves. */
export interface CandleHistory {
  readonly source: string;
  readonly kind: 'live' | 'simulated' | 'recorded';
  readonly symbol: string;
  readonly candles: readonly Candle[];
  readonly known_at: EpochMs;
}

export interface MarketQuarantine {
  readonly source: string;
  readonly reason: string;
  readonly where: string;
  readonly count: number;
}

export interface KernelStarted {
  readonly run_mode: RunMode;
  readonly seed: number;
  readonly version: string;
  /** Settings the agents were built with, without any secret; a replay rebuilds the agents from them. */
  readonly agent_settings: Readonly<Record<string, unknown>>;
  readonly first_start: boolean;
}

export interface KernelAlarm {
  readonly owner: AgentName;
  readonly name: string;
  readonly due_at: EpochMs;
}

export interface AgentFailure {
  readonly agent: AgentName;
  readonly error: string;
  readonly message_id: string;
  readonly failures: number;
  readonly restart_at: EpochMs;
}

/** What a broker says of one order. `report_id` makes a repeated report recognisable. */
export interface BrokerReport {
  readonly broker: string;
  readonly report_id: string;
  readonly client_order_id: string;
  readonly kind: 'accepted' | 'rejected' | 'fill' | 'cancelled' | 'expired';
  readonly fill: Fill | null;
  /** The order as the broker holds it, for legs the broker created itself. */
  readonly order: OrderRequest | null;
  readonly reason: string | null;
  readonly at: EpochMs;
}

/** A submit or cancel whose result is not known (`unknown`), or that certainly never left (`not-sent`). */
export interface BrokerUncertainty {
  readonly broker: string;
  readonly client_order_id: string;
  readonly action: 'submit' | 'cancel';
  readonly outcome: 'unknown' | 'not-sent';
  readonly detail: string;
}

/** One order as the broker truly holds or remembers it. */
export interface BrokerOrder {
  readonly request: OrderRequest;
  readonly state: 'accepted' | 'partially_filled' | 'filled' | 'cancelled' | 'rejected' | 'expired';
  readonly filled_quantity: DecimalText;
}

/** Net holding of one symbol at the broker, as far as it comes from our orders. */
export interface BrokerPosition {
  readonly symbol: string;
  /** Signed: negative is short. */
  readonly quantity: DecimalText;
  readonly average_price: DecimalText | null;
  /** True when the quantity may include what is not ours, such as coins of a spot account: only less than ours differs. */
  readonly shared?: boolean;
}

/** A symbol about which the broker could not be heard in full; nothing of it may be read as absent or flat. */
export interface UnansweredSymbol {
  readonly symbol: string;
  readonly reason: string;
}

/** The broker's whole truth, answered to a `broker.snapshot` effect. A failed query is never an empty one. */
export interface BrokerSnapshot {
  readonly broker: string;
  readonly request_id: string;
  /** False when the answer as a whole may not be relied upon, such as after an error. */
  readonly complete: boolean;
  readonly error: string | null;
  /** Ids asked for that the broker positively has no order of. An id named nowhere was not answered. */
  readonly absent: readonly string[];
  readonly unanswered?: readonly UnansweredSymbol[];
  readonly orders: readonly BrokerOrder[];
  /** Every fill of every order listed in `orders`. */
  readonly fills: readonly Fill[];
  /** Settled balance in account currency: purchases do not lower it, realised profit and fees move it. */
  readonly cash: DecimalText | null;
  /** Net holdings; absent where the broker cannot tell them apart from the user's own. */
  readonly positions?: readonly BrokerPosition[];
}

export const operatorCommands = [
  'start',
  'stop',
  'force_decision',
  'halt',
  'reduce_only',
  'resume',
  'auto_heal',
  'close_position',
  'close_all',
  'set_mode',
  'run_task',
  'pause_task',
  'resume_task',
] as const;

export interface OperatorCommand {
  readonly command: (typeof operatorCommands)[number];
  readonly by: string;
  readonly reason: string;
  /** Symbol of close_position; null otherwise. */
  readonly symbol: string | null;
  readonly dry_run: boolean;
  /** Mode of set_mode; `auto` gives the choice back to the orchestrator. */
  readonly mode?: MarketMode | 'auto';
  /** Kind of run_task, pause_task and resume_task. */
  readonly kind?: TaskKind;
}

export interface TaskAssignment {
  readonly task_id: string;
  readonly kind: TaskKind;
  readonly symbols: readonly string[];
  readonly decision_id: string;
  readonly deadline_at: EpochMs;
  /** What to report of each symbol; absent when nothing is asked. */
  readonly look?: LookRequest;
}

export interface TaskCompletion {
  readonly task_id: string;
  readonly kind: TaskKind;
  readonly succeeded: boolean;
  readonly result: TaskResult;
}

/** How the workflow of one attempt ended, told once or more often; only the first word on an attempt counts. */
export interface WorkflowResult extends TaskCompletion {
  readonly attempt: number;
  readonly outcome: WorkflowOutcome;
  readonly via: WorkflowWitness;
  readonly execution_id: string | null;
}

/** Whether a signal's claim came true within its horizon: a move of one average true range in its direction first. */
export interface SignalOutcome {
  readonly signal_id: string;
  readonly symbol: string;
  readonly action: Signal['action'];
  readonly strategy: string;
  /** `unknown`: the candles to judge it by never came. */
  readonly outcome: 'right' | 'wrong' | 'unknown';
  readonly at: EpochMs;
}

/** What became of one attempt of a job. */
export interface JobResult extends TaskCompletion {
  readonly attempt: number;
}

/** A running workflow asks that the agent of its task do the work now. */
export interface WorkflowHandover {
  readonly task_id: string;
  readonly execution_id: string | null;
}

/** Trading's own summary, for the orchestrator's snapshot and the health monitor. */
export interface TradingSummary {
  readonly state: TradingState;
  readonly open_positions: number;
  readonly open_orders: number;
  readonly unknown_orders: number;
  /** Instruments without new entries because our books and the broker's could not be made equal, with the reason. */
  readonly blocked: readonly UnansweredSymbol[];
  readonly equity: EquityPoint;
  readonly simulated: boolean;
}

/** Health's summary for the orchestrator. `system_load` is 0..1 of what the machine can bear. */
export interface HealthSummary {
  readonly system_load: number;
  readonly source_health: Readonly<Record<string, number>>;
  readonly open_incidents: number;
  readonly critical_incidents: number;
}

export interface TradingTighten {
  readonly state: TradingState;
  readonly reason: string;
}

/** What one step of a playbook did, in words with the numbers before and after. */
export interface HealAnswer {
  readonly heal_id: string;
  readonly action: HealAction;
  readonly target: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly at: EpochMs;
}

/** Health asks the kernel to build an agent anew from its rows. */
export interface AgentRestartRequest {
  readonly agent: AgentName;
  readonly reason: string;
}

export interface MessageDataByType {
  'market.candle': CandleEvent;
  'market.quotes': QuoteBatch;
  'market.history': CandleHistory;
  'market.source_status': SourceStatus;
  'market.quarantined': MarketQuarantine;
  'market.sentiment': SentimentReading;
  'market.calendar': CalendarSnapshot;
  'news.item': NewsItem;
  'market.candidates': CandidateBatch;
  'kernel.started': KernelStarted;
  'kernel.alarm': KernelAlarm;
  'kernel.agent_failed': AgentFailure;
  'kernel.agent_restarted': { readonly agent: AgentName };
  'kernel.dead_letter': DeadLetter;
  'broker.report': BrokerReport;
  'broker.uncertain': BrokerUncertainty;
  'broker.snapshot': BrokerSnapshot;
  'operator.command': OperatorCommand;
  'system.vitals': SystemVitals;
  'probe.result': ProbeResult;
  'heal.done': HealAnswer;
  'health.restart_agent': AgentRestartRequest;
  'workflow.result': WorkflowResult;
  'job.result': JobResult;
  'workflow.handover': WorkflowHandover;
  'workflow.status': WorkflowServerStatus;
  'model.reply': ModelReply;
  'model.consulted': ModelConsultation;
  'model.ladder': LadderState;
  mandate: Mandate;
  decision: Decision;
  'decision.scored': DecisionScore;
  'task.assigned': TaskAssignment;
  'task.completed': TaskCompletion;
  'task.changed': Task;
  signal: Signal;
  'signal.scored': SignalOutcome;
  'market.state': MarketState;
  'trading.summary': TradingSummary;
  'trading.refused': Refusal;
  'trading.order_changed': Order;
  'trading.position_changed': Position;
  'trading.state_changed': TradingStateRecord;
  'trading.tighten': TradingTighten;
  'health.summary': HealthSummary;
  'health.incident': Incident;
  'health.heal': HealRecord;
  'health.proposal': Proposal;
}

export type MessageType = keyof MessageDataByType;

/** Types that may enter from outside; everything else is only ever emitted by an agent. */
export const inputTypes = [
  'market.candle',
  'market.quotes',
  'market.history',
  'market.source_status',
  'market.quarantined',
  'market.sentiment',
  'market.calendar',
  'news.item',
  'market.candidates',
  'kernel.started',
  'kernel.alarm',
  'kernel.dead_letter',
  'broker.report',
  'broker.uncertain',
  'broker.snapshot',
  'operator.command',
  'system.vitals',
  'probe.result',
  'heal.done',
  'workflow.result',
  'job.result',
  'workflow.handover',
  'workflow.status',
  'model.reply',
  'kernel.agent_restarted',
] as const satisfies readonly MessageType[];
export type InputType = (typeof inputTypes)[number];
