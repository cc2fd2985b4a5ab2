// How likely something worth finding has happened at each subject since it was last looked at: a log-linear Poisson
// intensity over own history, clock and what other subjects looked at since have shown. It decides nothing.
import { ClockProfile, type ClockProfileState } from './clock-profile.ts';
import { decayTables } from './decay-tables.ts';
import { FeatureVector } from './feature-vector.ts';
import type { IntensityPrior } from './features.ts';
import { barScale, type FindDefinition } from './intensity-settings.ts';
import { Learner, type LearnerState } from './learner.ts';
import { LookWorth } from './look-worth.ts';
import { MarketNowcast, type MarketNowcastState } from './market-nowcast.ts';
import { SubjectHistory, type SubjectHistoryState } from './subject-history.ts';
import { basePerDay, column, neverLooked, SubjectTable } from './subject-table.ts';

/** Observations of one subject, oldest first; every column has at least `count` entries. */
export interface Observations {
  readonly count: number;
  /** Close of each bar, epoch milliseconds. */
  readonly at: ArrayLike<number>;
  readonly close: ArrayLike<number>;
  readonly volume?: ArrayLike<number>;
}

/** Called for every find that a look brings to light, with the time at which it could first be seen. */
export type FindListener = (at: number, value: number) => void;

/** Called for every learnt bar; the vector is reused. For fitting priors only. */
export type ExampleListener = (features: Float64Array, value: number, weight: number) => void;

export interface SubjectState {
  readonly row: readonly number[];
  readonly history: SubjectHistoryState;
}

export interface IntensityModelState {
  readonly subjects: readonly SubjectState[];
  readonly market: MarketNowcastState;
  readonly clock: ClockProfileState;
  readonly learner: LearnerState;
}

/** Share of quiet bars that is learnt from, with the inverse weight. */
const quietStride = 5;

export class IntensityModel {
  readonly scale;
  readonly find: FindDefinition;
  readonly market: MarketNowcast;
  readonly clock = new ClockProfile();
  readonly learner: Learner;
  readonly #baseRate: number;
  readonly #histories: SubjectHistory[] = [];
  readonly #subjects = new SubjectTable();
  readonly #features: FeatureVector;
  readonly #worth: LookWorth;
  #bar = 0;
  #at = 0;
  onExample: ExampleListener | undefined;

  constructor(find: FindDefinition, prior: IntensityPrior) {
    this.find = find;
    this.scale = barScale(find);
    this.market = new MarketNowcast(this.scale);
    this.learner = new Learner(prior, this.scale.perDay);
    // 1.2 finds a day at tau = 30 minutes; faster worlds find in proportion.
    this.#baseRate = basePerDay / (48 * this.scale.tau);
    this.learner.baseRate = this.#baseRate;
    const parts = {
      subjects: this.#subjects,
      decays: decayTables(this.scale.hour),
      market: this.market,
      clock: this.clock,
      thresholdSigmas: find.thresholdSigmas,
    };
    this.#features = new FeatureVector(parts);
    const { learner, scale } = this;
    this.#worth = new LookWorth({ ...parts, learner, scale, barMs: find.barMs });
  }

  get size(): number {
    return this.#histories.length;
  }

  /** Adds a subject nobody has looked at; returns its index. */
  add(): number {
    this.#histories.push(new SubjectHistory(this.scale, this.find.thresholdSigmas));
    return this.#subjects.add();
  }

  setAdvice(subject: number, logMultiplier: number): void {
    this.#subjects.setAdvice(subject, logMultiplier);
  }

  /** Bar of the subject's last look; far in the past when there was none. */
  lookBar(subject: number): number {
    return this.#subjects.get(subject, column.lookBar);
  }

  coupling(subject: number): number {
    return this.#subjects.get(subject, column.coupling);
  }

  /** Opens the bar; must precede observe and score for this bar. */
  advance(bar: number, at: number): void {
    this.#bar = bar;
    this.#at = at;
    // Before the market opens bars by it: so it is the same however often was asked before.
    this.clock.advance(at);
    this.market.advance(bar, (opened) => this.clock.at(at - (bar - opened) * this.find.barMs));
    // At once, so that what is asked in between never changes what is known later.
    this.market.refresh();
    this.learner.advance(bar);
  }

  /**
   * Takes what a look at the subject returned, learns from the bars nobody had seen, and refreshes the nowcast.
   * `barOf` maps an observation's time to a counted bar; observations of the future or of bars already known are
   * left out. Returns the number taken.
   */
  observe(subject: number, seen: Observations, barOf: (at: number) => number, onFind?: FindListener): number {
    const history = this.#histories[subject];
    if (history === undefined) throw new RangeError(`no subject ${subject}`);
    const lookBar = this.lookBar(subject);
    const firstLook = lookBar === neverLooked;
    this.market.refresh();
    let taken = 0;
    for (let k = 0; k < seen.count; k += 1) {
      const at = seen.at[k] as number;
      const bar = barOf(at);
      if (!(bar <= this.#bar)) continue;
      const refractory = bar <= history.lastFindBar + this.scale.refractory;
      if (!history.take(bar, seen.close[k] as number, seen.volume?.[k] ?? Number.NaN)) continue;
      taken += 1;
      const { activity, signed, find } = history.reading;
      if (!firstLook && bar > lookBar && find > 0) onFind?.(at, find);
      if (!firstLook && bar > lookBar && this.market.covers(bar)) {
        if (!refractory || find > 0) this.#learnFrom(subject, bar, at, lookBar, find);
        this.#couple(subject, bar, signed);
      }
      this.market.add(bar, activity, signed, find);
      this.clock.add(at, activity);
    }
    this.#subjects.settle(subject, history, this.#bar, this.#baseRate, this.scale.perDay);
    this.market.refresh();
    return taken;
  }

  /** How the subject moves with what others show; bars in which nobody else was looked at say nothing of it. */
  #couple(subject: number, bar: number, signed: number): void {
    const k = bar & this.market.mask;
    if ((this.market.looks[k] as number) >= 1)
      this.#subjects.couple(subject, this.market.direction[k] as number, signed);
  }

  #learnFrom(subject: number, bar: number, at: number, lookBar: number, find: number): void {
    const quiet = find === 0;
    if (quiet && (bar * 7 + subject * 3) % quietStride !== 0) return;
    const vector = this.fill(subject, bar - lookBar, bar & this.market.mask, at);
    const weight = quiet ? quietStride : 1;
    this.onExample?.(vector, find, weight);
    this.learner.learn(vector, find, weight);
  }

  /** Writes the features of the subject `age` bars after its last look, with the market as in ring slot `k`. */
  fill(subject: number, age: number, k: number, at: number): Float64Array {
    return this.#features.fill(subject, age, k, at);
  }

  /**
   * Worth of looking at every subject now into `out`, in expected find values; see LookWorth.scoreOf.
   * `waiting`, when given, receives the expected worth of finds nobody has seen yet.
   */
  score(out: Float64Array, waiting?: Float64Array): void {
    const worth = this.#worth;
    worth.prepare(this.#bar, this.#at);
    for (let subject = 0; subject < this.size; subject += 1) {
      out[subject] = worth.scoreOf(subject);
      if (waiting !== undefined) waiting[subject] = worth.lastWaiting;
    }
  }

  /** The same for one subject. */
  scoreOf(subject: number): number {
    this.#worth.prepare(this.#bar, this.#at);
    return this.#worth.scoreOf(subject);
  }

  /** Terms of the subject's intensity now against the usual ones: contribution and raw value per feature. */
  terms(subject: number): { readonly contribution: number[]; readonly value: number[] } {
    const age = Math.max(0, this.#bar - this.lookBar(subject));
    const vector = this.fill(subject, age, this.#bar & this.market.mask, this.#at);
    const active = this.learner.active;
    const { means } = this.learner.prior;
    return {
      contribution: Array.from(vector, (x, q) => (active[q] as number) * (x - (means[q] ?? 0))),
      value: Array.from(vector),
    };
  }

  /** Looks at others since this subject's own last one: what the nowcast of its unseen bars rests on. */
  looksSince(subject: number): number {
    const bar = Math.max(this.lookBar(subject) + 1, this.#bar - this.market.size + 2);
    return bar > this.#bar ? 0 : Math.max(0, Math.round(this.market.looks[bar & this.market.mask] as number));
  }

  history(subject: number): SubjectHistory | undefined {
    return this.#histories[subject];
  }

  toState(): IntensityModelState {
    return {
      subjects: this.#histories.map((_, subject) => this.subjectState(subject)),
      ...this.sharedState(),
    };
  }

  /** What is kept of one subject; changes only when it is looked at or advised on. */
  subjectState(subject: number): SubjectState {
    const history = this.#histories[subject];
    if (history === undefined) throw new RangeError(`no subject ${subject}`);
    return { row: this.#subjects.rowOf(subject), history: history.toState() };
  }

  /** What is kept of all subjects together. */
  sharedState(): Omit<IntensityModelState, 'subjects'> {
    return {
      market: this.market.toState(),
      clock: this.clock.toState(),
      learner: this.learner.toState(),
    };
  }

  /** Throws RangeError when the state does not fit these settings. */
  load(state: IntensityModelState, bar: number, at: number): void {
    if (state.subjects.length !== this.size) throw new RangeError('the saved subjects are not these');
    state.subjects.forEach((saved, subject) => {
      this.#subjects.load(subject, saved.row);
      this.#histories[subject]?.load(saved.history);
    });
    this.market.load(state.market);
    this.clock.load(state.clock);
    this.learner.load(state.learner);
    this.#bar = bar;
    this.#at = at;
  }
}
