// How likely something worth finding has happened at each subject since it was last looked at: a log-linear Poisson
// intensity over own history, clock and what other subjects looked at since have shown. It decides nothing.
import { ClockProfile, type ClockProfileState } from './clock-profile.ts';
import type { IntensityPrior } from './features.ts';
import { feature, featureCount } from './features.ts';
import { barScale, type FindDefinition } from './intensity-settings.ts';
import { LagNodes } from './lag-nodes.ts';
import { Learner, type LearnerState } from './learner.ts';
import { MarketNowcast, type MarketNowcastState } from './market-nowcast.ts';
import { SubjectHistory, type SubjectHistoryState } from './subject-history.ts';

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

/** Numbers per subject in the row table. */
const column = {
  lookBar: 0,
  findBar: 1,
  ownRate: 2,
  proximity: 3,
  fastVolatility: 4,
  middleVolatility: 5,
  slowVolatility: 6,
  selfExcitation: 7,
  slowExcitation: 8,
  volume: 9,
  coupling: 10,
  advice: 11,
  directionSquares: 12,
  directionProducts: 13,
} as const;
const columns = 14;

const finalBaseDays = 10;
const basePerDay = 1.2;
const usualCoupling = 0.7;
const couplingPrior = 20;
const couplingForgetting = 0.9995;
const maxCarried = 2;
const carriedKink = 0.5;
const proximityKink = 0.6;
/** Decay tables reach this many bars; older looks count as this old. */
const maxAgeBars = 4_096;
const neverLooked = -1e9;
/** Share of quiet bars that is learnt from, with the inverse weight. */
const quietStride = 5;
const maxIntensity = 1;
const refractoryForecast = 0.2;

/** Tables of a scale, shared by every model of it: they are read only, and a restart must not pay for them again. */
const tables = new Map<string, Float64Array>();
const maxTables = 64;

function table(key: string, of: (age: number) => number): Float64Array {
  const known = tables.get(key);
  if (known !== undefined) return known;
  const made = Float64Array.from({ length: maxAgeBars + 1 }, (_, age) => of(age));
  if (tables.size < maxTables) tables.set(key, made);
  return made;
}

function decayTable(bars: number): Float64Array {
  return table(`decay ${bars}`, (age) => Math.exp(-age / bars));
}

function ageTable(hour: number): Float64Array {
  return table(`age ${hour}`, (age) => Math.log1p((age * 12) / hour));
}

export class IntensityModel {
  readonly scale;
  readonly find: FindDefinition;
  readonly market: MarketNowcast;
  readonly clock = new ClockProfile();
  readonly learner: Learner;
  readonly nodes: LagNodes;
  readonly #baseRate: number;
  readonly #histories: SubjectHistory[] = [];
  #rows = new Float64Array(columns * 16);
  readonly #vector = new Float64Array(featureCount);
  readonly #decay10: Float64Array;
  readonly #decay60: Float64Array;
  readonly #decay240: Float64Array;
  readonly #decay360: Float64Array;
  readonly #decay1440: Float64Array;
  readonly #logAge: Float64Array;
  /** Market part of the log intensity per lag node, then of the forecast bar. */
  readonly #common: Float64Array;
  readonly #nodeActivity: Float64Array;
  readonly #nodeFinds: Float64Array;
  readonly #nodeDirection: Float64Array;
  #bar = 0;
  #at = 0;
  onExample: ExampleListener | undefined;

  constructor(find: FindDefinition, prior: IntensityPrior) {
    this.find = find;
    this.scale = barScale(find);
    this.market = new MarketNowcast(this.scale);
    this.nodes = new LagNodes(this.scale.tau);
    this.learner = new Learner(prior, this.scale.perDay);
    // 1.2 finds a day at tau = 30 minutes; faster worlds find in proportion.
    this.#baseRate = basePerDay / (48 * this.scale.tau);
    this.learner.baseRate = this.#baseRate;
    const { hour } = this.scale;
    this.#decay10 = decayTable(hour / 6);
    this.#decay60 = decayTable(hour);
    this.#decay240 = decayTable(4 * hour);
    this.#decay360 = decayTable(6 * hour);
    this.#decay1440 = decayTable(24 * hour);
    this.#logAge = ageTable(hour);
    const nodes = this.nodes.count + 1;
    this.#common = new Float64Array(nodes);
    this.#nodeActivity = new Float64Array(nodes);
    this.#nodeFinds = new Float64Array(nodes);
    this.#nodeDirection = new Float64Array(nodes);
  }

  get size(): number {
    return this.#histories.length;
  }

  /** Adds a subject nobody has looked at; returns its index. */
  add(): number {
    const index = this.#histories.length;
    if ((index + 1) * columns > this.#rows.length) {
      const grown = new Float64Array(this.#rows.length * 2);
      grown.set(this.#rows);
      this.#rows = grown;
    }
    this.#histories.push(new SubjectHistory(this.scale, this.find.thresholdSigmas));
    const row = index * columns;
    this.#rows[row + column.lookBar] = neverLooked;
    this.#rows[row + column.findBar] = neverLooked;
    this.#rows[row + column.coupling] = usualCoupling;
    return index;
  }

  setAdvice(subject: number, logMultiplier: number): void {
    this.#rows[subject * columns + column.advice] = logMultiplier;
  }

  /** Bar of the subject's last look; far in the past when there was none. */
  lookBar(subject: number): number {
    return this.#rows[subject * columns + column.lookBar] as number;
  }

  coupling(subject: number): number {
    return this.#rows[subject * columns + column.coupling] as number;
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
    const row = subject * columns;
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
        this.#couple(row, bar, signed);
      }
      this.market.add(bar, activity, signed, find);
      this.clock.add(at, activity);
    }
    this.#settle(row, history);
    this.market.refresh();
    return taken;
  }

  #settle(row: number, history: SubjectHistory): void {
    const r = this.#rows;
    r[row + column.lookBar] = this.#bar;
    r[row + column.findBar] = history.lastFindBar;
    const priorBars = finalBaseDays * this.scale.perDay;
    r[row + column.ownRate] = Math.log(
      (history.finds + priorBars * this.#baseRate) / (history.bars + priorBars) / this.#baseRate,
    );
    r[row + column.proximity] = history.proximity;
    r[row + column.fastVolatility] = history.fastVolatility;
    r[row + column.middleVolatility] = history.middleVolatility;
    r[row + column.slowVolatility] = history.slowVolatility;
    r[row + column.selfExcitation] = history.hawkesFast;
    r[row + column.slowExcitation] = history.hawkesSlow;
    r[row + column.volume] = history.volumeSurge;
    const squares = r[row + column.directionSquares] as number;
    const products = r[row + column.directionProducts] as number;
    r[row + column.coupling] = Math.max(
      -1.5,
      Math.min(1.5, (products + couplingPrior * usualCoupling) / (squares + couplingPrior)),
    );
  }

  #couple(row: number, bar: number, signed: number): void {
    const k = bar & this.market.mask;
    if ((this.market.looks[k] as number) < 1) return;
    const direction = this.market.direction[k] as number;
    const r = this.#rows;
    const squares = row + column.directionSquares;
    const products = row + column.directionProducts;
    r[squares] = couplingForgetting * (r[squares] as number) + direction * direction;
    r[products] = couplingForgetting * (r[products] as number) + direction * signed;
  }

  #learnFrom(subject: number, bar: number, at: number, lookBar: number, find: number): void {
    const quiet = find === 0;
    if (quiet && (bar * 7 + subject * 3) % quietStride !== 0) return;
    this.fill(subject, bar - lookBar, bar & this.market.mask, at);
    const weight = quiet ? quietStride : 1;
    this.onExample?.(this.#vector, find, weight);
    this.learner.learn(this.#vector, find, weight);
  }

  /** Writes the features of the subject `age` bars after its last look, with the market as in ring slot `k`. */
  fill(subject: number, age: number, k: number, at: number): Float64Array {
    const m = this.market;
    return this.#fill(
      subject,
      age,
      m.activity[k] as number,
      m.findShare[k] as number,
      m.direction[k] as number,
      k,
      at,
    );
  }

  #fill(
    subject: number,
    age: number,
    activity: number,
    finds: number,
    direction: number,
    k: number,
    at: number,
  ): Float64Array {
    const v = this.#vector;
    const r = this.#rows;
    const row = subject * columns;
    const a = Math.max(0, Math.min(maxAgeBars, age));
    const proximity = r[row + column.proximity] as number;
    const coupling = r[row + column.coupling] as number;
    const own = (r[row + column.fastVolatility] as number) * (this.#decay60[a] as number);
    const carried = Math.min(maxCarried, Math.abs(coupling * direction) / this.find.thresholdSigmas);
    v[feature.constant] = 1;
    v[feature.ownRate] = r[row + column.ownRate] as number;
    v[feature.clock] = this.clock.at(at);
    v[feature.proximity] = proximity * (this.#decay10[a] as number);
    v[feature.fastVolatility] = own;
    v[feature.middleVolatility] =
      (r[row + column.middleVolatility] as number) * (this.#decay240[a] as number);
    v[feature.slowVolatility] = (r[row + column.slowVolatility] as number) * (this.#decay1440[a] as number);
    v[feature.selfExcitation] = (r[row + column.selfExcitation] as number) * (this.#decay60[a] as number);
    v[feature.slowExcitation] = (r[row + column.slowExcitation] as number) * (this.#decay360[a] as number);
    v[feature.volume] = (r[row + column.volume] as number) * (this.#decay60[a] as number);
    v[feature.market] = activity;
    v[feature.coupledMarket] = (Math.abs(coupling) - usualCoupling) * activity;
    v[feature.marketFinds] = finds;
    v[feature.marketHour] = this.market.hourMean[k] as number;
    v[feature.marketSlow] = this.market.slowMean[k] as number;
    v[feature.age] = this.#logAge[a] as number;
    v[feature.nearThreshold] = Math.max(0, proximity - proximityKink) * (this.#decay10[a] as number);
    v[feature.coupledFinds] = (Math.abs(coupling) - usualCoupling) * finds;
    v[feature.marketSquared] = activity * activity;
    v[feature.ownTimesMarket] = own * activity;
    v[feature.carried] = carried;
    v[feature.carriedFar] = Math.max(0, carried - carriedKink);
    v[feature.advice] = r[row + column.advice] as number;
    return v;
  }

  /** Draws the market part of every lag node and of the forecast for the coefficients in force. */
  prepare(): void {
    this.market.refresh();
    const b = this.learner.active;
    const m = this.market;
    for (let n = 0; n <= this.nodes.count; n += 1) {
      const forecast = n === this.nodes.count;
      const lag = forecast ? 0 : (this.nodes.lags[n] as number);
      const k = (this.#bar - lag) & m.mask;
      const activity = forecast ? m.forecastActivity(k) : (m.activity[k] as number);
      const finds = forecast ? 0.2 * (m.findShare[k] as number) : (m.findShare[k] as number);
      const at = this.#at + (forecast ? 1 : -lag) * this.find.barMs;
      this.#nodeActivity[n] = activity;
      this.#nodeFinds[n] = finds;
      this.#nodeDirection[n] = Math.abs(forecast ? m.forecastDirection(k) : (m.direction[k] as number));
      this.#common[n] =
        (b[feature.constant] as number) +
        (b[feature.clock] as number) * this.clock.at(at) +
        (b[feature.market] as number) * activity +
        (b[feature.marketFinds] as number) * finds +
        (b[feature.marketHour] as number) * (m.hourMean[k] as number) +
        (b[feature.marketSlow] as number) * (m.slowMean[k] as number) +
        (b[feature.marketSquared] as number) * activity * activity;
    }
  }

  /**
   * Effective-age index of every subject into `out` (0 for one looked at in this bar): the gain of looking now
   * over leaving it, in expected find values. With W the value waiting and g the value if left for ever,
   * q = 1 - W/g and I = g (1 - q (1 - ln q)): the Whittle index of an age problem whose age is read off W.
   * `waiting`, when given, receives each W: the expected worth of finds nobody has seen yet.
   */
  score(out: Float64Array, waiting?: Float64Array): void {
    this.prepare();
    for (let subject = 0; subject < this.size; subject += 1) {
      out[subject] = this.#scoreOf(subject);
      if (waiting !== undefined) waiting[subject] = this.#lastWaiting;
    }
  }

  /** The same for one subject. */
  scoreOf(subject: number): number {
    this.prepare();
    return this.#scoreOf(subject);
  }

  #scoreOf(subject: number): number {
    const age = this.#bar - this.lookBar(subject);
    this.#lastWaiting = 0;
    return age <= 0 ? 0 : this.#indexOf(subject, age, 1 / (1 - Math.exp(-1 / this.scale.tau)));
  }

  #indexOf(subject: number, age: number, forecastGain: number): number {
    const waiting = this.#waiting(subject, age);
    this.#lastWaiting = waiting;
    const bar = this.#bar;
    const findBar = this.#rows[subject * columns + column.findBar] as number;
    const refractory = bar + 1 <= findBar + this.scale.refractory ? refractoryForecast : 1;
    const left = forecastGain * refractory * this.#lastForecast;
    const q = 1 - waiting / left;
    return q > 1e-9 ? left * (1 - q * (1 - Math.log(q))) : waiting;
  }

  #lastForecast = 0;
  #lastWaiting = 0;

  /** Sum of intensity x e^{-(now - x)/tau} over the bars since the last look; leaves the forecast intensity beside. */
  #waiting(subject: number, age: number): number {
    const b = this.learner.active;
    const r = this.#rows;
    const row = subject * columns;
    const proximity = r[row + column.proximity] as number;
    const coupling = r[row + column.coupling] as number;
    const strength = Math.abs(coupling);
    const extra = strength - usualCoupling;
    const carry = strength / this.find.thresholdSigmas;
    const own = r[row + column.fastVolatility] as number;
    const fixed =
      (b[feature.ownRate] as number) * (r[row + column.ownRate] as number) +
      (b[feature.advice] as number) * (r[row + column.advice] as number);
    const w10 =
      (b[feature.proximity] as number) * proximity +
      (b[feature.nearThreshold] as number) * Math.max(0, proximity - proximityKink);
    const w60 =
      (b[feature.fastVolatility] as number) * own +
      (b[feature.selfExcitation] as number) * (r[row + column.selfExcitation] as number) +
      (b[feature.volume] as number) * (r[row + column.volume] as number);
    const w60market = (b[feature.ownTimesMarket] as number) * own;
    const w240 = (b[feature.middleVolatility] as number) * (r[row + column.middleVolatility] as number);
    const w360 = (b[feature.slowExcitation] as number) * (r[row + column.slowExcitation] as number);
    const w1440 = (b[feature.slowVolatility] as number) * (r[row + column.slowVolatility] as number);
    const wAge = b[feature.age] as number;
    const wMarket = (b[feature.coupledMarket] as number) * extra;
    const wFinds = (b[feature.coupledFinds] as number) * extra;
    const wCarried = b[feature.carried] as number;
    const wCarriedFar = b[feature.carriedFar] as number;
    const rate = this.#baseRate;
    const lags = this.nodes.lags;
    const weights = this.nodes.weights;
    const count = this.nodes.count;
    const findBar = r[row + column.findBar] as number;
    const reach = Math.min(age - 1, this.#bar - findBar - this.scale.refractory - 1);
    let sum = 0;
    let last = 0;
    for (let n = 0; n <= count; n += 1) {
      const lag = n < count ? (lags[n] as number) : -1;
      if (lag > reach && n < count) {
        n = count - 1;
        continue;
      }
      const a = age - lag > maxAgeBars ? maxAgeBars : age - lag;
      const d60 = this.#decay60[a] as number;
      const activity = this.#nodeActivity[n] as number;
      const carriedRaw = carry * (this.#nodeDirection[n] as number);
      const carried = carriedRaw < maxCarried ? carriedRaw : maxCarried;
      let log =
        (this.#common[n] as number) +
        fixed +
        w10 * (this.#decay10[a] as number) +
        (w60 + w60market * activity) * d60 +
        w240 * (this.#decay240[a] as number) +
        w360 * (this.#decay360[a] as number) +
        w1440 * (this.#decay1440[a] as number) +
        wAge * (this.#logAge[a] as number) +
        wMarket * activity +
        wFinds * (this.#nodeFinds[n] as number) +
        wCarried * carried;
      if (carried > carriedKink) log += wCarriedFar * (carried - carriedKink);
      const intensity = Math.min(maxIntensity, rate * Math.exp(log));
      if (n === count) this.#lastForecast = intensity;
      else {
        sum += (weights[n] as number) * intensity;
        last = intensity;
      }
    }
    return sum + last * this.nodes.tail(reach);
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
    const row = this.#rows.subarray(subject * columns, (subject + 1) * columns);
    return { row: Array.from(row, (value) => value + 0), history: history.toState() };
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
      if (saved.row.length !== columns) throw new RangeError('subject row does not fit');
      this.#rows.set(saved.row, subject * columns);
      this.#histories[subject]?.load(saved.history);
    });
    this.market.load(state.market);
    this.clock.load(state.clock);
    this.learner.load(state.learner);
    this.#bar = bar;
    this.#at = at;
  }
}
