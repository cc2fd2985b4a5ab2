// The features of one subject at one age, in the order of features.ts. Learning and explaining use it; scoring takes the
// same terms apart to be fast (look-worth.ts), and a test holds the two to each other.
import type { ClockProfile } from './clock-profile.ts';
import { type DecayTables, maxAgeBars } from './decay-tables.ts';
import { feature, featureCount } from './features.ts';
import type { MarketNowcast } from './market-nowcast.ts';
import { column, columns, type SubjectTable, usualCoupling } from './subject-table.ts';

/** Of what is carried over from others, at most this counts. */
export const maxCarried = 2;
export const carriedKink = 0.5;
export const proximityKink = 0.6;

export interface FeatureParts {
  readonly subjects: SubjectTable;
  readonly decays: DecayTables;
  readonly market: MarketNowcast;
  readonly clock: ClockProfile;
  readonly thresholdSigmas: number;
}

export class FeatureVector {
  readonly #parts: FeatureParts;
  /** Reused by every filling. */
  readonly values = new Float64Array(featureCount);

  constructor(parts: FeatureParts) {
    this.#parts = parts;
  }

  /** Writes the features `age` bars after the subject's last look, with the market as in ring slot `k`, at time `at`. */
  fill(subject: number, age: number, k: number, at: number): Float64Array {
    const { subjects, decays, market, clock, thresholdSigmas } = this.#parts;
    const activity = market.activity[k] as number;
    const finds = market.findShare[k] as number;
    const direction = market.direction[k] as number;
    const v = this.values;
    const r = subjects.values;
    const row = subject * columns;
    const a = Math.max(0, Math.min(maxAgeBars, age));
    const decay60 = decays.decay60[a] as number;
    const proximity = r[row + column.proximity] as number;
    const coupling = r[row + column.coupling] as number;
    const own = (r[row + column.fastVolatility] as number) * decay60;
    const carried = Math.min(maxCarried, Math.abs(coupling * direction) / thresholdSigmas);
    v[feature.constant] = 1;
    v[feature.ownRate] = r[row + column.ownRate] as number;
    v[feature.clock] = clock.at(at);
    v[feature.proximity] = proximity * (decays.decay10[a] as number);
    v[feature.fastVolatility] = own;
    v[feature.middleVolatility] =
      (r[row + column.middleVolatility] as number) * (decays.decay240[a] as number);
    v[feature.slowVolatility] = (r[row + column.slowVolatility] as number) * (decays.decay1440[a] as number);
    v[feature.selfExcitation] = (r[row + column.selfExcitation] as number) * decay60;
    v[feature.slowExcitation] = (r[row + column.slowExcitation] as number) * (decays.decay360[a] as number);
    v[feature.volume] = (r[row + column.volume] as number) * decay60;
    v[feature.market] = activity;
    v[feature.coupledMarket] = (Math.abs(coupling) - usualCoupling) * activity;
    v[feature.marketFinds] = finds;
    v[feature.marketHour] = market.hourMean[k] as number;
    v[feature.marketSlow] = market.slowMean[k] as number;
    v[feature.age] = decays.logAge[a] as number;
    v[feature.nearThreshold] = Math.max(0, proximity - proximityKink) * (decays.decay10[a] as number);
    v[feature.coupledFinds] = (Math.abs(coupling) - usualCoupling) * finds;
    v[feature.marketSquared] = activity * activity;
    v[feature.ownTimesMarket] = own * activity;
    v[feature.carried] = carried;
    v[feature.carriedFar] = Math.max(0, carried - carriedKink);
    v[feature.advice] = r[row + column.advice] as number;
    return v;
  }
}
