// The shipped prior, written by bench/fit-intensity-prior.ts. Do not edit by hand.
import type { IntensityPrior } from './features.ts';

export const shippedPrior: IntensityPrior = {
  name: 'crypto 5m 2024-01-01..2024-05-01',
  // Order: features.ts.
  coefficients: [
    -0.7922, 0.4542, 0.3902, -0.1879, 2.2142, -0.6783, 1.4299, 0.175, 0.2272, 0.7309, 1.9095, 0.7261, 0.2611,
    -0.8188, -0.7775, 0.1556, 4.6804, 0.4278, -0.2815, -1.8712, 1.0411, 1.1664, 0.3,
  ],
  means: [
    1, -0.0343, -0.0145, 0.0236, -0.0665, -0.0867, -0.0485, 0.0223, 0.2439, -0.0551, -0.305, -0.1318, -0.5055,
    -0.321, -0.328, 2.4214, 0.0008, -0.1891, 0.2171, 0.0552, 0.1072, 0.0018, 0,
  ],
};
