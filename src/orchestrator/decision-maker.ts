// Carries one decision from the snapshot to its consequences: weighed, advised, recorded, mandate renewed, tasks queued,
// the next one timed. How the verdict comes about is decision-engine.ts; this must never weigh a kind itself.
import type { Turn } from '../kernel/agent.ts';
import type { AgentSettings } from '../shared/domain/agent-settings.ts';
import type { Decision } from '../shared/domain/decision.ts';
import type { AssetClass } from '../shared/domain/instrument.ts';
import type { MarketMode } from '../shared/domain/mode.ts';
import type { ModelAdvice, ModelReply } from '../shared/domain/model.ts';
import type { TaskKind } from '../shared/domain/task.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import { type Consultation, weighCandidates } from './candidates.ts';
import { reachVerdict, type Verdict } from './decision-engine.ts';
import { decisionRecord, mandateUnder } from './decision-record.ts';
import { type Undertaking, undertakingOf } from './learning/undertaking.ts';
import type { LookAlarm } from './looks/look-alarm.ts';
import { lookableClasses, type PlannedTask, planTasks } from './looks/look-plan.ts';
import { chooseMode, type ModeVerdict } from './market-mode.ts';
import type { ModelPlan } from './models/model-layer.ts';
import type { OrchestratorParts } from './orchestrator-parts.ts';
import type { Policy } from './policy.ts';
import { earlyDecisionGapMs, nextDecisionAt } from './scheduler.ts';
import { assetClasses, classViews, type Snapshot, takeSnapshot } from './snapshot.ts';
import type { TaskRunner } from './task-runner.ts';

/** Why a decision is made now. */
export interface Occasion {
  readonly trigger: Decision['trigger'];
  /** In words; empty for the ordinary schedule. */
  readonly cause: string;
  /** Kind that an operator asks for. */
  readonly requested?: TaskKind | null;
  /** Keeps the time of the next decision where it is: advice must not move the policy's own clock. */
  readonly nextAt?: EpochMs | undefined;
}

/** A situation to decide in, before any model was heard. */
interface Question {
  readonly snapshot: Snapshot;
  readonly modeVerdict: ModeVerdict;
  readonly consultation: Omit<Consultation, 'advice'>;
}

/** An answer to it, with the looks it pays for and what it promises. */
interface Choice {
  readonly verdict: Verdict;
  readonly plan: ModelPlan | undefined;
  readonly planned: readonly PlannedTask[];
  readonly undertaking: Undertaking;
}

export class DecisionMaker {
  readonly #parts: OrchestratorParts;
  readonly #runner: TaskRunner;
  readonly #lookAlarm: LookAlarm;
  readonly #policy: Policy;
  readonly #assumedKind: Decision['data_kind'];
  readonly #maxDrawdownPct: number;

  constructor(
    parts: OrchestratorParts,
    runner: TaskRunner,
    lookAlarm: LookAlarm,
    settings: AgentSettings,
    policy: Policy,
  ) {
    this.#parts = parts;
    this.#runner = runner;
    this.#lookAlarm = lookAlarm;
    this.#policy = policy;
    this.#assumedKind = settings.market_kind ?? 'none';
    this.#maxDrawdownPct = settings.risk.max_drawdown_pct;
  }

  /** Decides now. */
  decide(turn: Turn, occasion: Occasion): void {
    this.#runner.closeOverdue(turn, this.#parts.control.memory);
    const question = this.#question(turn, occasion.requested ?? null, true);
    const choice = this.#choose(turn, question, occasion);
    this.#carryOut(turn, question, choice, occasion);
  }

  /** Decides now, or as soon after the previous decision as the gap allows. */
  decideSoon(turn: Turn, cause: string): void {
    const { control, alarms } = this.#parts;
    const { last_decision_at, pending_cause } = control.memory;
    const earliest = (last_decision_at ?? 0) + earlyDecisionGapMs;
    if (turn.now >= earliest) {
      this.decide(turn, { trigger: 'event', cause });
      return;
    }
    const due = alarms.dueAt('decide');
    if (due === undefined || due > earliest) alarms.move('decide', earliest);
    if (pending_cause === null) control.keep(turn, { pending_cause: cause });
  }

  /** Decides because its time has come: by the schedule, unless something brought it forward or sessions have changed. */
  decideDue(turn: Turn): void {
    const cause = this.#parts.control.memory.pending_cause ?? this.#sessionCause(turn.now);
    this.decide(turn, { trigger: cause === null ? 'schedule' : 'event', cause: cause ?? '' });
  }

  /** A model's answer: it is decided anew at once if its advice changes anything now, else it weighs in what follows. */
  hearReply(turn: Turn, reply: ModelReply): void {
    const { models, control, alarms } = this.#parts;
    if (models === undefined) return;
    const { snapshot, modeVerdict, consultation } = this.#question(turn, null, false);
    const advice = models.receive(turn, reply, snapshot, modeVerdict.mode);
    if (advice === undefined || control.memory.paused) return;
    const chosenUnder = (given: ModelAdvice | undefined) =>
      weighCandidates({ ...consultation, advice: given })
        .filter((candidate) => candidate.chosen)
        .map((candidate) => candidate.kind)
        .join();
    if (advice.risk_scale < 1 || chosenUnder(advice) !== chosenUnder(undefined))
      this.decide(turn, {
        trigger: 'event',
        cause: `Advised by ${advice.provider}/${advice.model}`,
        nextAt: alarms.dueAt('decide'),
      });
  }

  /** The mode that a decision would choose now. */
  modeNow(now: EpochMs): MarketMode {
    const { observed, universe, calendar } = this.#parts;
    return this.#modeOf(classViews(observed, universe, calendar, now)).mode;
  }

  /** What is to be decided. `afresh`: admission and learning are brought up to now first, as only a decision may. */
  #question(turn: Turn, requested: TaskKind | null, afresh: boolean): Question {
    const { control, observed, universe, calendar, tasks, schedule, learning, looks } = this.#parts;
    const snapshot = takeSnapshot(observed, universe, calendar, tasks.openCount, turn.now, this.#assumedKind);
    const modeVerdict = this.#modeOf(snapshot.views);
    const { mode } = modeVerdict;
    const admission = looks.admission({ ...control.memory, mode });
    if (afresh) {
      schedule.refresh(turn, admission);
      this.#score(turn);
    }
    const consultation = {
      ...{ snapshot, mode, admission, schedule, tasks, looks, requested },
      policy: this.#policy,
      insight: learning.insight(snapshot, mode),
      waitForPrices: this.#lookAlarm.waitsForPrices(turn.now),
    };
    return { snapshot, modeVerdict, consultation };
  }

  /** Weighs under the advice in force, asks whether a model should be heard, and pays for the looks of what was chosen. */
  #choose(turn: Turn, question: Question, { cause }: Occasion): Choice {
    const { control, models, looks, schedule, tasks, bridge } = this.#parts;
    const { snapshot, modeVerdict, consultation } = question;
    const { mode, insight } = consultation;
    const lookable = lookableClasses(schedule, tasks, mode, snapshot);
    const waiting = looks.waiting(lookable, turn.now);
    const reach = (advice: ModelAdvice | undefined) =>
      reachVerdict({
        ...consultation,
        advice,
        modeVerdict,
        previousMode: control.memory.mode,
        previousIntervalMs: control.memory.interval_ms,
        cause,
        maxDrawdownPct: this.#maxDrawdownPct,
        runnerText: bridge.sentence,
      });
    const standing = models?.standing(snapshot, mode);
    const first = reach(standing);
    const plan = models?.plan(turn, {
      snapshot,
      mode,
      threshold: this.#policy.threshold,
      candidates: first.candidates,
      decisionId: this.#nextId(turn),
      recalled: insight.recalled,
    });
    const verdict = plan?.advice === standing ? first : reach(plan?.advice);
    const planned = planTasks(verdict.chosen, looks, mode, turn.now);
    const undertaking = undertakingOf(
      insight,
      snapshot,
      planned.map((task) => ({ kind: task.candidate.kind, looks: task.looks })),
      { accountable: lookable, waiting, classOf: (symbol) => looks.classOf(symbol) },
    );
    return { verdict, plan, planned, undertaking };
  }

  /** Records and announces the decision, then renews the mandate under it, before any of its tasks begins. */
  #carryOut(turn: Turn, question: Question, choice: Choice, { trigger, nextAt }: Occasion): void {
    const { control, learning, models, alarms, universe } = this.#parts;
    const { snapshot, consultation } = question;
    const { verdict, plan, planned, undertaking } = choice;
    const previous = control.memory;
    const { mode } = consultation;
    const { intervalMs } = verdict.cadence;
    const decision = decisionRecord(turn, {
      ...{ mode, snapshot, verdict, trigger, plan, planned },
      id: this.#nextId(turn),
      previousMode: previous.mode,
      nextAt: nextAt ?? nextDecisionAt(turn.now, intervalMs, this.#forexCalendar),
      confidence: consultation.insight.confidence(undertaking.inputs),
      confidenceInputs: undertaking.inputs,
      policyVersion: this.#policy.version,
    });
    control.keep(turn, {
      mode,
      begun_at: previous.begun_at ?? turn.now,
      decisions: previous.decisions + 1,
      mode_switches: previous.mode_switches + (mode === previous.mode ? 0 : 1),
      last_decision_id: decision.id,
      last_decision_at: turn.now,
      interval_ms: intervalMs,
      pending_cause: null,
    });
    turn.put('decisions', decision.id, decision);
    turn.emit('decision', decision);
    const mandate = mandateUnder(turn, decision, verdict, universe);
    turn.put('mandates', 'current', mandate);
    turn.emit('mandate', mandate);
    learning.follow(decision, undertaking);
    if (plan !== undefined) models?.release(turn, plan);
    for (const { candidate, looks } of planned) {
      const { kind, score, reason } = candidate;
      this.#runner.queue(turn, control.memory, { kind, score, reason, looks });
    }
    this.#runner.settle(turn, control.memory);
    alarms.move('decide', decision.next_decision_at);
    this.#lookAlarm.decided(turn.now);
  }

  #nextId(turn: Turn): string {
    return turn.id('decision', this.#parts.control.memory.decisions + 1, turn.now);
  }

  #modeOf(views: Snapshot['views']): ModeVerdict {
    const { mode, paused, pinned_mode } = this.#parts.control.memory;
    return chooseMode(
      assetClasses.map((assetClass: AssetClass) => views[assetClass]),
      mode,
      paused,
      pinned_mode,
    );
  }

  /** Why a scheduled decision is more than routine: sessions are not those of the last decision. */
  #sessionCause(now: EpochMs): string | null {
    const last = this.#parts.control.memory.last_decision_at;
    const calendar = this.#forexCalendar;
    if (last === null || calendar === undefined) return null;
    const [before, after] = [last, now].map((at) => calendar.openSessions(at).join(', '));
    return before === after ? null : `Forex sessions changed from ${before || 'none'} to ${after || 'none'}`;
  }

  /** Undefined while nothing of the universe has sessions. */
  get #forexCalendar(): OrchestratorParts['calendar'] | undefined {
    const { universe, calendar } = this.#parts;
    return universe.forex.length > 0 ? calendar : undefined;
  }

  /** Records and announces what became of decisions of which everything is known by now. */
  #score(turn: Turn): void {
    for (const { decision, score } of this.#parts.learning.settle(turn.now)) {
      turn.put('decisions', score.id, { ...decision, ...score }, score);
      turn.emit('decision.scored', score);
    }
  }
}
