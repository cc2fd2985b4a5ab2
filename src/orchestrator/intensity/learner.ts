// Learns the intensity's coefficients from every look, starting at the shipped prior and pulled back to it; watches
// itself and steps down (live, prior, rates) when a simpler model predicts better. It must never produce a NaN.
import { adviceBounds, feature, featureCount, type IntensityPrior } from './features.ts';

export type ModelLevel = 'live' | 'prior' | 'rates';

export interface LearnerState {
  readonly coefficients: readonly number[];
  readonly squares: readonly number[];
  readonly losses: readonly number[];
  readonly worse_since: readonly number[];
  readonly level: ModelLevel;
  readonly bar: number;
  readonly examples: number;
}

const stepSize = 0.01;
/** AdaGrad's sum starts here: how much evidence the prior is worth. */
const startSquares = 4;
const squareHalfLifeDays = 60;
const priorPullPerDay = 0.01;
const lossHalfLifeDays = 10;
const patienceDays = 3;
const maxCoefficient = 20;
const maxLogIntensity = 8;

export class Learner {
  readonly prior: IntensityPrior;
  readonly #perDay: number;
  readonly live = new Float64Array(featureCount);
  readonly #prior = new Float64Array(featureCount);
  readonly #rates = new Float64Array(featureCount);
  readonly #squares = new Float64Array(featureCount).fill(startSquares);
  /** Discounted Poisson losses of live, prior and rates. */
  readonly #losses = new Float64Array(3);
  /** Bar since which live is worse than prior, and prior worse than rates; -1 while it is not. */
  readonly #worseSince = Float64Array.of(-1, -1);
  #level: ModelLevel = 'live';
  #bar = -1;
  #examples = 0;
  learning = true;

  constructor(prior: IntensityPrior, perDay: number) {
    if (prior.coefficients.length !== featureCount || !prior.coefficients.every(Number.isFinite))
      throw new RangeError(`a prior needs ${featureCount} finite coefficients`);
    this.prior = prior;
    this.#perDay = perDay;
    this.#prior.set(prior.coefficients);
    this.#prior[feature.advice] = adviceBounds.start;
    this.live.set(this.#prior);
    this.#rates[feature.constant] = this.#prior[feature.constant] as number;
    this.#rates[feature.ownRate] = 1;
    for (let q = 1; q < featureCount; q += 1) {
      if (q === feature.ownRate) continue;
      const shift = (this.#prior[q] as number) * (prior.means[q] ?? 0);
      this.#rates[feature.constant] = (this.#rates[feature.constant] as number) + shift;
    }
  }

  /** Coefficients in force. */
  get active(): Float64Array {
    if (this.#level === 'live') return this.live;
    return this.#level === 'prior' ? this.#prior : this.#rates;
  }

  get level(): ModelLevel {
    return this.#level;
  }

  get examples(): number {
    return this.#examples;
  }

  /** Forgets slowly with time and chooses the model level. */
  advance(bar: number): void {
    if (this.#bar < 0) this.#bar = bar;
    const days = Math.min(30, (bar - this.#bar) / this.#perDay);
    if (days < 1 / 24) return;
    this.#bar = bar;
    const keepSquares = 0.5 ** (days / squareHalfLifeDays);
    const pull = Math.min(1, priorPullPerDay * days);
    for (let q = 0; q < featureCount; q += 1) {
      this.#squares[q] = Math.max(startSquares, (this.#squares[q] as number) * keepSquares);
      const live = this.live[q] as number;
      this.live[q] = live + pull * ((this.#prior[q] as number) - live);
    }
    for (let k = 0; k < 3; k += 1)
      this.#losses[k] = (this.#losses[k] as number) * 0.5 ** (days / lossHalfLifeDays);
    this.#chooseLevel(bar);
  }

  #chooseLevel(bar: number): void {
    const [live, prior, rates] = this.#losses as unknown as [number, number, number];
    const liveWorse = this.#worse(0, live > Math.min(prior, rates), bar);
    const priorWorse = this.#worse(1, prior > rates, bar);
    if (!liveWorse) this.#level = 'live';
    else this.#level = priorWorse ? 'rates' : 'prior';
  }

  /** True once the condition has held for the patience. */
  #worse(which: 0 | 1, holds: boolean, bar: number): boolean {
    if (!holds) this.#worseSince[which] = -1;
    else if ((this.#worseSince[which] as number) < 0) this.#worseSince[which] = bar;
    const since = this.#worseSince[which] as number;
    return since >= 0 && bar - since >= patienceDays * this.#perDay;
  }

  /** One bar with its find value (0 quiet); `baseRate` scales the intensity. */
  learn(x: Float64Array, value: number, weight: number): void {
    this.#examples += 1;
    const live = this.#logIntensity(this.live, x);
    this.#lose(0, live, value, weight);
    this.#lose(1, this.#logIntensity(this.#prior, x), value, weight);
    this.#lose(2, this.#logIntensity(this.#rates, x), value, weight);
    if (!this.learning) return;
    const error = weight * (value - Math.min(1, this.baseRate * Math.exp(live)));
    for (let q = 0; q < featureCount; q += 1) {
      const gradient = error * (x[q] as number);
      if (gradient === 0) continue;
      const squares = (this.#squares[q] as number) + gradient * gradient;
      this.#squares[q] = squares;
      this.live[q] = (this.live[q] as number) + (stepSize * gradient) / Math.sqrt(squares);
    }
    this.#guard();
  }

  /** Finds per bar at log intensity 0; set by the model. */
  baseRate = 1.2 / 288;

  #guard(): void {
    const advice = this.live[feature.advice] as number;
    this.live[feature.advice] = Math.max(adviceBounds.low, Math.min(adviceBounds.high, advice));
    for (let q = 0; q < featureCount; q += 1) {
      if (Math.abs(this.live[q] as number) <= maxCoefficient) continue;
      // Also true for NaN: start again from the prior rather than trust one broken number's neighbours.
      this.#startAgain();
      return;
    }
  }

  #startAgain(): void {
    this.live.set(this.#prior);
    this.#squares.fill(startSquares);
    this.#losses[0] = (this.#losses[1] as number) + 1;
  }

  #logIntensity(coefficients: Float64Array, x: Float64Array): number {
    let sum = 0;
    for (let q = 0; q < featureCount; q += 1) sum += (coefficients[q] as number) * (x[q] as number);
    return Math.max(-maxLogIntensity, Math.min(maxLogIntensity, sum));
  }

  #lose(which: number, log: number, value: number, weight: number): void {
    const loss = Math.min(1, this.baseRate * Math.exp(log)) - value * log;
    this.#losses[which] = (this.#losses[which] as number) + weight * loss;
  }

  /** Goes on from other coefficients, for which nothing speaks yet but their fit. Throws RangeError when they do not fit. */
  replace(coefficients: readonly number[]): void {
    if (!fitsLearner(coefficients))
      throw new RangeError(`${featureCount} small finite coefficients are needed`);
    this.live.set(coefficients);
    // Losses of the old coefficients say nothing of the new ones.
    this.#losses[0] = Math.min(this.#losses[1] as number, this.#losses[2] as number);
    this.#worseSince[0] = -1;
    this.#guard();
  }

  toState(): LearnerState {
    const list = (values: Float64Array) => Array.from(values, (value) => value + 0);
    return {
      coefficients: list(this.live),
      squares: list(this.#squares),
      losses: list(this.#losses),
      worse_since: list(this.#worseSince),
      level: this.#level,
      bar: this.#bar,
      examples: this.#examples,
    };
  }

  /** Throws RangeError when the shape does not fit or a number is not finite. */
  load(state: LearnerState): void {
    if (state.coefficients.length !== featureCount || state.squares.length !== featureCount)
      throw new RangeError('learner does not fit');
    const numbers = [...state.coefficients, ...state.squares, ...state.losses];
    if (!numbers.every(Number.isFinite)) throw new RangeError('learner holds a number that is not finite');
    this.live.set(state.coefficients);
    this.#squares.set(state.squares);
    this.#losses.set(state.losses);
    this.#worseSince.set(state.worse_since);
    this.#level = state.level;
    this.#bar = state.bar;
    this.#examples = state.examples;
  }
}

/** True for as many finite coefficients as there are features, none beyond what the learner itself allows. */
export function fitsLearner(coefficients: readonly number[]): boolean {
  return (
    coefficients.length === featureCount &&
    coefficients.every((value) => Number.isFinite(value) && Math.abs(value) <= maxCoefficient)
  );
}
