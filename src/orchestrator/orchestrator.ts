// The orchestrator: observes by messages, decides when and what runs, executes through tasks and the mandate, learns.
// It must never touch an order, a candle or the outside world; its parts talk by plain calls.
import type { Agent, StateReader, Turn } from '../kernel/agent.ts';
import type { JobResult, KernelAlarm, OperatorCommand } from '../shared/bus/catalogue.ts';
import type { AnyMessage } from '../shared/bus/message.ts';
import type { AgentSettings } from '../shared/domain/agent-settings.ts';
import type { Decision } from '../shared/domain/decision.ts';
import type { AssetClass } from '../shared/domain/instrument.ts';
import { defaultLookSettings } from '../shared/domain/look.ts';
import type { ModelAdvice, ModelReply } from '../shared/domain/model.ts';
import type { Refit } from '../shared/domain/refit.ts';
import { type SessionCalendar, sessionCalendar } from '../shared/domain/sessions.ts';
import type { TaskKind } from '../shared/domain/task.ts';
import { type EpochMs, minuteMs } from '../shared/domain/time.ts';
import type { MarketState } from '../shared/domain/vitals.ts';
import type { WorkflowContext } from '../shared/domain/workflow.ts';
import { classesOf } from './admission.ts';
import { Alarms } from './alarms.ts';
import { weighCandidates } from './candidates.ts';
import { controlChange } from './control.ts';
import { reachVerdict, type Verdict } from './decision-engine.ts';
import type { Insight } from './learning/insight.ts';
import { Learning, type Undertaking } from './learning/learning.ts';
import { LookDesk } from './looks/look-desk.ts';
import {
  followUpAt,
  lookableClasses,
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
import { N8nBridge } from './n8n-bridge.ts';
import { Observations } from './observations.ts';
import { type Policy, rulePolicy } from './policy.ts';
import { Schedule } from './schedule.ts';
import { earlyDecisionGapMs, maxDecisionIntervalMs, nextDecisionAt } from './scheduler.ts';
import {
  assetClasses,
  classViews,
  knowledgeOf,
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

/** Scans of a first start wait so long for prices, and are then tried without. */
const firstPricesMs = 2 * minuteMs;
/** A look that was due by then has been answered. */
const hindsightGraceMs = 5 * minuteMs;

/** What a decision is made within, beside what it is made from. */
interface DecisionFrame {
  readonly trigger: Decision['trigger'];
  readonly plan: ModelPlan | undefined;
  readonly planned: readonly PlannedTask[];
  readonly nextAt: EpochMs | undefined;
  readonly confidence: number;
  readonly inputs: readonly number[];
}

const initialControl: ControlMemory = {
  paused: false,
  pinned_mode: null,
  paused_kinds: [],
  mode: 'standby',
  begun_at: null,
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
  readonly #policy: Policy;
  readonly #universe: Universe;
  readonly #assumedKind: Decision['data_kind'];
  readonly #maxDrawdownPct: number;
  readonly #observed = new Observations();
  readonly #calendar: SessionCalendar;
  readonly #schedule: Schedule;
  readonly #bridge: N8nBridge;
  readonly #looks: LookDesk;
  readonly #tasks: TaskManager;
  readonly #learning: Learning;
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
    this.#schedule = new Schedule(this.#calendar, settings.chores);
    const looks = new LookDesk(settings);
    this.#looks = looks;
    this.#bridge = new N8nBridge(settings.workflows);
    this.#tasks = new TaskManager(
      this.#schedule,
      (symbols) => looks.requestFor(symbols),
      settings.workflows && {
        choose: (task) => this.#bridge.choose(task),
        call: (turn, task) => this.#bridge.call(turn, task, this.#workflowContext(turn.now)),
      },
    );
    const { max_interval_ms } = settings.looks ?? defaultLookSettings;
    this.#learning = new Learning({
      influences: settings.learning !== 'off',
      hindsightMs: max_interval_ms + hindsightGraceMs,
    });
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
      this.#bridge,
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
      case 'workflow.result':
        this.#runner.workflowEnded(turn, this.#control, message.data);
        break;
      case 'job.result':
        this.#jobEnded(turn, message.data);
        break;
      case 'workflow.handover':
        this.#runner.handOver(turn, message.data);
        break;
      default:
        this.#observe(message, turn);
    }
    this.#models?.save(turn);
    this.#schedule.save(turn);
    this.#tasks.save(turn);
    this.#looks.save(turn);
    this.#learning.save(turn);
    this.#alarms.save(turn);
  }

  /** A retraining's proposals are put in force, and decided on, only when its task is the one that was under way. */
  #jobEnded(turn: Turn, end: JobResult): void {
    const task = this.#tasks.openTask(end.kind);
    const awaited = task?.id === end.task_id && task.attempts === end.attempt && task.state === 'running';
    this.#runner.jobEnded(turn, this.#control, end);
    if (!awaited || !end.succeeded || end.kind !== 'retrain') return;
    const applied = (end.result.refits ?? []).filter((refit) => this.#putInForce(refit));
    if (applied.length === 0) return;
    const told = applied.map(
      ({ part, before, after, held_out }) =>
        `${part} (loss ${before} before, ${after} after, on ${held_out} newer examples)`,
    );
    this.#decide(
      turn,
      'event',
      `Retrained by ${end.task_id}, better on what it was not fitted on: ${told.join(', ')}`,
    );
  }

  #putInForce({ part, coefficients, before, after }: Refit): boolean {
    if (!(after < before)) return false;
    if (part === 'confidence') return this.#learning.calibration.replace(coefficients);
    return this.#looks.planner(part)?.refit(coefficients) ?? false;
  }

  #observe(message: AnyMessage, turn: Turn): void {
    switch (message.message_type) {
      case 'market.state':
        this.#seeMarket(turn, message.data);
        return;
      case 'signal':
        this.#learning.signalGiven(message.data, turn.now);
        return;
      case 'signal.scored':
        this.#learning.signalScored(message.data.signal_id, message.data.outcome, turn.now);
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
      case 'workflow.status':
        this.#bridge.seeStatus(turn, message.data);
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

  /** A class that is measured for the first time can be looked at: decided on anew. */
  #seeMarket(turn: Turn, state: MarketState): void {
    const { asset_class } = state;
    const before = this.#observed.wasMeasured(asset_class);
    this.#observed.seeMarket(turn, state);
    if (before || !this.#observed.wasMeasured(asset_class)) return;
    if (classesOf(this.#control.mode).includes(asset_class))
      this.#decideSoon(turn, `The ${asset_class} market is measured for the first time`);
  }

  /** True while scans wait for the first prices of a first start. */
  #waitsForPrices(now: EpochMs): boolean {
    return now < (this.#control.begun_at ?? now) + firstPricesMs;
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
    const { mode } = this.#control;
    return lookDue(
      this.#looks,
      this.#schedule,
      this.#tasks,
      mode,
      now,
      (name) => this.#observed.wasMeasured(name) || !this.#waitsForPrices(now),
    );
  }

  /** Sets the alarm for the next question of what is worth a look. */
  #askForLooks(turn: Turn, answered = true): void {
    const due = this.#lookDue(turn.now);
    const at =
      due === true && !answered
        ? this.#looks.nextAskAt(this.#control.mode, turn.now)
        : followUpAt(due, turn.now);
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

  #workflowContext(now: EpochMs): WorkflowContext {
    const markets = [this.#observed.market('crypto', now), this.#observed.market('forex', now)] as const;
    const { trading } = this.#observed;
    return {
      mode: this.#control.mode,
      sessions_open: this.#calendar.openSessions(now),
      crypto_activity: markets[0]?.activity ?? null,
      forex_activity: markets[1]?.activity ?? null,
      crypto_volatility: markets[0]?.volatility ?? null,
      forex_volatility: markets[1]?.volatility ?? null,
      trading_state: trading?.state ?? 'unknown',
      open_positions: trading?.open_positions ?? 0,
      equity: trading?.equity ?? null,
    };
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
      insight: this.#learning.insight(snapshot, mode),
      looks: this.#looks,
      waitForPrices: this.#waitsForPrices(turn.now),
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
    this.#score(turn);
    const insight = this.#learning.insight(snapshot, mode);
    const lookable = lookableClasses(this.#schedule, this.#tasks, mode, snapshot);
    const waiting = this.#looks.waiting(lookable, turn.now);
    const reach = (advice: ModelAdvice | undefined) =>
      reachVerdict({
        snapshot,
        mode,
        admission,
        modeVerdict,
        policy: this.#policy,
        schedule: this.#schedule,
        tasks: this.#tasks,
        insight,
        looks: this.#looks,
        waitForPrices: this.#waitsForPrices(turn.now),
        requested,
        advice,
        previousMode: previous.mode,
        previousIntervalMs: previous.interval_ms,
        cause,
        maxDrawdownPct: this.#maxDrawdownPct,
        runnerText: this.#bridge.sentence,
      });
    const standing = this.#models?.standing(snapshot, mode);
    const first = reach(standing);
    const plan = this.#models?.plan(turn, {
      snapshot,
      mode,
      threshold: this.#policy.threshold,
      candidates: first.candidates,
      decisionId: this.#decisionId(turn),
      recalled: insight.recalled,
    });
    const verdict = plan?.advice === standing ? first : reach(plan?.advice);
    const planned = planTasks(verdict.chosen, this.#looks, mode, turn.now);
    const undertaking = this.#undertaking(insight, snapshot, planned, { lookable, waiting });
    const decision = this.#decisionOf(turn, snapshot, modeVerdict, verdict, {
      trigger,
      plan,
      planned,
      nextAt,
      confidence: insight.confidence(undertaking.inputs),
      inputs: undertaking.inputs,
    });
    this.#control = {
      ...previous,
      mode,
      begun_at: previous.begun_at ?? turn.now,
      decisions: previous.decisions + 1,
      mode_switches: previous.mode_switches + (mode === previous.mode ? 0 : 1),
      last_decision_id: decision.id,
      last_decision_at: turn.now,
      interval_ms: verdict.cadence.intervalMs,
      pending_cause: null,
    };
    writeMemory(turn, 'control', this.#control);
    this.#publish(turn, decision, verdict);
    this.#learning.follow(decision, undertaking);
    if (plan !== undefined) this.#models?.release(turn, plan);
    for (const { candidate, looks } of planned) {
      const { kind, score, reason } = candidate;
      this.#runner.queue(turn, this.#control, { kind, score, reason, looks });
    }
    this.#runner.settle(turn, this.#control);
    this.#alarms.move('decide', decision.next_decision_at);
    // What this decision declined is not asked again before the next bar, or an answer.
    this.#askForLooks(turn, false);
  }

  /** What the decision promises: its tasks, and that what it leaves unseen is not worth a look. */
  #undertaking(
    insight: Insight,
    snapshot: Snapshot,
    planned: readonly PlannedTask[],
    { lookable, waiting }: { lookable: readonly AssetClass[]; waiting: ReadonlyMap<string, number> },
  ): Undertaking {
    const { situation } = insight;
    const kinds = planned.map(({ candidate }) => candidate.kind);
    const looks = planned.map((task) => task.looks);
    const looked = new Set(looks.flat().map(({ symbol }) => symbol));
    let left = 0;
    for (const [symbol, worth] of waiting) if (!looked.has(symbol)) left += worth;
    return {
      situation,
      inputs: insight.inputs(kinds, left, knowledgeOf(snapshot, situation.mode)),
      kinds,
      accountable: lookable,
      looks,
      classOf: (symbol) => this.#looks.classOf(symbol),
    };
  }

  #decisionId(turn: Turn): string {
    return turn.id('decision', this.#control.decisions + 1, turn.now);
  }

  #decisionOf(
    turn: Turn,
    snapshot: Snapshot,
    { mode }: ModeVerdict,
    verdict: Verdict,
    { trigger, plan, planned, nextAt, confidence, inputs }: DecisionFrame,
  ): Decision {
    return {
      id: this.#decisionId(turn),
      at: turn.now,
      mode,
      previous_mode: this.#control.mode,
      action: verdict.action,
      confidence,
      confidence_inputs: inputs,
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
  }

  /** Records and announces what became of decisions of which everything is known by now. */
  #score(turn: Turn): void {
    for (const { decision, score } of this.#learning.settle(turn.now)) {
      turn.put('decisions', score.id, { ...decision, ...score }, score);
      turn.emit('decision.scored', score);
    }
  }

  /** Records and announces the decision, then renews the mandate under it, before any of its tasks begins. */
  #publish(turn: Turn, decision: Decision, verdict: Verdict): void {
    turn.put('decisions', decision.id, decision);
    turn.emit('decision', decision);
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
