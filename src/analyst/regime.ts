// One word for the state of one timeframe, from its indicators. A description, never a forecast.
import type { TimeframeView } from './strategy.ts';

export type Regime = 'warming up' | 'turbulent' | 'rising' | 'falling' | 'ranging';

/** Volatility this many times its normal is turbulence, whatever the direction. */
const turbulentRatio = 2;
/** Wilder's customary threshold for a trend. */
const trendingIndex = 25;

/** Regime of the newest closed candle. */
export function regimeOf(window: TimeframeView): Regime {
  const ratio = window.indicator('volatility_ratio');
  const index = window.indicator('adx_14');
  if (Number.isNaN(index)) return 'warming up';
  if (ratio >= turbulentRatio) return 'turbulent';
  if (index < trendingIndex) return 'ranging';
  return window.indicator('plus_di_14') > window.indicator('minus_di_14') ? 'rising' : 'falling';
}
