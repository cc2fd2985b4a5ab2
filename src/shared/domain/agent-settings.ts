// Everything the agents are built from. It travels in `kernel.started`, so it must hold no secret.
import type { Timeframe } from './candle.ts';
import type { LookSettings } from './look.ts';
import type { RunMode } from './mode.ts';
import type { ModelSettings } from './model.ts';
import type { SessionRules } from './session-rules.ts';

export interface RiskSettings {
  /** Account fraction lost when a stop is hit, in percent. */
  readonly risk_per_trade_pct: number;
  readonly max_open_positions: number;
  readonly max_instrument_exposure_pct: number;
  readonly max_gross_exposure_pct: number;
  /** Loss since 00:00 UTC that stops new entries, percent of the day's opening equity. */
  readonly max_daily_loss_pct: number;
  /** Fall from peak equity that stops new entries, percent. */
  readonly max_drawdown_pct: number;
  readonly max_orders_per_minute: number;
  readonly quote_stale_ms: number;
  readonly max_spread_pct: number;
  /** Largest accepted distance between a signal's reference price and the last quote, percent. */
  readonly price_collar_pct: number;
  readonly minimum_confidence: number;
  /** Pause on an instrument after a losing trade. */
  readonly loss_cooldown_ms: number;
  /** Stop distance and target distance in multiples of the average true range. */
  readonly stop_atr_multiple: number;
  readonly target_atr_multiple: number;
}

export interface AgentSettings {
  readonly run_mode: RunMode;
  readonly universe: readonly string[];
  /** Account currency amount at the first start. */
  readonly starting_cash: number;
  /** Timeframe of the incoming candles; the others are built from it. */
  readonly base_timeframe: Timeframe;
  readonly strategy: string;
  readonly sources: readonly string[];
  /** Weakest kind among the sources; what a decision rests on before any source has spoken. */
  readonly market_kind?: 'live' | 'simulated' | 'recorded';
  readonly broker: { readonly name: string; readonly simulated: boolean; readonly short: boolean };
  /** Live trading starts halted until a person resumes it; paper and simulation start active. */
  readonly initial_trading_state: 'active' | 'halted';
  readonly risk: RiskSettings;
  /** Absent when no language model is configured: the policy decides alone. */
  readonly models?: ModelSettings;
  /** What looking at symbols may cost; absent means the defaults. */
  readonly looks?: LookSettings;
  /** Session hours and holidays; absent in journals written before they were settings. */
  readonly sessions?: SessionRules;
}

export const defaultRiskSettings: RiskSettings = {
  risk_per_trade_pct: 0.5,
  max_open_positions: 5,
  max_instrument_exposure_pct: 25,
  max_gross_exposure_pct: 100,
  max_daily_loss_pct: 3,
  max_drawdown_pct: 15,
  max_orders_per_minute: 30,
  quote_stale_ms: 90_000,
  max_spread_pct: 0.5,
  price_collar_pct: 1,
  minimum_confidence: 0.5,
  loss_cooldown_ms: 900_000,
  stop_atr_multiple: 2,
  target_atr_multiple: 3,
};
