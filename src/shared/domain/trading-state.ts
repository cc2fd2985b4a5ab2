// The switch over all trading: any agent may tighten it, only a human command loosens it.
import type { EpochMs } from './time.ts';

export const tradingStates = ['active', 'reducing', 'halted'] as const;
export type TradingState = (typeof tradingStates)[number];

const tightness: Readonly<Record<TradingState, number>> = { active: 0, reducing: 1, halted: 2 };

export interface TradingStateRecord {
  readonly state: TradingState;
  readonly by: string;
  readonly reason: string;
  readonly since: EpochMs;
}

/** True when `next` permits strictly less than `current`. */
export function isTighter(next: TradingState, current: TradingState): boolean {
  return tightness[next] > tightness[current];
}
