// An alert that another monitor raised about us or our surroundings. Its words are a stranger's: data, never instruction.
import type { EpochMs } from './time.ts';

export interface ExternalAlert {
  /** What it is about, stable from firing to resolved; at most maxExternalAlertNameLength characters. */
  readonly target: string;
  readonly firing: boolean;
  /** One line of plain text. */
  readonly summary: string;
  readonly started_at: EpochMs;
}

export const maxExternalAlertNameLength = 60;
/** Alerts taken from one request, and followed at once. */
export const maxExternalAlerts = 200;
