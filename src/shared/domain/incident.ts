// Health records: incidents group symptoms by cause, heals say what was done and whether it worked.
import type { EpochMs } from './time.ts';

export type Severity = 'info' | 'warning' | 'critical';

export interface Incident {
  /** Hash of cause and opening time. */
  readonly id: string;
  readonly cause: string;
  readonly severity: Severity;
  readonly summary: string;
  /** What it means for trading, in words for a person. */
  readonly consequence: string;
  readonly symptoms: number;
  readonly opened_at: EpochMs;
  readonly updated_at: EpochMs;
  readonly resolved_at: EpochMs | null;
  readonly open: boolean;
}

export interface HealRecord {
  readonly id: string;
  readonly playbook: string;
  readonly target: string;
  readonly incident_id: string | null;
  readonly before: string;
  readonly after: string | null;
  readonly outcome: 'started' | 'verified' | 'failed' | 'refused' | 'dry_run';
  readonly attempt: number;
  readonly at: EpochMs;
  readonly finished_at: EpochMs | null;
}

export interface DeadLetter {
  readonly id: string;
  readonly reason: string;
  readonly message_type: string;
  /** The offending text, cut to a bounded length; data, never instruction. */
  readonly excerpt: string;
  readonly at: EpochMs;
}
