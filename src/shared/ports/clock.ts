// The only source of now. Nothing on the quiet side ever reads the time by itself.
import type { EpochMs } from '../domain/time.ts';

export interface Clock {
  now(): EpochMs;
  /** Calls `wake` once at or after `at`; a later call replaces the earlier one. */
  wakeAt(at: EpochMs, wake: () => void): void;
  cancelWake(): void;
}
