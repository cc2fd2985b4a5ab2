// The analyst's dated, expiring claim. It never carries a quantity: size belongs to trading.

import type { Timeframe } from './candle.ts';
import type { EpochMs } from './time.ts';

export type SignalAction = 'BUY' | 'SELL' | 'CLOSE';

/** One observed number that carried the claim, re-checkable against the data of that time. */
export interface Evidence {
  readonly name: string;
  readonly value: number;
  readonly at: EpochMs;
}

/** Data part of a `signal` message; field names are the users' wire format. */
export interface Signal {
  readonly signal_id: string;
  readonly action: SignalAction;
  readonly symbol: string;
  /** Probability in 0..1 that the claim is right at its horizon. */
  readonly confidence: number;
  readonly reasoning: string;
  readonly horizon_ms: number;
  readonly issued_at: EpochMs;
  readonly expires_at: EpochMs;
  readonly strategy: string;
  readonly timeframe: Timeframe;
  readonly evidence: readonly Evidence[];
  /** Close of the last closed candle the claim rests on. */
  readonly reference_price: number;
  /** Average true range in price units on the signal's timeframe; trading sizes and brackets by it. */
  readonly average_true_range: number;
  /** Task that asked for the look, null for a spontaneous close. */
  readonly task_id: string | null;
}
