// How violent a whole market is, minute by minute: regime, clustering and time of day. One per asset class.
// Regimes are a three-state Markov chain; clustering is the Markov-switching multifractal of Calvet and Fisher
// (2004). Both renew their state at hashed moments, so today's state is found by looking back to the last one.
import type { AssetClass } from '../../../shared/domain/instrument.ts';
import { isForexWeekOpen, openSessions } from '../../../shared/domain/sessions.ts';
import { dayMs, hourMs, minuteMs } from '../../../shared/domain/time.ts';
import { type NoiseKey, noiseKey, uniformAt } from './noise.ts';

export const minutesPerDay = 1_440;
export const regimeNames = ['calm', 'normal', 'violent'] as const;
export type Regime = (typeof regimeNames)[number];

const regimeStepMs = 4 * hourMs;
const regimeStepsPerDay = dayMs / regimeStepMs;
/** Chance per step that the regime is drawn anew: it lasts 40 hours on average. */
const regimeRenewal = 0.1;
const maxRegimeLookback = 600;
/** Volatility of each regime against the long-run mean, and how often it rules. */
const regimes: readonly { readonly name: Regime; readonly variance: number; readonly share: number }[] = [
  { name: 'calm', variance: 0.23, share: 0.35 },
  { name: 'normal', variance: 0.75, share: 0.5 },
  { name: 'violent', variance: 3.63, share: 0.15 },
];

/** Mean life in minutes of each multifractal component; each is high or low with even chance, mean 1. */
const componentLives = [360, 90, 20] as const;
const componentSpread = 0.6;
const maxComponentLookback = 20_000;

/** Variance by UTC hour of a crypto day, mean 1: quiet before Asia wakes, loud when New York opens. */
const cryptoHours = [
  0.95, 0.9, 0.85, 0.75, 0.7, 0.7, 0.75, 0.85, 0.95, 0.95, 0.95, 1.0, 1.1, 1.45, 1.6, 1.5, 1.3, 1.15, 1.1,
  1.1, 1.05, 1.0, 0.95, 0.9,
];
const cryptoWeekend = 0.6;
const forexSessionWeight = { sydney: 0.1, tokyo: 0.4, london: 0.9, newyork: 0.95 } as const;
const forexQuiet = 0.25;
/** News does not wait for Sunday evening: what happens while the market is closed opens it with a gap. */
const forexClosed = 0.02;

export interface ClimateDay {
  /** Volatility of each minute against the mean day, time of day included. */
  readonly sigma: Float64Array;
  /** Volatility without the time of day: how nervous the market is; 1 is usual. */
  readonly stress: Float64Array;
  /** Variance multiplier by time of day. */
  readonly activity: Float64Array;
  /** 1 where the market is closed. */
  readonly closed: Uint8Array;
}

/** State of a two-valued component that renews with chance 1/life per minute. */
export class VarianceComponent {
  readonly #renewals: NoiseKey;
  readonly #draws: NoiseKey;
  readonly #chance: number;
  readonly #spread: number;

  constructor(seed: number, name: string, lifeMinutes: number, spread: number) {
    this.#renewals = noiseKey(seed, name, 'renewal');
    this.#draws = noiseKey(seed, name, 'draw');
    this.#chance = 1 / lifeMinutes;
    this.#spread = spread;
  }

  #drawnAt(minute: number): number {
    return uniformAt(this.#draws, minute) < 0.5 ? 1 - this.#spread : 1 + this.#spread;
  }

  /** Variance factor in force at a minute. */
  at(minute: number): number {
    for (let back = minute; back > minute - maxComponentLookback; back -= 1) {
      if (uniformAt(this.#renewals, back) < this.#chance) return this.#drawnAt(back);
    }
    return 1;
  }

  /** The factor of the next minute, given that of the minute before. */
  after(minute: number, before: number): number {
    return uniformAt(this.#renewals, minute) < this.#chance ? this.#drawnAt(minute) : before;
  }
}

export class MarketClimate {
  readonly assetClass: AssetClass;
  readonly #regimeRenewals: NoiseKey;
  readonly #regimeDraws: NoiseKey;
  readonly #components: readonly VarianceComponent[];
  readonly #days = new Map<number, ClimateDay>();
  readonly #dayVariances = new Map<number, number>();

  constructor(seed: number, assetClass: AssetClass) {
    this.assetClass = assetClass;
    this.#regimeRenewals = noiseKey(seed, assetClass, 'regime renewal');
    this.#regimeDraws = noiseKey(seed, assetClass, 'regime');
    this.#components = componentLives.map(
      (life) => new VarianceComponent(seed, `${assetClass} component ${life}`, life, componentSpread),
    );
  }

  regimeAt(at: number): Regime {
    return this.#regimeOfStep(Math.floor(at / regimeStepMs)).name;
  }

  #regimeOfStep(step: number): (typeof regimes)[number] {
    let drawn = uniformAt(this.#regimeDraws, step - maxRegimeLookback);
    for (let back = step; back > step - maxRegimeLookback; back -= 1) {
      if (uniformAt(this.#regimeRenewals, back) < regimeRenewal) {
        drawn = uniformAt(this.#regimeDraws, back);
        break;
      }
    }
    for (const regime of regimes) {
      drawn -= regime.share;
      if (drawn < 0) return regime;
    }
    return regimes[1] as (typeof regimes)[number];
  }

  /** Variance of a whole day against the mean day, from the regimes alone: cheap enough for years of anchors. */
  dayVariance(day: number): number {
    const known = this.#dayVariances.get(day);
    if (known !== undefined) return known;
    let sum = 0;
    for (let step = 0; step < regimeStepsPerDay; step += 1) {
      sum += this.#regimeOfStep(day * regimeStepsPerDay + step).variance;
    }
    const weekday = (day + 4) % 7;
    const weekend = weekday === 6 || weekday === 0;
    const weight =
      this.assetClass === 'crypto' ? (weekend ? cryptoWeekend : 1) : weekend ? 4 * forexClosed : 1;
    const variance = (sum / regimeStepsPerDay) * weight;
    if (this.#dayVariances.size >= maxKnownDays) this.#dayVariances.clear();
    this.#dayVariances.set(day, variance);
    return variance;
  }

  /** The climate of one UTC day; `day` counts from 1970-01-01. */
  day(day: number): ClimateDay {
    let found = this.#days.get(day);
    if (found === undefined) {
      found = this.#compute(day);
      if (this.#days.size >= maxClimateDays) this.#days.clear();
      this.#days.set(day, found);
    }
    return found;
  }

  #compute(day: number): ClimateDay {
    const sigma = new Float64Array(minutesPerDay);
    const stress = new Float64Array(minutesPerDay);
    const activity = new Float64Array(minutesPerDay);
    const closed = new Uint8Array(minutesPerDay);
    const states = this.#components.map((component) => component.at(day * minutesPerDay));
    let regimeVariance = 0;
    let hourActivity = 0;
    for (let minute = 0; minute < minutesPerDay; minute += 1) {
      const at = day * dayMs + minute * minuteMs;
      if (at % regimeStepMs === 0) regimeVariance = this.#regimeOfStep(at / regimeStepMs).variance;
      if (minute % 15 === 0) hourActivity = this.#activityAt(at);
      let variance = regimeVariance;
      for (let index = 0; index < states.length; index += 1) {
        const component = this.#components[index] as VarianceComponent;
        const state =
          minute === 0
            ? (states[index] as number)
            : component.after(day * minutesPerDay + minute, states[index] as number);
        states[index] = state;
        variance *= state;
      }
      stress[minute] = Math.sqrt(variance);
      activity[minute] = hourActivity;
      sigma[minute] = Math.sqrt(variance * hourActivity);
      closed[minute] = hourActivity === forexClosed ? 1 : 0;
    }
    return { sigma, stress, activity, closed };
  }

  #activityAt(at: number): number {
    if (this.assetClass === 'crypto') {
      const weekday = (Math.floor(at / dayMs) + 4) % 7;
      const hour = Math.floor((at % dayMs) / hourMs);
      return (cryptoHours[hour] ?? 1) * (weekday === 6 || weekday === 0 ? cryptoWeekend : 1);
    }
    if (!isForexWeekOpen(at)) return forexClosed;
    return openSessions(at).reduce((sum, session) => sum + forexSessionWeight[session], forexQuiet);
  }
}

const maxClimateDays = 8;
const maxKnownDays = 20_000;
