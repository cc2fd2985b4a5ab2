// Every adapter that `ato fuzz markets` feeds. A new adapter adds one line:
//   casesTarget('dexscreener', dexscreenerFuzzCases),
import type { FuzzTarget } from './fuzz-target.ts';
import { houseTargets } from './house-targets.ts';

export const fuzzTargets: readonly FuzzTarget[] = [...houseTargets];
