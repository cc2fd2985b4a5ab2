// The orchestrator: observes by messages, decides when and what runs, executes through tasks and the mandate, learns.
// It must never touch an order, a candle or the outside world; its parts talk by plain calls.
import type { Agent, StateReader, Turn } from '../kernel/agent.ts';
import type { KernelAlarm, OperatorCommand } from '../shared/bus/catalogue.ts';
import type { AnyMessage } from '../shared/bus/message.ts';
import type { AgentSettings } from '../shared/domain/agent-settings.ts';
import type { Decision } from '../shared/domain/decision.ts';
import type { ModelAdvice, ModelReply } from '../shared/domain/model.ts';
import { type SessionCalendar, sessionCalendar } from '../shared/domain/sessions.ts';
import type { TaskKind } from '../shared/domain/task.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import { classesOf } from './admission.ts';
import { Alarms } from './alarms.ts';
import { weighCandidates } from './candidates.ts';
import { controlChange } from './control.ts';
import { reachVerdict, type Verdict } from './decision-engine.ts';
import { Learning, nothingPromised } from './learning.ts';
import { LookDesk } from './looks/look-desk.ts';
import {
  followUpAt,
  lookDue,
  looksText,
  looksTold,
  type PlannedTask,
  planTasks,
  withoutEmpty,
} from './looks/look-plan.ts';
import { chooseMode, type ModeVerdict } from './market-mode.ts';
import { type ControlMemory, readMemory, writeMemory } from './memory-rows.ts';
import { decidedBy, ModelLayer, type ModelPlan } from './models/model-layer.ts';
import { Observations } from './observations.ts';
import { type Policy, rulePolicy } from './policy.ts';
import { Schedule } from './schedule.ts';
import { earlyDecisionGapMs, maxDecisionIntervalMs, nextDecisionAt } from './scheduler.ts';
import {
  assetClasses,
  classViews,
  type Snapshot,
  takeSnapshot,
  type Universe,
  universeOf,
} from './snapshot.ts';
import { catalogueDefects, taskCatalogue } from './task-catalogue.ts';
import { TaskManager, taskIdOf } from './task-manager.ts';
import { TaskRunner } from './task-runner.ts';

/** A mandate outlives the decisions that should renew it by this factor. */
const mandateLifeInIntervals = 3;

/** What a decision is made within, beside what it is made from. */
interface DecisionFrame {
  readonly trigger: Decision['trigger'];
  readonly plan: ModelPlan | undefined;
  readonly planned: readonly PlannedTask[];
  readonly nextAt: EpochMs | undefined;
}

const initialControl: ControlMemory = {
  paused: false,
  pinned_mode: null,
  paused_kinds: [],
  mode: 'standby',
  decisions: 0,
  mode_switches: 0,
  last_decision_id: null,
  last_decision_at: null,
  interval_ms: maxDecisionIntervalMs,
  pending_cause: null,
};

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
    'operator.command',
    'market.state',
    'market.source_status',
    'trading.summary',
    'health.summary',
    'health.incident',
    'task.completed',
    'model.reply',
  ] as const;
  readonly #policy: Policy;
  readonly #universe: Universe;
  readonly #assumedKind: Decision['data_kind'];
  readonly #maxDrawdownPct: number;
  readonly #observed = new Observations();
  readonly #calendar: SessionCalendar;
  readonly #schedule: Schedule;
  readonly #looks: LookDesk;
  readonly #tasks: TaskManager;
  readonly #learning = new Learning();
  readonly #alarms = new Alarms();
  readonly #runner: TaskRunner;
  /** Undefined when no model is configured: then nothing here differs from the policy alone. */
  readonly #models: ModelLayer | undefined;
  #control = initialControl;

  constructor(settings: AgentSettings, policy: Policy) {
    this.#policy = policy;
    this.#universe = universeOf(settings);
    this.#assumedKind = settings.market_kind ?? 'none';
    this.#maxDrawdownPct = settings.risk.max_drawdown_pct;
    const { models } = settings;
    this.#models =
      models === undefined ? undefined : new ModelLayer(models, settings.universe, this.#maxDrawdownPct);
    this.#calendar = sessionCalendar(settings.sessions);
    this.#schedule = new Schedule(this.#calendar);
    const looks = new LookDesk(settings);
    this.#looks = looks;
    this.#tasks = new TaskManager(this.#schedule, (symbols) => looks.requestFor(symbols));
    this.#runner = new TaskRunner({
      universe: this.#universe,
      calendar: this.#calendar,
      looks,
      schedule: this.#schedule,
      tasks: this.#tasks,
      learning: this.#learning,
      alarms: this.#alarms,
    });
  }

  restore(state: StateReader): void {
    this.#control = { ...initialControl, ...readMemory(state, 'control') };
    for (const part of [
      this.#observed,
      this.#schedule,
      this.#tasks,
      this.#learning,
      this.#looks,
      this.#alarms,
    ])
      part.restore(state);
    this.#models?.restore(state);
  }

  handle(message: AnyMessage, turn: Turn): void {
    switch (message.message_type) {
      case 'kernel.started':
        this.#observed.seeStart(turn);
        this.#models?.seeStart();
        this.#decide(turn, 'start', message.data.first_start ? 'First start' : 'Started again');
        break;
      case 'kernel.alarm':
        this.#onAlarm(turn, message.data);
        break;
      case 'operator.command':
        this.#onCommand(turn, message.data);
        break;
      case 'task.completed':
        this.#models?.hear(`answer of ${message.data.kind}`, message.data.result.summary);
        this.#runner.complete(turn, this.#control, message.data);
        // What a look showed may make another one worth while.
        if (taskCatalogue[message.data.kind].classes.length > 0) this.#askForLooks(turn);
        break;
      case 'model.reply':
        this.#onReply(turn, message.data);
        break;
      default:
        this.#observe(message, turn);
    }
    this.#models?.save(turn);
    this.#schedule.save(turn);
    this.#tasks.save(turn);
    this.#looks.save(turn);
    this.#alarms.save(turn);
  }

  #observe(message: AnyMessage, turn: Turn): void {
    switch (message.message_type) {
      case 'market.state':
        this.#observed.seeMarket(turn, message.data);
        return;
      case 'trading.summary':
        this.#observed.seeTrading(turn, message.data);
        return;
      case 'health.summary':
        this.#observed.seeHealth(turn, message.data);
        return;
      case 'market.source_status': {
        this.#observed.seeSource(turn, message.data);
        this.#models?.hear(`source ${message.data.source}`, message.data.detail);
        const { mode } = this.#modeOf(classViews(this.#observed, this.#universe, this.#calendar, turn.now));
        if (mode !== this.#control.mode)
          this.#decideSoon(turn, `Source ${message.data.source} is ${message.data.state}`);
        return;
      }
      case 'health.incident':
        this.#models?.hear('incident', message.data.cause);
        if (this.#observed.seeIncident(turn, message.data))
          this.#decideSoon(turn, `Critical incident: ${message.data.cause}`);
        return;
      case 'kernel.agent_failed':
        this.#observed.seeAgent(turn, message.data.agent, true);
        this.#runner.agentFailed(turn, this.#control, message.data);
        return;
      case 'kernel.agent_restarted':
        this.#observed.seeAgent(turn, message.data.agent, false);
        // An alarm that this agent failed on is gone: only a new decision sets it again.
        if (message.data.agent === this.name) this.#decideSoon(turn, 'Restarted after a failure');
        return;
      default:
    }
  }

  #onAlarm(turn: Turn, alarm: KernelAlarm): void {
    if (alarm.name === 'decide') {
      this.#alarms.fired('decide');
      const cause = this.#control.pending_cause ?? this.#sessionCause(turn.now);
      this.#decide(turn, cause === null ? 'schedule' : 'event', cause ?? '');
    } else if (alarm.name === 'tasks') {
      this.#alarms.fired('tasks');
      this.#runner.settle(turn, this.#control);
    } else if (alarm.name === 'looks') {
      this.#alarms.fired('looks');
      const due = this.#lookDue(turn.now);
      if (due === true) this.#decide(turn, 'schedule', '');
      else if (due !== undefined) this.#alarms.move('looks', due);
    }
  }

  #lookDue(now: EpochMs): true | EpochMs | undefined {
    return lookDue(this.#looks, this.#schedule, this.#tasks, this.#control.mode, now);
  }

  /** Sets the alarm for the next question of what is worth a look. */
  #askForLooks(turn: Turn): void {
    const at = followUpAt(this.#lookDue(turn.now), turn.now);
    // A decision that comes first asks anyway.
    if (at !== undefined && at < (this.#alarms.dueAt('decide') ?? Number.POSITIVE_INFINITY))
      this.#alarms.move('looks', at);
  }

  /** Why a scheduled decision is more than routine: sessions are not those of the last decision. */
  #sessionCause(now: EpochMs): string | null {
    const last = this.#control.last_decision_at;
    if (last === null || this.#universe.forex.length === 0) return null;
    const [before, after] = [last, now].map((at) => this.#calendar.openSessions(at).join(', '));
    return before === after ? null : `Forex sessions changed from ${before || 'none'} to ${after || 'none'}`;
  }

  /** A person's wish is decided on at once, and remembered before: the decision is already under it. */
  #onCommand(turn: Turn, command: OperatorCommand): void {
    const change = controlChange(this.#control, command);
    if (change === undefined) return;
    this.#control = { ...this.#control, ...change.control };
    const requested = command.command === 'run_task' ? (command.kind ?? null) : null;
    this.#decide(turn, 'operator', change.cause, requested);
  }

  /** Decides now, or as soon after the previous decision as the gap allows. */
  #decideSoon(turn: Turn, cause: string): void {
    const earliest = (this.#control.last_decision_at ?? 0) + earlyDecisionGapMs;
    if (turn.now >= earliest) {
      this.#decide(turn, 'event', cause);
      return;
    }
    const due = this.#alarms.dueAt('decide');
    if (due === undefined || due > earliest) this.#alarms.move('decide', earliest);
    if (this.#control.pending_cause !== null) return;
    this.#control = { ...this.#control, pending_cause: cause };
    writeMemory(turn, 'control', this.#control);
  }

  #modeOf(views: Snapshot['views']): ModeVerdict {
    return chooseMode(
      assetClasses.map((assetClass) => views[assetClass]),
      this.#control.mode,
      this.#control.paused,
      this.#control.pinned_mode,
    );
  }

  /** A model's answer: it is decided anew at once if its advice changes anything now, else it weighs in what follows. */
  #onReply(turn: Turn, reply: ModelReply): void {
    const models = this.#models;
    if (models === undefined) return;
    const snapshot = this.#snapshot(turn);
    const { mode } = this.#modeOf(snapshot.views);
    const advice = models.receive(turn, reply, snapshot, mode);
    if (advice === undefined || this.#control.paused) return;
    const input = {
      snapshot,
      mode,
      admission: this.#looks.admission({ ...this.#control, mode }),
      policy: this.#policy,
      schedule: this.#schedule,
      tasks: this.#tasks,
      learning: this.#learning,
      looks: this.#looks,
      requested: null,
    };
    const chosenUnder = (given: ModelAdvice | undefined) =>
      weighCandidates({ ...input, advice: given })
        .filter((candidate) => candidate.chosen)
        .map((candidate) => candidate.kind)
        .join();
    if (advice.risk_scale < 1 || chosenUnder(advice) !== chosenUnder(undefined))
      this.#decide(
        turn,
        'event',
        `Advised by ${advice.provider}/${advice.model}`,
        null,
        this.#alarms.dueAt('decide'),
      );
  }

  #snapshot(turn: Turn): Snapshot {
    return takeSnapshot(
      this.#observed,
      this.#universe,
      this.#calendar,
      this.#tasks.openCount,
      turn.now,
      this.#assumedKind,
    );
  }

  /** `nextAt` keeps the time of the next decision where it is: advice must not move the policy's own clock. */
  #decide(
    turn: Turn,
    trigger: Decision['trigger'],
    cause: string,
    requested: TaskKind | null = null,
    nextAt?: EpochMs,
  ): void {
    const previous = this.#control;
    this.#runner.closeOverdue(turn, previous);
    const snapshot = this.#snapshot(turn);
    const modeVerdict = this.#modeOf(snapshot.views);
    const { mode } = modeVerdict;
    const admission = this.#looks.admission({ ...previous, mode });
    this.#schedule.refresh(turn, admission);
    const reach = (advice: ModelAdvice | undefined) =>
      reachVerdict({
        snapshot,
        mode,
        admission,
        modeVerdict,
        policy: this.#policy,
        schedule: this.#schedule,
        tasks: this.#tasks,
        learning: this.#learning,
        looks: this.#looks,
        requested,
        advice,
        previousMode: previous.mode,
        previousIntervalMs: previous.interval_ms,
        cause,
        maxDrawdownPct: this.#maxDrawdownPct,
      });
    const standing = this.#models?.standing(snapshot, mode);
    const first = reach(standing);
    const plan = this.#models?.plan(turn, {
      snapshot,
      mode,
      threshold: this.#policy.threshold,
      candidates: first.candidates,
      decisionId: this.#decisionId(turn),
    });
    const verdict = plan?.advice === standing ? first : reach(plan?.advice);
    const planned = planTasks(verdict.chosen, this.#looks, mode, turn.now);
    const decision = this.#decisionOf(turn, snapshot, modeVerdict, verdict, {
      trigger,
      plan,
      planned,
      nextAt,
    });
    this.#control = {
      ...previous,
      mode,
      decisions: previous.decisions + 1,
      mode_switches: previous.mode_switches + (mode === previous.mode ? 0 : 1),
      last_decision_id: decision.id,
      last_decision_at: turn.now,
      interval_ms: verdict.cadence.intervalMs,
      pending_cause: null,
    };
    writeMemory(turn, 'control', this.#control);
    this.#publish(turn, decision, verdict);
    if (plan !== undefined) this.#models?.release(turn, plan);
    for (const { candidate, looks } of planned) {
      const { kind, score, reason } = candidate;
      this.#runner.queue(turn, this.#control, { kind, score, reason, looks });
    }
    this.#runner.settle(turn, this.#control);
    this.#alarms.move('decide', decision.next_decision_at);
    this.#askForLooks(turn);
  }

  #decisionId(turn: Turn): string {
    return turn.id('decision', this.#control.decisions + 1, turn.now);
  }

  #decisionOf(
    turn: Turn,
    snapshot: Snapshot,
    { mode }: ModeVerdict,
    verdict: Verdict,
    { trigger, plan, planned, nextAt }: DecisionFrame,
  ): Decision {
    const decision: Decision = {
      id: this.#decisionId(turn),
      at: turn.now,
      mode,
      previous_mode: this.#control.mode,
      action: verdict.action,
      confidence: verdict.confidence,
      reasoning: `${verdict.reasoning}${looksText(planned)}`,
      trigger,
      context: snapshot.context,
      candidates: withoutEmpty(verdict.candidates, planned),
      task_ids: planned.map(({ candidate }) => taskIdOf(turn, candidate.kind)),
      looks: looksTold(planned),
      next_decision_at:
        nextAt ??
        nextDecisionAt(
          turn.now,
          verdict.cadence.intervalMs,
          this.#universe.forex.length > 0 ? this.#calendar : undefined,
        ),
      policy_version: this.#policy.version,
      ...(plan === undefined ? { model: null } : { model: decidedBy(plan), advice: plan.record }),
      data_kind: snapshot.dataKind,
      outcome: null,
      open: true,
    };
    return decision.task_ids.length > 0 ? decision : nothingPromised(decision);
  }

  /** Records and announces the decision, then renews the mandate under it, before any of its tasks begins. */
  #publish(turn: Turn, decision: Decision, verdict: Verdict): void {
    turn.put('decisions', decision.id, decision);
    turn.emit('decision', decision);
    const givenUp = decision.open ? this.#learning.follow(turn, decision) : [decision];
    for (const scored of givenUp) {
      if (scored !== decision) turn.put('decisions', scored.id, scored);
      turn.emit('decision.scored', scored);
    }
    const mandate = {
      id: turn.id('mandate', decision.id),
      decision_id: decision.id,
      mode: decision.mode,
      universe: classesOf(decision.mode).flatMap((assetClass) => this.#universe[assetClass]),
      risk_appetite: verdict.appetite.value,
      issued_at: turn.now,
      expires_at: turn.now + mandateLifeInIntervals * verdict.cadence.intervalMs,
    };
    turn.put('mandates', 'current', mandate);
    turn.emit('mandate', mandate);
  }
}
