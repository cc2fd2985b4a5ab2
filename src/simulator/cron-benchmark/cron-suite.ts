// All rivals of one world at any budget, and the curves value against runs of the fair and of the hindsight crontabs.
import {
  type DayProfile,
  fitted,
  hourProfile,
  humanSessions,
  minuteProfile,
  periodChoices,
  staggered,
  tunedPerSymbol,
  uniform,
} from './crontabs.ts';
import type { Find } from './finds.ts';
import type { Panel } from './panel.ts';
import { type DayScores, type PollLog, scorePolls, type World } from './poll-log.ts';
import { reactive, volatilityRatios } from './reactive-rules.ts';

/** Periods a person would write, in bars of 5 minutes; finer bars add finer periods. */
const usualPeriods = [
  1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 15, 18, 24, 30, 36, 42, 48, 60, 72, 84, 96, 120, 144, 192, 288, 576,
];

type Scores = Readonly<Record<string, DayScores>>;

export class CronSuite {
  readonly #panel: Panel;
  readonly #world: World;
  readonly #periods: readonly number[];
  readonly #past: DayProfile;
  readonly #inSample: DayProfile;
  readonly #minutes: DayProfile;
  readonly #choices;
  readonly #ratios: readonly Float64Array[];
  #fairCurve: DayScores[] | undefined;
  #inSampleCurve: DayScores[] | undefined;

  /** `past`: finds before the test, over `pastDays`. */
  constructor(panel: Panel, world: World, past: readonly Find[], pastDays: number) {
    this.#panel = panel;
    this.#world = world;
    const perFive = Math.max(1, Math.round((world.tauBars * 1) / 6));
    const wanted = [1, 2, 3, 4, ...usualPeriods.map((period) => period * perFive)];
    this.#periods = [...new Set(wanted)].sort((left, right) => left - right);
    const testDays = (world.to - world.from) / world.barsPerDay;
    this.#past = hourProfile(world, panel.at, past, pastDays);
    this.#inSample = hourProfile(world, panel.at, world.finds, testDays);
    this.#minutes = minuteProfile(world, panel.at, world.finds, testDays);
    this.#choices = periodChoices(world, this.#periods, world.finds);
    this.#ratios = volatilityRatios(panel, world.tauBars);
  }

  #score(log: PollLog): DayScores {
    return scorePolls(this.#world, log);
  }

  #fair(periodBars: number, allowed: number): Scores {
    const world = this.#world;
    const { at } = this.#panel;
    return {
      uniform: this.#score(uniform(world, periodBars)),
      staggered: this.#score(staggered(world, periodBars)),
      human_sessions: this.#score(humanSessions(world, at, periodBars)),
      sessions_fitted_on_past: this.#score(fitted(world, at, this.#past, allowed)),
    };
  }

  #hindsight(allowed: number): Scores {
    return {
      tuned_per_symbol_in_sample: this.#score(tunedPerSymbol(this.#world, this.#choices, allowed)),
      sessions_in_sample: this.#score(fitted(this.#world, this.#panel.at, this.#inSample, allowed)),
    };
  }

  /** Every rival with the same number of runs. */
  policiesAt(
    periodBars: number,
    allowed: number,
  ): Record<'fair' | 'reactive' | 'inSample' | 'cheating', Scores> {
    const world = this.#world;
    return {
      fair: this.#fair(periodBars, allowed),
      reactive: {
        back_off: this.#score(reactive(world, 'back_off', this.#ratios, periodBars)),
        volatility_proportional: this.#score(
          reactive(world, 'volatility_proportional', this.#ratios, periodBars),
        ),
      },
      inSample: this.#hindsight(allowed),
      cheating: {
        cheating_minute_list: this.#score(fitted(world, this.#panel.at, this.#minutes, allowed)),
      },
    };
  }

  /** Best crontab not fitted on the test at each of the periods. */
  fairCurve(): readonly DayScores[] {
    this.#fairCurve ??= this.#curve((period, allowed) => this.#fair(period, allowed));
    return this.#fairCurve;
  }

  /** Best crontab of all at each of the periods, those fitted on the test included. */
  inSampleCurve(): readonly DayScores[] {
    this.#inSampleCurve ??= this.#curve((period, allowed) => ({
      ...this.#fair(period, allowed),
      ...this.#hindsight(allowed),
    }));
    return this.#inSampleCurve;
  }

  #curve(at: (period: number, allowed: number) => Scores): DayScores[] {
    const length = this.#world.to - this.#world.from;
    return this.#periods.map((period) =>
      Object.values(at(period, Math.floor((this.#world.symbols * length) / period))).reduce((best, one) =>
        one.value > best.value ? one : best,
      ),
    );
  }
}
