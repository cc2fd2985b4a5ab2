// Learn: follows every decision until hindsight is complete, scores it by what it promised, and says of the present
// situation what past ones teach. It must never touch a floor, a limit or a safety kind: it tilts scores, within bounds.
import type { StateReader, Turn } from '../../kernel/agent.ts';
import type { Decision, DecisionScore } from '../../shared/domain/decision.ts';
import type { AssetClass } from '../../shared/domain/instrument.ts';
import type { MarketMode } from '../../shared/domain/mode.ts';
import type { Signal } from '../../shared/domain/signal.ts';
import { type Task, taskKinds } from '../../shared/domain/task.ts';
import { type EpochMs, minuteMs } from '../../shared/domain/time.ts';
import { rounded } from '../numbers.ts';
import type { Snapshot } from '../snapshot.ts';
import { Calibration } from './calibration.ts';
import { Episodes } from './episodes.ts';
import { Insight } from './insight.ts';
import { kindKept, outcomeOf, rewardOf } from './outcome.ts';
import {
  type ClassAccount,
  emptyAccount,
  type Find,
  freshWorth,
  looksAtMarkets,
  type PromiseRow,
  Promises,
  stateOf,
} from './promises.ts';
import { featureLength, type Situation, situationOf } from './situation.ts';
import { TrackRecord } from './track-record.ts';
import type { Undertaking } from './undertaking.ts';
import { Variants } from './variants.ts';

/** Decisions are scored together, so that what is learnt is written seldom. */
const scoringGridMs = 15 * minuteMs;

export interface LearningSettings {
  /** False: it scores and shows, but changes no score. */
  readonly influences: boolean;
  /** Longest time without a look at a symbol: then everything that was there has come to light. */
  readonly hindsightMs: number;
}

export class Learning {
  readonly #settings: LearningSettings;
  readonly record = new TrackRecord();
  readonly variants = new Variants(featureLength);
  readonly episodes = new Episodes();
  readonly calibration = new Calibration();
  readonly #promises = new Promises();

  constructor(settings: LearningSettings) {
    this.#settings = settings;
  }

  restore(state: StateReader): void {
    for (const part of [this.record, this.variants, this.episodes, this.calibration, this.#promises])
      part.restore(state);
  }

  save(turn: Turn): void {
    for (const part of [this.record, this.variants, this.episodes, this.calibration, this.#promises])
      part.save(turn);
  }

  /** Decisions that wait for hindsight. */
  get open(): number {
    return this.#promises.size;
  }

  /** What the past teaches about this situation; asked once per decision. */
  insight(snapshot: Snapshot, mode: MarketMode): Insight {
    return this.insightOf(situationOf(snapshot, mode), snapshot.now);
  }

  insightOf(situation: Situation, now: EpochMs): Insight {
    return new Insight(situation, now, this, this.#settings.influences);
  }

  /** Situation of a decision that still waits for hindsight. */
  situationOf(decisionId: string): Situation | undefined {
    return this.#promises.row(decisionId)?.situation;
  }

  /** Keeps a decision, also one to run nothing, until it can be scored. */
  follow(decision: Decision, undertaking: Undertaking): void {
    const { situation, inputs, kinds, accountable, looks, classOf } = undertaking;
    const classes: Partial<Record<AssetClass, ClassAccount>> = {};
    for (const assetClass of accountable) classes[assetClass] = emptyAccount;
    for (const { symbol, price } of looks.flat()) {
      const assetClass = classOf(symbol);
      if (assetClass === undefined) continue;
      const before = classes[assetClass] ?? emptyAccount;
      const paid = rounded(before.paid + price, 6);
      classes[assetClass] = { ...before, looks: before.looks + 1, paid };
    }
    this.#promises.open(decision, {
      at: decision.at,
      situation,
      inputs,
      due_at: Math.ceil((decision.at + this.#settings.hindsightMs) / scoringGridMs) * scoringGridMs,
      kinds: Object.fromEntries(kinds.map((kind) => [kind, { state: 'open', right: 0, wrong: 0 }])),
      classes,
      waiting: {},
      signals: 0,
      unknown: 0,
    });
  }

  /** Takes a closed task and what its looks brought to light into account. */
  taskClosed(task: Task, finds: readonly Find[], now: EpochMs): void {
    const row = this.#promises.row(task.decision_id);
    for (const find of finds) {
      const cells = row === undefined ? ['all/all'] : cellsOf(row.situation);
      this.record.add(cells, { caught: freshWorth(find.value, now - find.at), there: find.value }, now);
      this.#promises.found(find, task.decision_id, now);
    }
    const state = stateOf(task);
    if (this.#promises.of(task) === undefined && state !== 'skipped' && !looksAtMarkets(task.kind))
      this.record.add([`kind/${task.kind}`], { decisions: 1, kept: state === 'observed' ? 1 : 0 }, now);
    this.#promises.taskClosed(task, state);
  }

  signalGiven(signal: Signal, now: EpochMs): void {
    if (signal.task_id !== null)
      this.#promises.signalGiven(signal.signal_id, signal.task_id, signal.horizon_ms, now);
  }

  signalScored(signalId: string, outcome: 'right' | 'wrong' | 'unknown', now: EpochMs): void {
    const scored = this.#promises.signalScored(signalId, outcome);
    if (scored === undefined || outcome === 'unknown') return;
    const cells = [...cellsOf(scored.row.situation), `kind/${scored.kind}`];
    this.record.add(cells, { signals: 1, right: outcome === 'right' ? 1 : 0 }, now);
  }

  /** Scores every decision of which everything is known by now; returns them, as they were made, with their scores. */
  settle(now: EpochMs): { readonly decision: Decision; readonly score: DecisionScore }[] {
    return this.#promises.takeComplete(now).map(({ decision, row }) => {
      const outcome = outcomeOf(row, decision.task_ids.length, now);
      if (row !== undefined) this.#learnFrom(decision, row, outcome, now);
      const { id, mode, action, confidence, task_ids } = decision;
      return { decision, score: { id, mode, action, confidence, task_ids, outcome, open: false } };
    });
  }

  #learnFrom(
    decision: Decision,
    row: PromiseRow,
    outcome: NonNullable<Decision['outcome']>,
    now: EpochMs,
  ): void {
    const { successful, net = 0, cost, opportunities } = outcome;
    const kept = successful ? 1 : 0;
    const seen = {
      decisions: 1,
      kept,
      looks: cost?.looks ?? 0,
      paid: cost?.paid ?? 0,
      net,
      net_squares: net * net,
    };
    this.record.add(cellsOf(row.situation), seen, now);
    for (const kind of taskKinds) {
      const account = row.kinds[kind];
      if (account === undefined || account.state === 'skipped') continue;
      const reward = rewardOf(row, kind);
      const mine = looksAtMarkets(kind) ? { net: reward, net_squares: reward * reward } : {};
      this.record.add([`kind/${kind}`], { decisions: 1, kept: kindKept(row, kind) ? 1 : 0, ...mine }, now);
      if (looksAtMarkets(kind) && account.state !== 'failed')
        this.variants.learn(kind, row.situation.features, reward, now);
    }
    this.calibration.learn(row.inputs, decision.confidence, successful, now);
    this.episodes.remember(
      row.situation,
      {
        kinds: taskKinds.filter((kind) => row.kinds[kind] !== undefined),
        kept,
        found: opportunities?.found_value ?? 0,
        missed: opportunities?.missed_value ?? 0,
        net,
      },
      now,
    );
  }
}

function cellsOf(situation: Situation): readonly string[] {
  return ['all/all', ...situation.cells];
}
