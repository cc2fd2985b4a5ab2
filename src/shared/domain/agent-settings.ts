// Everything the agents are built from. It travels in `kernel.started`, so it must hold no secret.
import type { AgentName } from './agent-name.ts';
import type { AlertSettings } from './alert.ts';
import type { CandidateLimits } from './candidate-filters.ts';
import type { Timeframe } from './candle.ts';
import type { TargetStep } from './exit-plan.ts';
import type { HealingSettings } from './heal-action.ts';
import type { Instrument } from './instrument.ts';
import type { LookSettings } from './look.ts';
import type { RunMode } from './mode.ts';
import type { ModelSettings } from './model.ts';
import type { SessionRules } from './session-rules.ts';
import type { ChoreKind } from './task.ts';

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
  /** Pause on all instruments after so many losing trades in a row; 0 is off. */
  readonly loss_streak: number;
  readonly loss_streak_cooldown_ms: number;
  /** Value of long positions minus short ones, either way, percent of equity. */
  readonly max_net_exposure_pct: number;
  /** Gross exposure of each kind of market, percent of equity. */
  readonly crypto_budget_pct: number;
  readonly forex_budget_pct: number;
  /** Exposure of instruments that move together, percent of equity; together means a correlation from the threshold on. */
  readonly max_correlated_exposure_pct: number;
  readonly correlation_threshold: number;
  /** From this fall from the peak on, sizes shrink in a straight line to nothing at the largest drawdown; percent. */
  readonly wind_down_from_pct: number;
  /** Smallest value traded per hour, account currency; 0 is off. Feeds without volume are not judged. */
  readonly minimum_hourly_turnover: number;
  /** No new forex position so shortly before the week closes. */
  readonly weekend_guard_ms: number;
  /** Share of the Kelly stake that is risked at most; 0 is off. */
  readonly kelly_fraction: number;
  /** Largest expected daily move of one position, percent of equity. */
  readonly target_daily_volatility_pct: number;
  /** Stop distance and target distance in multiples of the average true range. */
  readonly stop_atr_multiple: number;
  readonly target_atr_multiple: number;
}

/** How open positions are led out beyond their first stop and target; absent means not at all. */
export interface ExitSettings {
  readonly trailing: 'none' | 'percent' | 'atr' | 'chandelier';
  /** Distance of `atr` and `chandelier`, in multiples of the average true range at the entry. */
  readonly trailing_atr_multiple: number;
  /** Distance of `percent`, and the profit from which it follows. */
  readonly trailing_pct: number;
  readonly trailing_offset_pct: number;
  /** Profit, in multiples of the first stop's distance, at which the stop goes to the entry; 0 is off. */
  readonly break_even_at_risk: number;
  /** Profit at which a position of that age leaves; sorted by age. */
  readonly target_steps: readonly TargetStep[];
  /** 0 is off. */
  readonly time_limit_hours: number;
}

export interface AgentSettings {
  /** Agents of this process; absent when all four are here. */
  readonly agents?: readonly AgentName[];
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
  readonly broker: {
    readonly name: string;
    readonly simulated: boolean;
    readonly short: boolean;
    /** False where the venue does not keep stop and target of an entry itself: trading then sends the stop. Absent means true. */
    readonly attached_bracket?: boolean;
  };
  /** The relay server that the settings name; `needed` when agents are in other processes. Absent when none is named. */
  readonly relay?: { readonly server: 'redis' | 'rabbitmq'; readonly needed: boolean };
  /** Steps and least amounts as the venue told them at start; other symbols have the house's own rules. */
  readonly instruments?: readonly Instrument[];
  /** How many times faster than real time the market runs while answers take real time; absent means 1. */
  readonly market_pace?: number;
  /** Live trading starts halted until a person resumes it; paper and simulation start active. */
  readonly initial_trading_state: 'active' | 'halted';
  readonly risk: RiskSettings;
  /** Work besides the eight kinds that this system can do; absent means none. */
  readonly chores?: readonly ChoreKind[];
  /** Workflow server that may run tasks; absent when only the agents do. */
  readonly workflows?: { readonly server: string; readonly runner: 'auto' | 'n8n' };
  readonly exits?: ExitSettings;
  /** Absent when no language model is configured: the policy decides alone. */
  readonly models?: ModelSettings;
  /** `off`: outcomes are scored and shown, but change no score; absent means on. */
  readonly learning?: 'on' | 'off';
  /** What looking at symbols may cost; absent means the defaults. */
  readonly looks?: LookSettings;
  /** Session hours and holidays; absent in journals written before they were settings. */
  readonly sessions?: SessionRules;
  /** What healing may do; absent means nothing that acts outside of the agents. */
  readonly healing?: HealingSettings;
  /** When people may be disturbed; the defaults where absent. */
  readonly alerts?: AlertSettings;
  /** Limits of the candidate filters; the defaults where absent. */
  readonly discovery?: CandidateLimits;
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
  loss_streak: 4,
  loss_streak_cooldown_ms: 3_600_000,
  max_net_exposure_pct: 75,
  crypto_budget_pct: 80,
  forex_budget_pct: 80,
  max_correlated_exposure_pct: 50,
  correlation_threshold: 0.7,
  wind_down_from_pct: 7.5,
  minimum_hourly_turnover: 10_000,
  weekend_guard_ms: 3_600_000,
  kelly_fraction: 0.25,
  target_daily_volatility_pct: 1,
  stop_atr_multiple: 2,
  target_atr_multiple: 3,
};

export const defaultExitSettings: ExitSettings = {
  trailing: 'chandelier',
  trailing_atr_multiple: 3,
  trailing_pct: 1,
  trailing_offset_pct: 1,
  break_even_at_risk: 1,
  target_steps: [],
  time_limit_hours: 72,
};
