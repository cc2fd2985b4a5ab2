// The shipped prior, written by bench/fit-intensity-prior.ts. Do not edit by hand.
import type { IntensityPrior } from './features.ts';

export const shippedPrior: IntensityPrior = {
  name: 'crypto 5m 2024-01-01..2024-05-01',
  // Order: features.ts.
  coefficients: [
    -1.0749, 0.4593, 0.4078, 0.531, 2.1876, -0.4324, 1.1793, 0.1941, 0.2407, 0.6309, 1.7715, -1.0433, 0.3238,
    -0.3333, -0.7222, 0.1766, 3.7706, -0.0299, -0.6005, -1.8335, 1.6302, 2.7956, 0.3,
  ],
  means: [
    1, -0.043, -0.0168, 0.0248, -0.0571, -0.0811, -0.0504, 0.0223, 0.2362, -0.0375, -0.3061, -0.0674, -0.7386,
    -0.3315, -0.3403, 2.4687, 0.001, -0.1533, 0.2587, 0.0502, 0.1226, 0.0028, 0,
  ],
};
