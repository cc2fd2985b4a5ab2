// Says in words why a subject was, or was not, chosen: the terms of its intensity that differ most from usual.
// It must never decide anything.
import { durationText } from '../numbers.ts';
import { feature } from './features.ts';
import type { IntensityScheduler } from './intensity-scheduler.ts';
import type { SlotReason } from './scheduler-types.ts';

export interface SlotExplanation {
  readonly subject: string;
  /** One sentence for people. */
  readonly text: string;
  /** Minutes since the last look; null when nobody has looked. */
  readonly minutes_since_look: number | null;
  readonly gain: number;
  readonly price: number;
  readonly floor_in_minutes: number;
  /** Strongest terms: contribution to the log intensity against usual. */
  readonly terms: readonly { readonly term: string; readonly contribution: number }[];
  readonly model: string;
}

const shownTerms = 3;
const leastContribution = 0.05;

type TermName = keyof typeof feature;

const termWords: Readonly<Record<TermName, string>> = {
  constant: 'base rate',
  ownRate: 'finds of its own so far',
  clock: 'time of day and week',
  proximity: 'own last move near the threshold',
  fastVolatility: 'own volatility of the last half hour',
  middleVolatility: 'own volatility of the last hours',
  slowVolatility: 'own volatility of the last day',
  selfExcitation: 'own finds of the last hour',
  slowExcitation: 'own finds of the last hours',
  volume: 'own volume',
  market: 'market activity seen on others',
  coupledMarket: 'its coupling to market activity',
  marketFinds: 'finds on others',
  marketHour: 'market activity of the last hour',
  marketSlow: 'market activity of the last hours',
  age: 'time since the last look',
  nearThreshold: 'own last move just below the threshold',
  coupledFinds: 'its coupling to finds on others',
  marketSquared: 'strength of market activity',
  ownTimesMarket: 'own volatility together with the market',
  carried: 'market direction carried by its coupling',
  carriedFar: 'strong market direction carried by its coupling',
  advice: 'advice',
};

const explainedTerms = (Object.keys(feature) as TermName[]).filter((name) => name !== 'constant');

/** What is explained: a slot, or for a subject that was not chosen its gain and price now. */
interface Explained {
  readonly subject: string;
  readonly gain: number;
  readonly price: number;
  readonly reason?: SlotReason;
}

/** Explains one subject as the scheduler sees it; a slot must be explained before its look is observed. */
export function explainSubject(scheduler: IntensityScheduler, slot: Explained): SlotExplanation {
  const { subject, gain, price, reason } = slot;
  const index = scheduler.indexOf(subject);
  const { contribution, value } = scheduler.model.terms(index);
  const terms = strongestTerms(contribution);
  const sinceLookMs = scheduler.sinceLookMs(subject);
  const market = Math.exp(value[feature.market] ?? 0);
  const looks = scheduler.model.looksSince(index);
  const parts = [
    sinceLookMs === undefined
      ? `${subject} never looked at`
      : `${subject} looked at ${durationText(sinceLookMs)} ago`,
    `market activity ${market.toFixed(1)}x usual seen on ${looks} other${looks === 1 ? '' : 's'}`,
    `own last move ${(scheduler.model.history(index)?.proximity ?? 0).toFixed(1)} of threshold`,
    ...terms.map((one) => `${termWords[one.name]} ${Math.exp(one.contribution).toFixed(2)}x`),
    `expected gain ${significant(gain)} against price ${significant(price)}`,
  ];
  if (reason === 'floor') parts.push('its maximum interval is due');
  if (reason === 'overflow') parts.push('the budget would lapse');
  if (reason === 'asked') parts.push('it was asked for');
  return {
    subject,
    text: parts.join('; '),
    minutes_since_look: sinceLookMs === undefined ? null : tidy(sinceLookMs / 60_000),
    gain: tidy(gain, 6),
    price: tidy(price, 6),
    floor_in_minutes: tidy(scheduler.floorInMs(subject) / 60_000),
    terms: terms.map((one) => ({ term: one.name, contribution: one.contribution })),
    model: scheduler.model.learner.level,
  };
}

/** The terms that differ most from usual, strongest first. */
function strongestTerms(contribution: readonly number[]): { name: TermName; contribution: number }[] {
  const strongest: { name: TermName; contribution: number }[] = [];
  for (const name of explainedTerms) {
    const value = contribution[feature[name]] ?? 0;
    if (Math.abs(value) < leastContribution) continue;
    let k = strongest.length;
    while (k > 0 && Math.abs(strongest[k - 1]?.contribution ?? 0) < Math.abs(value)) k -= 1;
    if (k < shownTerms) strongest.splice(k, 0, { name, contribution: tidy(value) });
    if (strongest.length > shownTerms) strongest.pop();
  }
  return strongest;
}

function tidy(value: number, digits = 3): number {
  const scale = 10 ** digits;
  return Number.isFinite(value) ? Math.round(value * scale) / scale + 0 : 0;
}

function significant(value: number): string {
  return value >= 0.001 ? value.toFixed(3) : value.toExponential(1);
}
