// The fixed schedules: what a person could write into a crontab, from the simplest to one fitted on the very test.
// Each answers the ascending poll bars per symbol; none may look at anything but the clock while it runs.
import { dayMs, hourMs } from '../../shared/domain/time.ts';
import type { Find } from './finds.ts';
import type { PollLog, World } from './poll-log.ts';
import { bestPollTimes, planWithin } from './poll-times.ts';

/** Polls every `periodBars`, symbol i shifted by `offsets[i]` of a period. */
function periodic(world: World, periodBars: number, offsetOf: (symbol: number) => number): number[][] {
  return Array.from({ length: world.symbols }, (_, symbol) => {
    const polls: number[] = [];
    const length = world.to - world.from;
    const offset = offsetOf(symbol);
    for (let n = 0; ; n += 1) {
      const bar = Math.ceil((n + 1 - offset) * periodBars) - 1;
      if (bar >= length) return polls;
      polls.push(world.from + Math.max(0, bar));
    }
  });
}

export function uniform(world: World, periodBars: number): PollLog {
  return periodic(world, periodBars, () => 0);
}

export function staggered(world: World, periodBars: number): PollLog {
  return periodic(world, periodBars, (symbol) => symbol / world.symbols);
}

/** Double rate from 12 to 21 UTC on weekdays, the same number of polls in all. */
export function humanSessions(world: World, at: Float64Array, periodBars: number): PollLog {
  const length = world.to - world.from;
  const rates = Float64Array.from({ length }, (_, k) => {
    const time = (at[world.from + k] as number) - 1;
    const weekday = (Math.floor(time / dayMs) + 4) % 7;
    const hour = (time % dayMs) / hourMs;
    return weekday !== 0 && weekday !== 6 && hour >= 12 && hour < 21 ? 2 : 1;
  });
  const scale = length / periodBars / rates.reduce((sum, rate) => sum + rate, 0);
  return Array.from({ length: world.symbols }, (_, symbol) => {
    const polls: number[] = [];
    let due = symbol / world.symbols;
    rates.forEach((rate, k) => {
      due += rate * scale;
      if (due < 1) return;
      due -= 1;
      polls.push(world.from + k);
    });
    return polls;
  });
}

/** Value of finds per bar of the day and symbol, per day seen. */
export interface DayProfile {
  readonly bars: number;
  readonly rates: readonly Float64Array[];
}

const slotMs = hourMs;
/** Hours of "as everyone" a symbol's own hour is shrunk to, in finds. */
const profilePrior = 10;

/** Hour-of-day profile of each symbol, shrunk to that of all symbols. */
export function hourProfile(
  world: World,
  at: Float64Array,
  finds: readonly Find[],
  days: number,
): DayProfile {
  const bars = Math.round(dayMs / world.barMs);
  const hours = dayMs / slotMs;
  const hourOf = (bar: number) => Math.floor((((at[bar] as number) - 1) % dayMs) / slotMs);
  const all = new Float64Array(hours).fill(1e-6);
  const own = Array.from({ length: world.symbols }, () => new Float64Array(hours));
  for (const { symbol, bar, value } of finds) {
    const hour = hourOf(bar);
    all[hour] = (all[hour] as number) + value;
    const mine = own[symbol] as Float64Array;
    mine[hour] = (mine[hour] as number) + value;
  }
  const total = all.reduce((sum, value) => sum + value, 0);
  const barsPerHour = bars / hours;
  return {
    bars,
    rates: own.map((mine) => {
      const sum = mine.reduce((a, b) => a + b, 0);
      const usual = total / world.symbols;
      const level = (sum + profilePrior) / (usual + profilePrior);
      return Float64Array.from({ length: bars }, (_, k) => {
        const hour = Math.min(hours - 1, Math.floor(k / barsPerHour));
        const shape = (all[hour] as number) / world.symbols;
        const weight = sum / (sum + profilePrior * hours);
        return (
          (weight * (mine[hour] as number) + (1 - weight) * shape * level) / Math.max(1, days) / barsPerHour
        );
      });
    }),
  };
}

/** Value of the test's own finds per bar of the day: a crontab that knows the minute of every crash. */
export function minuteProfile(
  world: World,
  at: Float64Array,
  finds: readonly Find[],
  days: number,
): DayProfile {
  const bars = Math.round(dayMs / world.barMs);
  const rates = Array.from({ length: world.symbols }, () => new Float64Array(bars));
  for (const { symbol, bar, value } of finds) {
    const mine = rates[symbol] as Float64Array;
    const slot = Math.floor((((at[bar] as number) - 1) % dayMs) / world.barMs);
    mine[slot] = (mine[slot] as number) + value / Math.max(1, days);
  }
  return { bars, rates };
}

/** The daily minute lists best for a profile within `allowed` polls, repeated over the test. */
export function fitted(world: World, at: Float64Array, profile: DayProfile, allowed: number): PollLog {
  const { bars } = profile;
  // How often each minute of the day comes in the test.
  const occurrences = new Float64Array(bars);
  const slotOf = (bar: number) => Math.floor((((at[bar] as number) - 1) % dayMs) / world.barMs);
  for (let bar = world.from; bar < world.to; bar += 1) {
    const slot = slotOf(bar);
    occurrences[slot] = (occurrences[slot] as number) + 1;
  }
  const costOf = (plan: readonly number[]) =>
    plan.reduce((sum, slot) => sum + (occurrences[slot] as number), 0);
  const plans = planWithin(
    (price) => profile.rates.map((rates) => dailyPlan(rates, world.tauBars, price)),
    costOf,
    allowed,
  );
  return plans.map((plan) => {
    const polled = new Set(plan);
    const list: number[] = [];
    for (let bar = world.from; bar < world.to; bar += 1) if (polled.has(slotOf(bar))) list.push(bar);
    return list;
  });
}

/** Best slots of a day that repeats: planned over three days, the middle one taken. */
function dailyPlan(rates: Float64Array, tauBars: number, price: number): number[] {
  const bars = rates.length;
  const days = new Float64Array(3 * bars);
  for (let day = 0; day < 3; day += 1) days.set(rates, day * bars);
  return bestPollTimes(days, tauBars, price)
    .filter((bar) => bar >= bars && bar < 2 * bars)
    .map((bar) => bar - bars);
}

interface PeriodChoice {
  readonly period: number;
  readonly phase: number;
  readonly polls: number;
  readonly value: number;
}

/** Every period of the list with its best phase, per symbol, on the given finds. */
export function periodChoices(
  world: World,
  periods: readonly number[],
  finds: readonly Find[],
): PeriodChoice[][] {
  const length = world.to - world.from;
  const bySymbol: Find[][] = Array.from({ length: world.symbols }, () => []);
  for (const find of finds) bySymbol[find.symbol]?.push(find);
  return bySymbol.map((mine) =>
    periods.map((period) => {
      let best: PeriodChoice = { period, phase: 0, polls: Math.floor(length / period), value: -1 };
      const decay = Float64Array.from({ length: period }, (_, lag) => Math.exp(-lag / world.tauBars));
      for (let phase = 0; phase < period; phase += 1) {
        let value = 0;
        for (const find of mine) {
          const lag = (((phase - (find.bar - world.from)) % period) + period) % period;
          if (find.bar + lag < world.to) value += find.value * (decay[lag] as number);
        }
        if (value > best.value) best = { period, phase, polls: Math.ceil((length - phase) / period), value };
      }
      return best;
    }),
  );
}

/** Period and phase of every symbol chosen on the test itself: multiple-choice knapsack by a price. */
export function tunedPerSymbol(world: World, choices: readonly PeriodChoice[][], allowed: number): PollLog {
  const plans = planWithin<PeriodChoice | undefined>(
    (price) =>
      choices.map((options) => {
        let best: PeriodChoice | undefined;
        let gain = 0;
        for (const option of options) {
          if (option.value - price * option.polls <= gain) continue;
          best = option;
          gain = option.value - price * option.polls;
        }
        return best;
      }),
    (plan) => plan?.polls ?? 0,
    allowed,
    30,
  );
  return plans.map((plan) => {
    const list: number[] = [];
    if (plan === undefined) return list;
    for (let bar = world.from + plan.phase; bar < world.to; bar += plan.period) list.push(bar);
    return list;
  });
}
