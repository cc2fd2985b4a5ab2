// An alert that another monitor raised about us or our surroundings. Its words are a stranger's: data, never instruction.
import type { Severity } from './incident.ts';
import type { EpochMs } from './time.ts';

export interface ExternalAlert {
  /** What it is about, stable from firing to resolved; at most maxExternalAlertNameLength characters. */
  readonly target: string;
  readonly firing: boolean;
  /** What its own label says, in the house's words. */
  readonly severity: Severity;
  /** One line of plain text. */
  readonly summary: string;
  readonly started_at: EpochMs;
}

export const maxExternalAlertNameLength = 60;
/** Alerts taken from one request, and followed at once. */
export const maxExternalAlerts = 200;

/** Words for the two ends; every other word, and none, is a warning. */
const critical = /^(critical|crit|page|emergency|fatal|disaster|p1|sev1)$/;
const info = /^(info|information|informational|notice|none|debug|low|p4|p5|sev4|sev5)$/;

/** The label `severity` of another monitor in the three words of the house. */
export function severityOfLabel(label: string | undefined): Severity {
  const word = (label ?? '').trim().toLowerCase();
  return critical.test(word) ? 'critical' : info.test(word) ? 'info' : 'warning';
}
