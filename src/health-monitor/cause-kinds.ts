// The names of all causes, and how a cause of one subject is written. Nothing else.

export const causeKinds = [
  'source_stale',
  'source_degraded',
  'network',
  'rate_limited',
  'agent_failed',
  'agent_slow',
  'process_frozen',
  'event_loop_slow',
  'cpu_high',
  'heap_growth',
  'inbox_backlog',
  'slots_late',
  'files_low',
  'disk_low',
  'store_slow',
  'database_strained',
  'queue_stuck',
  'relay_down',
  'relay_lag',
  'clock_skew',
  'unknown_orders',
  'not_reconciled',
  'dead_letters',
  'quarantined',
  'probe_failed',
  'external_alert',
  'workflow_down',
  'model_down',
  'anomaly',
  'drift',
  'many_causes',
] as const;
export type CauseKind = (typeof causeKinds)[number];

/** Key of a cause, such as `source_stale:binance`; kinds without a subject are the key themselves. */
export function causeKey(kind: CauseKind, subject = ''): string {
  return subject === '' ? kind : `${kind}:${subject}`;
}

/** Kind and subject of a key. Throws on a key that no code here makes. */
export function parseCause(cause: string): { readonly kind: CauseKind; readonly subject: string } {
  const colon = cause.indexOf(':');
  const name = colon < 0 ? cause : cause.slice(0, colon);
  const kind = causeKinds.find((known) => known === name);
  if (kind === undefined) throw new Error(`not a cause: ${cause}`);
  return { kind, subject: colon < 0 ? '' : cause.slice(colon + 1) };
}
