// What the same model could reach if it saw everything for free, one bar late: the bound the scheduler is held
// against. It knows intensities, never finds.
import { featureCount } from '../../orchestrator/intensity/features.ts';
import { IntensityModel } from '../../orchestrator/intensity/intensity-model.ts';
import type { FindDefinition } from '../../orchestrator/intensity/intensity-settings.ts';
import { shippedPrior } from '../../orchestrator/intensity/prior-coefficients.ts';
import { SubjectHistory } from '../../orchestrator/intensity/subject-history.ts';
import type { Panel } from './panel.ts';
import type { PollLog, World } from './poll-log.ts';
import { bestPollTimes, planWithin } from './poll-times.ts';

/** Intensity of every bar and symbol given all bars before it and the other symbols' current bar. */
export function fullyInformedIntensities(panel: Panel, find: FindDefinition, world: World): Float64Array[] {
  const model = new IntensityModel(find, shippedPrior);
  model.learner.learning = false;
  const beta = model.learner.active;
  const histories = panel.symbols.map(() => {
    model.add();
    return new SubjectHistory(model.scale, find.thresholdSigmas);
  });
  const rates = panel.symbols.map(() => new Float64Array(world.to - world.from));
  const firstBar = Math.floor((panel.at[0] as number) / panel.barMs);
  for (let t = 0; t < panel.bars; t += 1) {
    const at = panel.at[t] as number;
    const bar = firstBar + t;
    model.advance(bar, at);
    const readings = histories.map((history, i) => {
      const before = history.lastFindBar;
      history.take(bar, panel.close[i]?.[t] as number, panel.volume[i]?.[t] as number);
      return { ...history.reading, free: bar > before + model.scale.refractory };
    });
    if (t >= world.from) {
      for (const one of readings) model.market.add(bar, one.activity, one.signed, one.find);
      readings.forEach((one, i) => {
        model.market.remove(bar, one.activity, one.signed, one.find);
        if (one.free) (rates[i] as Float64Array)[t - world.from] = intensityOf(model, beta, i, bar, at);
        model.market.add(bar, one.activity, one.signed, one.find);
      });
      for (const one of readings) model.market.remove(bar, one.activity, one.signed, one.find);
    }
    panel.symbols.forEach((_, i) => {
      const close = (panel.close[i] as Float64Array).subarray(t, t + 1);
      const volume = (panel.volume[i] as Float64Array).subarray(t, t + 1);
      model.observe(i, { count: 1, at: [at], close, volume }, () => bar);
    });
  }
  return rates;
}

function intensityOf(
  model: IntensityModel,
  beta: Float64Array,
  subject: number,
  bar: number,
  at: number,
): number {
  model.market.refresh();
  const x = model.fill(subject, 1, bar & model.market.mask, at);
  let log = 0;
  for (let q = 0; q < featureCount; q += 1) log += (beta[q] as number) * (x[q] as number);
  return Math.min(1, model.learner.baseRate * Math.exp(log));
}

/** The exact best poll times for those intensities within `allowed` polls. */
export function optimumPolls(world: World, rates: readonly Float64Array[], allowed: number): PollLog {
  const plans = planWithin(
    (price) => rates.map((path) => bestPollTimes(path, world.tauBars, price)),
    (plan) => plan.length,
    allowed,
    12,
  );
  return plans.map((plan) => plan.map((bar) => bar + world.from));
}
