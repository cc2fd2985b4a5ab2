// A position is the fold of its fills; nothing else may change it.
import type { DecimalText } from './money.ts';
import type { EpochMs } from './time.ts';

export interface Position {
  readonly id: string;
  readonly symbol: string;
  readonly side: 'long' | 'short';
  /** Open quantity in base units, never negative. */
  readonly quantity: DecimalText;
  readonly average_entry_price: DecimalText;
  /** Exact cost of the open quantity in quote currency; the average is its rounded quotient. */
  readonly cost_basis?: DecimalText;
  /** Realised profit after fees in quote currency. */
  readonly realised_profit: DecimalText;
  readonly fees: DecimalText;
  readonly stop_price: DecimalText | null;
  readonly target_price: DecimalText | null;
  readonly signal_id: string | null;
  readonly correlation_id: string;
  readonly opened_at: EpochMs;
  readonly updated_at: EpochMs;
  readonly closed_at: EpochMs | null;
  readonly close_reason: string | null;
  readonly open: boolean;
}

/** One point of the equity curve, in account currency. */
export interface EquityPoint {
  readonly at: EpochMs;
  readonly cash: number;
  readonly equity: number;
  readonly peak_equity: number;
  readonly drawdown_pct: number;
  readonly open_positions: number;
}
