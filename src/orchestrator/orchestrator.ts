// The orchestrator: observes by messages, decides when and what runs, executes through tasks and the mandate, learns.
// This file says which part hears which message, and when their rows are written. It must never touch an order, a candle or
// the outside world; its parts talk by plain calls.
import type { Agent, StateReader, Turn } from '../kernel/agent.ts';
import type { JobResult, KernelAlarm, OperatorCommand } from '../shared/bus/catalogue.ts';
import type { AnyMessage } from '../shared/bus/message.ts';
import type { AgentSettings } from '../shared/domain/agent-settings.ts';
import type { SourceStatus } from '../shared/domain/source-status.ts';
import type { MarketState } from '../shared/domain/vitals.ts';
import { classesOf } from './admission.ts';
import { controlChange } from './control.ts';
import { DecisionMaker } from './decision-maker.ts';
import { LookAlarm } from './looks/look-alarm.ts';
import type { ControlMemory } from './memory-rows.ts';
import { type OrchestratorParts, orchestratorParts } from './orchestrator-parts.ts';
import { type Policy, rulePolicy } from './policy.ts';
import { putInForce } from './retraining.ts';
import { catalogueDefects, taskCatalogue } from './task-catalogue.ts';
import { TaskRunner } from './task-runner.ts';

/**
 * Makes the orchestrator. Throws Error when the catalogue's limits cannot all be kept.
 * Another policy may be given; the floors hold with any.
 */
export function createOrchestrator(settings: AgentSettings, policy: Policy = rulePolicy): Agent {
  const defects = catalogueDefects();
  if (defects.length > 0) throw new Error(`task catalogue: ${defects.join('; ')}`);
  return new Orchestrator(settings, policy);
}

class Orchestrator implements Agent {
  readonly name = 'orchestrator_ai';
  readonly subscriptions = [
    'kernel.started',
    'kernel.agent_failed',
    'kernel.agent_restarted',
    // Heard only to be heard: an agent that can hear nothing any more is found within seconds, also when nothing happens.
    'system.vitals',
    'operator.command',
    'market.state',
    'market.source_status',
    'signal',
    'signal.scored',
    'trading.summary',
    'health.summary',
    'health.incident',
    'task.completed',
    'workflow.result',
    'job.result',
    'workflow.handover',
    'workflow.status',
    'model.reply',
  ] as const;
  readonly #parts: OrchestratorParts;
  readonly #runner: TaskRunner;
  readonly #lookAlarm: LookAlarm;
  readonly #decisions: DecisionMaker;

  constructor(settings: AgentSettings, policy: Policy) {
    const parts = orchestratorParts(settings);
    this.#parts = parts;
    this.#runner = new TaskRunner(parts);
    this.#lookAlarm = new LookAlarm(parts);
    this.#decisions = new DecisionMaker(parts, this.#runner, this.#lookAlarm, settings, policy);
  }

  restore(state: StateReader): void {
    const { control, observed, schedule, bridge, tasks, learning, looks, alarms, models } = this.#parts;
    for (const part of [control, observed, schedule, bridge, tasks, learning, looks, alarms, models])
      part?.restore(state);
  }

  handle(message: AnyMessage, turn: Turn): void {
    this.#hear(message, turn);
    const { models, schedule, tasks, looks, learning, alarms } = this.#parts;
    models?.save(turn);
    schedule.save(turn);
    tasks.save(turn);
    looks.save(turn);
    learning.save(turn);
    alarms.save(turn);
  }

  get #control(): ControlMemory {
    return this.#parts.control.memory;
  }

  #hear(message: AnyMessage, turn: Turn): void {
    const { observed, models } = this.#parts;
    switch (message.message_type) {
      case 'kernel.started': {
        observed.seeStart(turn);
        models?.seeStart();
        const cause = message.data.first_start ? 'First start' : 'Started again';
        this.#decisions.decide(turn, { trigger: 'start', cause });
        return;
      }
      case 'kernel.alarm':
        this.#onAlarm(turn, message.data);
        return;
      case 'operator.command':
        this.#onCommand(turn, message.data);
        return;
      case 'task.completed':
        models?.hear(`answer of ${message.data.kind}`, message.data.result.summary);
        this.#runner.complete(turn, this.#control, message.data);
        // What a look showed may make another one worth while.
        if (taskCatalogue[message.data.kind].classes.length > 0) this.#lookAlarm.followUp(turn.now);
        return;
      case 'model.reply':
        this.#decisions.hearReply(turn, message.data);
        return;
      case 'workflow.result':
        this.#runner.workflowEnded(turn, this.#control, message.data);
        return;
      case 'job.result':
        this.#jobEnded(turn, message.data);
        return;
      case 'workflow.handover':
        this.#runner.handOver(turn, message.data);
        return;
      default:
        this.#observe(message, turn);
    }
  }

  #observe(message: AnyMessage, turn: Turn): void {
    const { observed, models, learning, bridge } = this.#parts;
    switch (message.message_type) {
      case 'market.state':
        this.#seeMarket(turn, message.data);
        return;
      case 'signal':
        learning.signalGiven(message.data, turn.now);
        return;
      case 'signal.scored':
        learning.signalScored(message.data.signal_id, message.data.outcome, turn.now);
        return;
      case 'trading.summary':
        observed.seeTrading(turn, message.data);
        return;
      case 'health.summary':
        observed.seeHealth(turn, message.data);
        return;
      case 'market.source_status':
        this.#seeSource(turn, message.data);
        return;
      case 'health.incident':
        models?.hear('incident', message.data.cause);
        if (observed.seeIncident(turn, message.data))
          this.#decisions.decideSoon(turn, `Critical incident: ${message.data.cause}`);
        return;
      case 'workflow.status':
        bridge.seeStatus(turn, message.data);
        return;
      case 'kernel.agent_failed':
        observed.seeAgent(turn, message.data.agent, true);
        this.#runner.agentFailed(turn, this.#control, message.data);
        return;
      case 'kernel.agent_restarted':
        observed.seeAgent(turn, message.data.agent, false);
        // An alarm that this agent failed on is gone: only a new decision sets it again.
        if (message.data.agent === this.name) this.#decisions.decideSoon(turn, 'Restarted after a failure');
        return;
      default:
    }
  }

  /** A class that is measured for the first time can be looked at: decided on anew. */
  #seeMarket(turn: Turn, state: MarketState): void {
    const { observed } = this.#parts;
    const { asset_class } = state;
    const before = observed.wasMeasured(asset_class);
    observed.seeMarket(turn, state);
    if (before || !observed.wasMeasured(asset_class)) return;
    if (classesOf(this.#control.mode).includes(asset_class))
      this.#decisions.decideSoon(turn, `The ${asset_class} market is measured for the first time`);
  }

  /** A source that comes or goes is decided on when that changes which markets can be traded. */
  #seeSource(turn: Turn, status: SourceStatus): void {
    const { observed, models } = this.#parts;
    const { source, state, detail } = status;
    observed.seeSource(turn, status);
    models?.hear(`source ${source}`, detail);
    if (this.#decisions.modeNow(turn.now) !== this.#control.mode)
      this.#decisions.decideSoon(turn, `Source ${source} is ${state}`);
  }

  #onAlarm(turn: Turn, { name }: KernelAlarm): void {
    if (name === 'decide') {
      this.#parts.alarms.fired('decide');
      this.#decisions.decideDue(turn);
    } else if (name === 'tasks') {
      this.#parts.alarms.fired('tasks');
      this.#runner.settle(turn, this.#control);
    } else if (name === 'looks' && this.#lookAlarm.rang(turn.now)) {
      this.#decisions.decide(turn, { trigger: 'schedule', cause: '' });
    }
  }

  /** A person's wish is decided on at once, and remembered before: the decision is already under it. */
  #onCommand(turn: Turn, command: OperatorCommand): void {
    const change = controlChange(this.#control, command);
    if (change === undefined) return;
    this.#parts.control.change(change.control);
    const requested = command.command === 'run_task' ? (command.kind ?? null) : null;
    this.#decisions.decide(turn, { trigger: 'operator', cause: change.cause, requested });
  }

  /** A retraining's proposals are put in force, and decided on, only when its task is the one that was under way. */
  #jobEnded(turn: Turn, end: JobResult): void {
    const task = this.#parts.tasks.openTask(end.kind);
    const awaited = task?.id === end.task_id && task.attempts === end.attempt && task.state === 'running';
    this.#runner.jobEnded(turn, this.#control, end);
    const cause = awaited ? putInForce(end, this.#parts) : undefined;
    if (cause !== undefined) this.#decisions.decide(turn, { trigger: 'event', cause });
  }
}
