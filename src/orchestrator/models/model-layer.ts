// The model layer: consults when a model could change the choice, books every call, judges answers, keeps advice.
// The policy never waits for it. It may scale priorities and tighten the appetite within fixed bounds, nothing else.
import type { StateReader, Turn } from '../../kernel/agent.ts';
import type { Decision, DecisionCandidate } from '../../shared/domain/decision.ts';
import type { MarketMode } from '../../shared/domain/mode.ts';
import type {
  DecisionAdvice,
  ModelAdvice,
  ModelConsultation,
  ModelFault,
  ModelReply,
  ModelRung,
  ModelSettings,
} from '../../shared/domain/model.ts';
import { type EpochMs, hourMs, minuteMs, secondMs } from '../../shared/domain/time.ts';
import type { Recollection } from '../learning/episodes.ts';
import { readMemory, writeMemory } from '../memory-rows.ts';
import { durationText } from '../numbers.ts';
import type { Snapshot } from '../snapshot.ts';
import { type AcceptedAnswer, judgeAnswer } from './answer.ts';
import { briefOf, estimatedTokens, quotedText, shown } from './brief.ts';
import { type Cost, costOf, maxOutputTokens, noCost, reservationOf } from './call-cost.ts';
import { mayChangeChoice, openCandidates } from './consult-gate.ts';
import { fingerprintOf } from './fingerprint.ts';
import { admit, answered, failed, rungMemory } from './ladder.ts';
import { ladderState } from './ladder-state.ts';
import { moneyAt, observe, reserve, settle, settleMoney, spend } from './ledger.ts';
import { toldMemories } from './memories.ts';
import { freshModelMemory, type KeptAdvice, type ModelMemory, type PendingConsult } from './model-memory.ts';
import { regimeOf } from './regime.ts';
import { snapshotFields } from './snapshot-fields.ts';

/** A decision is answered within this, by whichever rung, or the policy's choice stands. */
const consultDeadlineMs = 20 * secondMs;
const askTimeoutMs = 8 * secondMs;
/** With less time left than this, no further rung is asked. */
const leastAskMs = 2 * secondMs;
/** A reply that has not come by this long after the deadline will not come: the effect was lost. */
const lostAfterMs = minuteMs;
const adviceLifeMs = 10 * minuteMs;
const cacheLifeMs = hourMs;
const maxCached = 12;
const maxHeard = 8;

/** Begins the reason of a question that only the benchmark's rival asks. */
export const everyCycle = 'every cycle: ';
/** Begins the reason why a wished question was not asked. */
export const noRoom = 'no model has room';

export interface ModelLayerInput {
  readonly snapshot: Snapshot;
  readonly mode: MarketMode;
  readonly threshold: number;
  readonly candidates: readonly DecisionCandidate[];
  readonly decisionId: string;
  /** Past situations most like this one. */
  readonly recalled: readonly Recollection[];
}

/** What the layer has to say to one decision; `ask` is released once the decision is recorded. */
export interface ModelPlan {
  readonly advice: ModelAdvice | undefined;
  readonly record: DecisionAdvice;
  readonly ask: PendingConsult | undefined;
}

export class ModelLayer {
  readonly #settings: ModelSettings;
  readonly #universe: readonly string[];
  readonly #maxDrawdownPct: number;
  #memory: ModelMemory = freshModelMemory;
  #unsaved = false;

  constructor(settings: ModelSettings, universe: readonly string[], maxDrawdownPct: number) {
    this.#settings = settings;
    this.#universe = universe;
    this.#maxDrawdownPct = maxDrawdownPct;
  }

  restore(state: StateReader): void {
    this.#memory = readMemory(state, 'models') ?? freshModelMemory;
    this.#unsaved = false;
  }

  save(turn: Turn): void {
    if (!this.#unsaved) return;
    writeMemory(turn, 'models', this.#memory);
    this.#unsaved = false;
  }

  /** After a start no reply to an earlier call can come; what was reserved for it stays booked. */
  seeStart(): void {
    if (this.#memory.pending !== null) this.#keep({ pending: null });
  }

  /** A text from outside that the next brief may quote. */
  hear(origin: string, text: string): void {
    const quoted = quotedText(text);
    const { heard } = this.#memory;
    if (quoted === '' || heard.some((one) => one.origin === origin && one.text === quoted)) return;
    this.#keep({ heard: [...heard, { origin, text: quoted }].slice(-maxHeard) });
  }

  /** Advice that is still valid in this situation. */
  standing(snapshot: Snapshot, mode: MarketMode): ModelAdvice | undefined {
    const { standing } = this.#memory;
    const lifeMs = this.#always ? 1 : adviceLifeMs;
    if (standing === null || snapshot.now >= standing.at + lifeMs) return undefined;
    return standing.regime === this.#regimeOf(snapshot, mode) ? standing.advice : undefined;
  }

  /** Whether and whom to ask about this decision. Candidates are those weighed with the standing advice. */
  plan(turn: Turn, input: ModelLayerInput): ModelPlan {
    const { snapshot, mode, candidates } = input;
    const standing = this.standing(snapshot, mode);
    this.#giveUpLost(turn);
    const memory = this.#memory;
    const regime = this.#regimeOf(snapshot, mode);
    const knownRegime = memory.known_regime;
    const gate = mayChangeChoice({ candidates, threshold: input.threshold, regime, knownRegime });
    if (memory.regime !== regime || knownRegime === null)
      this.#keep({ regime, known_regime: knownRegime ?? regime });
    if (standing !== undefined)
      return this.#plan('advised', `advice of ${standing.provider} still holds`, standing);
    if (!gate.ask && !this.#always) return this.#plan('not_asked', gate.reason);
    if (memory.pending !== null) return this.#plan('not_asked', 'an earlier answer is still awaited');
    const fingerprint = fingerprintOf(snapshot, regime, candidates);
    const cached = memory.cache.find(
      (kept) => kept.fingerprint === fingerprint && snapshot.now < kept.at + cacheLifeMs,
    );
    if (cached !== undefined && !this.#always) return this.#reuse(turn, input, cached, gate.reason);
    const reason = gate.ask ? gate.reason : `${everyCycle}${gate.reason}`;
    return this.#planAsk(turn, input, { regime, fingerprint, reason, marginOnly: gate.marginOnly });
  }

  /** Books the call and requests it; the kernel performs it only after the commit. */
  release(turn: Turn, { ask }: ModelPlan): void {
    if (ask !== undefined) this.#ask(turn, ask);
    this.#tell(turn);
  }

  /**
   * Takes in a reply: books what it cost, judges it, and either keeps its advice or steps down the ladder.
   * Returns the advice when it came in time for the situation that it was asked about.
   */
  receive(turn: Turn, reply: ModelReply, snapshot: Snapshot, mode: MarketMode): ModelAdvice | undefined {
    const { pending } = this.#memory;
    if (pending === null || pending.consult_id !== reply.consult_id || pending.provider !== reply.provider)
      return undefined;
    const rung = this.#rung(pending);
    if (rung === undefined) return undefined;
    this.#keep({ pending: null });
    const cost = this.#settle(turn.now, rung, pending, reply);
    const advice =
      reply.outcome === 'answered'
        ? this.#judge(turn, { pending, reply, cost, rung }, this.#regimeOf(snapshot, mode))
        : this.#stepDown(turn, { pending, reply, cost, rung }, reply.outcome);
    this.#tell(turn);
    return advice;
  }

  #regimeOf(snapshot: Snapshot, mode: MarketMode): string {
    return regimeOf(snapshot, mode, this.#memory.regime, this.#maxDrawdownPct);
  }

  #reuse(turn: Turn, input: ModelLayerInput, cached: KeptAdvice, reason: string): ModelPlan {
    const { advice } = cached;
    this.#keep({ standing: { ...cached, at: turn.now }, known_regime: cached.regime });
    turn.emit('model.consulted', {
      ...this.#about(advice, input.decisionId, reason),
      verdict: 'cached',
      code: 'none',
      detail: `equal to the snapshot of ${durationText(turn.now - cached.at)} ago`,
      advice,
      ...noCost,
      at: turn.now,
    });
    return this.#plan('advised', `equal snapshot, asked ${durationText(turn.now - cached.at)} ago`, advice);
  }

  #planAsk(
    turn: Turn,
    input: ModelLayerInput,
    why: { regime: string; fingerprint: string; reason: string; marginOnly: boolean },
  ): ModelPlan {
    const { snapshot, mode, threshold, candidates, decisionId, recalled } = input;
    const open = openCandidates(candidates);
    const memories = toldMemories(recalled);
    const fields = { ...snapshotFields(snapshot, open), ...memories.fields };
    const heard = [...memories.texts, ...this.#memory.heard];
    const universe = this.#universe;
    const brief = briefOf({ snapshot, mode, reason: why.reason, threshold, open, fields, universe, heard });
    this.#keep({ money: moneyAt(this.#memory.money, turn.now) });
    const inputTokens = estimatedTokens(brief, this.#settings.prompt_tokens);
    const size = { inputTokens, outputTokens: maxOutputTokens };
    const { marginOnly } = why;
    const { rung, passedOver } = admit(this.#settings, this.#memory, {
      size,
      now: turn.now,
      from: 0,
      marginOnly,
    });
    if (rung === undefined) return this.#plan('not_asked', `${noRoom} (${passedOver.join('; ')})`);
    const ask = {
      consult_id: turn.id('consult', decisionId, rung.provider),
      decision_id: decisionId,
      provider: rung.provider,
      model: rung.model,
      reservation: reservationOf(rung, size, turn.now),
      asked_at: turn.now,
      deadline_at: turn.now + consultDeadlineMs,
      fingerprint: why.fingerprint,
      regime: why.regime,
      reason: why.reason,
      threshold,
      brief,
      fields,
      candidates: shown(open),
    };
    return { ...this.#plan('asked', why.reason), ask };
  }

  #ask(turn: Turn, ask: PendingConsult): void {
    const rung = this.#rung(ask);
    if (rung === undefined) return;
    this.#keep({
      pending: ask,
      known_regime: ask.regime,
      rungs: {
        ...this.#memory.rungs,
        [ask.provider]: reserve(rungMemory(this.#memory, rung), ask.reservation),
      },
      money: spend(moneyAt(this.#memory.money, turn.now), ask.reservation.micro_usd),
    });
    turn.effect('model.ask', {
      consult_id: ask.consult_id,
      decision_id: ask.decision_id,
      provider: ask.provider,
      model: ask.model,
      prompt: this.#prompt,
      brief: ask.brief,
      max_output_tokens: maxOutputTokens,
      timeout_ms: Math.min(askTimeoutMs, ask.deadline_at - turn.now),
    });
  }

  /** Replaces the reservation by what was used. What is not known to be unused stays booked. */
  #settle(now: EpochMs, rung: ModelRung, pending: PendingConsult, reply: ModelReply): Cost {
    const cost = costOf(rung, pending, reply);
    const used = settle(
      rungMemory(this.#memory, rung),
      pending.reservation,
      cost.input_tokens + cost.output_tokens,
    );
    this.#keep({
      rungs: { ...this.#memory.rungs, [rung.provider]: observe(used, reply.windows, now) },
      money: settleMoney(moneyAt(this.#memory.money, now), pending.reservation, cost.micro_usd),
    });
    return cost;
  }

  #judge(turn: Turn, call: Call, regime: string): ModelAdvice | undefined {
    const { pending, reply, rung } = call;
    const verdict = judgeAnswer(reply, pending);
    this.#keepRung(rung, answered(rungMemory(this.#memory, rung), verdict.accepted, turn.now));
    if (!verdict.accepted) {
      this.#report(turn, call, {
        verdict: 'rejected',
        code: verdict.code,
        detail: verdict.detail,
        advice: null,
      });
      return undefined;
    }
    const advice = adviceOf(pending, verdict.answer);
    const kept = { fingerprint: pending.fingerprint, regime: pending.regime, at: turn.now, advice };
    const others = this.#memory.cache.filter((one) => one.fingerprint !== kept.fingerprint);
    const inTime = turn.now <= pending.deadline_at && regime === pending.regime;
    this.#keep({
      cache: [...others, kept].slice(-maxCached),
      standing: inTime ? kept : this.#memory.standing,
    });
    this.#report(turn, call, {
      verdict: inTime ? 'accepted' : 'late',
      code: 'none',
      detail: inTime ? '' : 'the situation had changed or the deadline had passed',
      advice,
    });
    return inTime ? advice : undefined;
  }

  #stepDown(turn: Turn, call: Call, fault: ModelFault): undefined {
    const { pending, reply, rung } = call;
    this.#keepRung(rung, failed(rungMemory(this.#memory, rung), fault, reply, turn.now));
    this.#report(turn, call, { verdict: 'failed', code: fault, detail: reply.detail, advice: null });
    if (pending.deadline_at - turn.now < leastAskMs) return undefined;
    const inputTokens = estimatedTokens(pending.brief, this.#settings.prompt_tokens);
    const size = { inputTokens, outputTokens: maxOutputTokens };
    const from = this.#settings.rungs.indexOf(rung) + 1;
    const next = admit(this.#settings, this.#memory, { size, now: turn.now, from, marginOnly: false }).rung;
    if (next === undefined) return undefined;
    this.#ask(turn, {
      ...pending,
      consult_id: turn.id('consult', pending.decision_id, next.provider),
      provider: next.provider,
      model: next.model,
      reservation: reservationOf(next, size, turn.now),
    });
    return undefined;
  }

  #giveUpLost(turn: Turn): void {
    const { pending } = this.#memory;
    if (pending === null || turn.now <= pending.deadline_at + lostAfterMs) return;
    this.#keep({ pending: null });
    const rung = this.#rung(pending);
    if (rung !== undefined)
      this.#keepRung(rung, failed(rungMemory(this.#memory, rung), 'timeout', null, turn.now));
  }

  #report(
    turn: Turn,
    { pending, reply, cost }: Call,
    outcome: Pick<ModelConsultation, 'verdict' | 'code' | 'detail' | 'advice'>,
  ): void {
    turn.emit('model.consulted', {
      ...this.#about(pending, pending.decision_id, pending.reason),
      ...outcome,
      ...cost,
      latency_ms: reply.latency_ms,
      at: turn.now,
    });
  }

  #about(of: Pick<ModelAdvice, 'consult_id' | 'provider' | 'model'>, decisionId: string, reason: string) {
    const { consult_id, provider, model } = of;
    return { consult_id, decision_id: decisionId, provider, model, prompt: this.#prompt, reason };
  }

  #plan(state: DecisionAdvice['state'], reason: string, advice?: ModelAdvice): ModelPlan {
    const record = { prompt: this.#prompt, state, reason, advice: advice ?? null };
    return { advice, record, ask: undefined };
  }

  #tell(turn: Turn): void {
    turn.emit('model.ladder', ladderState(this.#settings, this.#memory, this.#prompt, turn.now));
  }

  get #always(): boolean {
    return this.#settings.consult === 'always';
  }

  get #prompt(): string {
    const { name, version, hash } = this.#settings.prompt;
    return `${name}@${version}#${hash}`;
  }

  /** The rung that was asked, if the settings still have it. */
  #rung({ provider, model }: Pick<PendingConsult, 'provider' | 'model'>): ModelRung | undefined {
    return this.#settings.rungs.find((rung) => rung.provider === provider && rung.model === model);
  }

  #keepRung(rung: ModelRung, used: ReturnType<typeof rungMemory>): void {
    this.#keep({ rungs: { ...this.#memory.rungs, [rung.provider]: used } });
  }

  #keep(changes: Partial<ModelMemory>): void {
    this.#memory = { ...this.#memory, ...changes };
    this.#unsaved = true;
  }
}

interface Call {
  readonly pending: PendingConsult;
  readonly reply: ModelReply;
  readonly cost: Cost;
  readonly rung: ModelRung;
}

function adviceOf({ consult_id, provider, model }: PendingConsult, answer: AcceptedAnswer): ModelAdvice {
  const { scales, riskScale, reasoning, evidence } = answer;
  return { consult_id, provider, model, scales, risk_scale: riskScale, reasoning, evidence };
}

/** The record's `model` field: who decided, and under which prompt. */
export function decidedBy({ advice, record }: ModelPlan): Decision['model'] {
  return `${advice === undefined ? 'policy' : `${advice.provider}/${advice.model}`} ${record.prompt}`;
}
