// Every adapter that `ato fuzz markets` feeds. A new adapter adds one line.
import { fuzzCases as birdeyeCases } from '../../adapters/market-data/birdeye/fuzz-cases.ts';
import { fuzzCases as dexscreenerCases } from '../../adapters/market-data/dexscreener/fuzz-cases.ts';
import { fuzzCases as geckoterminalCases } from '../../adapters/market-data/geckoterminal/fuzz-cases.ts';
import { fuzzCases as pumpfunCases } from '../../adapters/market-data/pumpfun/fuzz-cases.ts';
import { fuzzCases as pumpportalCases } from '../../adapters/market-data/pumpportal/fuzz-cases.ts';
import { forexTargets } from './forex-targets.ts';
import { casesTarget, type FuzzTarget } from './fuzz-target.ts';
import { houseTargets } from './house-targets.ts';
import { newsTarget } from './news-target.ts';

export const fuzzTargets: readonly FuzzTarget[] = [
  ...houseTargets,
  ...forexTargets,
  casesTarget('dexscreener', dexscreenerCases),
  casesTarget('pumpfun', pumpfunCases),
  casesTarget('pumpportal', pumpportalCases),
  casesTarget('birdeye', birdeyeCases),
  casesTarget('geckoterminal', geckoterminalCases),
  newsTarget,
];
