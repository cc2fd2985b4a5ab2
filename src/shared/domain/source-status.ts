// What a market-data source says about itself. A source must admit when it is stale or blind.
import type { EpochMs } from './time.ts';

export const sourceStates = [
  'live',
  'simulated',
  'recorded',
  'degraded',
  'stale',
  'blind',
  'unreachable',
] as const;
export type SourceState = (typeof sourceStates)[number];

export interface SourceStatus {
  readonly source: string;
  readonly state: SourceState;
  /** 1 healthy, 0 down, between when degraded; exported as api_health_<source>. */
  readonly health: number;
  readonly detail: string;
  readonly latencyMs: number | null;
  readonly lastDataAt: EpochMs | null;
  readonly at: EpochMs;
}
