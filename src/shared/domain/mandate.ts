// The orchestrator's standing permission to trade. Without a current one, trading opens nothing.
import type { MarketMode } from './mode.ts';
import type { EpochMs } from './time.ts';

export interface Mandate {
  readonly id: string;
  readonly decision_id: string;
  readonly mode: MarketMode;
  /** Symbols that may be opened; closing is always allowed. */
  readonly universe: readonly string[];
  /** Multiplier on the configured per-trade risk, 0..1. It can tighten, never loosen. */
  readonly risk_appetite: number;
  readonly issued_at: EpochMs;
  readonly expires_at: EpochMs;
}
