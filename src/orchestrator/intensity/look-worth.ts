// What a look at each subject is worth now, and what is waiting there: the score by which subjects are chosen.
// The hot path of the scheduler: no allocation, no exponential but one per node. It must never change what is known.
import { maxAgeBars } from './decay-tables.ts';
import { carriedKink, type FeatureParts, maxCarried, proximityKink } from './feature-vector.ts';
import { feature } from './features.ts';
import type { BarScale } from './intensity-settings.ts';
import { LagNodes } from './lag-nodes.ts';
import type { Learner } from './learner.ts';
import { column, columns, usualCoupling } from './subject-table.ts';

const maxIntensity = 1;
/** A subject that has just shown a find is not expected to show the next one yet. */
const refractoryForecast = 0.2;
/** Of the finds that others show now, this share is expected to go on into the next bar. */
const forecastFinds = 0.2;

export interface WorthParts extends FeatureParts {
  readonly learner: Learner;
  readonly scale: BarScale;
  readonly barMs: number;
}

export class LookWorth {
  readonly #parts: WorthParts;
  readonly #nodes: LagNodes;
  /** Gain of a forecast bar: the sum of e^{-x/tau} over all bars to come. */
  readonly #forecastGain: number;
  /** Market part of the log intensity per lag node, then of the forecast bar. */
  readonly #common: Float64Array;
  readonly #nodeActivity: Float64Array;
  readonly #nodeFinds: Float64Array;
  readonly #nodeDirection: Float64Array;
  #bar = 0;
  #lastForecast = 0;
  #lastWaiting = 0;

  constructor(parts: WorthParts) {
    this.#parts = parts;
    this.#nodes = new LagNodes(parts.scale.tau);
    this.#forecastGain = 1 / (1 - Math.exp(-1 / parts.scale.tau));
    const nodes = this.#nodes.count + 1;
    this.#common = new Float64Array(nodes);
    this.#nodeActivity = new Float64Array(nodes);
    this.#nodeFinds = new Float64Array(nodes);
    this.#nodeDirection = new Float64Array(nodes);
  }

  /** Expected worth of finds nobody has seen yet, of the subject that was scored last. */
  get lastWaiting(): number {
    return this.#lastWaiting;
  }

  /** Draws the market part of every lag node and of the forecast for the coefficients in force, as of this bar and time. */
  prepare(bar: number, at: number): void {
    const { market: m, clock, learner, barMs } = this.#parts;
    m.refresh();
    this.#bar = bar;
    const b = learner.active;
    for (let n = 0; n <= this.#nodes.count; n += 1) {
      const forecast = n === this.#nodes.count;
      const lag = forecast ? 0 : (this.#nodes.lags[n] as number);
      const k = (bar - lag) & m.mask;
      const activity = forecast ? m.forecastActivity(k) : (m.activity[k] as number);
      const finds = forecast ? forecastFinds * (m.findShare[k] as number) : (m.findShare[k] as number);
      const nodeAt = at + (forecast ? 1 : -lag) * barMs;
      this.#nodeActivity[n] = activity;
      this.#nodeFinds[n] = finds;
      this.#nodeDirection[n] = Math.abs(forecast ? m.forecastDirection(k) : (m.direction[k] as number));
      this.#common[n] =
        (b[feature.constant] as number) +
        (b[feature.clock] as number) * clock.at(nodeAt) +
        (b[feature.market] as number) * activity +
        (b[feature.marketFinds] as number) * finds +
        (b[feature.marketHour] as number) * (m.hourMean[k] as number) +
        (b[feature.marketSlow] as number) * (m.slowMean[k] as number) +
        (b[feature.marketSquared] as number) * activity * activity;
    }
  }

  /**
   * Effective-age index of a subject (0 for one looked at in this bar): the gain of looking now over leaving it, in
   * expected find values. With W the value waiting and g the value if left for ever, q = 1 - W/g and
   * I = g (1 - q (1 - ln q)): the Whittle index of an age problem whose age is read off W.
   */
  scoreOf(subject: number): number {
    const { subjects, scale } = this.#parts;
    const age = this.#bar - subjects.get(subject, column.lookBar);
    this.#lastWaiting = 0;
    if (age <= 0) return 0;
    const waiting = this.#waiting(subject, age);
    this.#lastWaiting = waiting;
    const refractoryUntil = subjects.get(subject, column.findBar) + scale.refractory;
    const refractory = this.#bar + 1 <= refractoryUntil ? refractoryForecast : 1;
    const left = this.#forecastGain * refractory * this.#lastForecast;
    const q = 1 - waiting / left;
    return q > 1e-9 ? left * (1 - q * (1 - Math.log(q))) : waiting;
  }

  /** Sum of intensity x e^{-(now - x)/tau} over the bars since the last look; leaves the forecast intensity beside. */
  #waiting(subject: number, age: number): number {
    const { subjects, learner, scale, thresholdSigmas } = this.#parts;
    const { decay10, decay60, decay240, decay360, decay1440, logAge } = this.#parts.decays;
    const b = learner.active;
    const r = subjects.values;
    const row = subject * columns;
    const proximity = r[row + column.proximity] as number;
    const coupling = r[row + column.coupling] as number;
    const strength = Math.abs(coupling);
    const extra = strength - usualCoupling;
    const carry = strength / thresholdSigmas;
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
    const rate = learner.baseRate;
    const lags = this.#nodes.lags;
    const weights = this.#nodes.weights;
    const count = this.#nodes.count;
    const findBar = r[row + column.findBar] as number;
    const reach = Math.min(age - 1, this.#bar - findBar - scale.refractory - 1);
    let sum = 0;
    let last = 0;
    for (let n = 0; n <= count; n += 1) {
      const lag = n < count ? (lags[n] as number) : -1;
      if (lag > reach && n < count) {
        n = count - 1;
        continue;
      }
      const a = age - lag > maxAgeBars ? maxAgeBars : age - lag;
      const d60 = decay60[a] as number;
      const activity = this.#nodeActivity[n] as number;
      const carriedRaw = carry * (this.#nodeDirection[n] as number);
      const carried = carriedRaw < maxCarried ? carriedRaw : maxCarried;
      let log =
        (this.#common[n] as number) +
        fixed +
        w10 * (decay10[a] as number) +
        (w60 + w60market * activity) * d60 +
        w240 * (decay240[a] as number) +
        w360 * (decay360[a] as number) +
        w1440 * (decay1440[a] as number) +
        wAge * (logAge[a] as number) +
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
    return sum + last * this.#nodes.tail(reach);
  }
}
