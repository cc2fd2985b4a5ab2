// The two results of risk: a permission that only the risk manager can mint, or a coded no.
import type { OrderRequest } from './order.ts';
import type { EpochMs } from './time.ts';

export const refusalCodes = [
  'no_mandate',
  'mandate_expired',
  'outside_mandate',
  'trading_halted',
  'reduce_only',
  'signal_expired',
  'signal_invalid',
  'duplicate_signal',
  'unknown_symbol',
  'no_quote',
  'no_conversion',
  'quote_stale',
  'spread_too_wide',
  'price_collar',
  'session_closed',
  'week_closing',
  'confidence_too_low',
  'position_exists',
  'no_position',
  'max_open_positions',
  'instrument_exposure',
  'gross_exposure',
  'net_exposure',
  'mode_budget',
  'correlated_exposure',
  'volatility_target',
  'trade_risk',
  'no_edge',
  'insufficient_liquidity',
  'token_unsafe',
  'daily_loss',
  'drawdown',
  'order_rate',
  'cooldown',
  'loss_streak',
  'insufficient_cash',
  'order_outcome_unknown',
  'not_reconciled',
  'short_not_supported',
] as const;
export type RefusalCode = (typeof refusalCodes)[number];

export interface Refusal {
  readonly id: string;
  readonly signal_id: string | null;
  readonly symbol: string;
  readonly code: RefusalCode;
  /** The configured limit and what was found, in the unit the code implies. */
  readonly limit: number | string | null;
  readonly actual: number | string | null;
  readonly at: EpochMs;
  readonly correlation_id: string;
}

/** Present only on permissions minted by the risk manager; the executor accepts nothing else. */
declare const approvedBrand: unique symbol;

export interface Approved {
  readonly [approvedBrand]: true;
  readonly request: OrderRequest;
  readonly signal_id: string;
  readonly correlation_id: string;
  readonly position_id: string;
  /** Account currency at risk between entry and stop. */
  readonly risk_amount: number;
}
