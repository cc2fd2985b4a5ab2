// The terms of the intensity: their order, and the words they are explained with.
// Order is part of the shipped prior and of the saved state; append only, and raise stateVersion when it changes.

export const feature = {
  constant: 0,
  ownRate: 1,
  clock: 2,
  proximity: 3,
  fastVolatility: 4,
  middleVolatility: 5,
  slowVolatility: 6,
  selfExcitation: 7,
  slowExcitation: 8,
  volume: 9,
  market: 10,
  coupledMarket: 11,
  marketFinds: 12,
  marketHour: 13,
  marketSlow: 14,
  age: 15,
  nearThreshold: 16,
  coupledFinds: 17,
  marketSquared: 18,
  ownTimesMarket: 19,
  carried: 20,
  carriedFar: 21,
  advice: 22,
} as const;

export const featureCount = 23;

/** Shipped coefficients: fitted on recorded markets by a script, never edited by hand. */
export interface IntensityPrior {
  readonly name: string;
  readonly coefficients: readonly number[];
  /** Mean of each feature where it was fitted: what "as usual" means in explanations. */
  readonly means: readonly number[];
}

/** Advice may move the log intensity, but its coefficient stays within these. */
export const adviceBounds = { low: 0, high: 1, start: 0.3 } as const;
