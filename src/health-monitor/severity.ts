// Severities as an order. An open incident only ever gets worse; it ends by being resolved.
import type { Severity } from '../shared/domain/incident.ts';

const rank: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 };

/** The worse of the two. */
export function worse(left: Severity, right: Severity): Severity {
  return rank[left] >= rank[right] ? left : right;
}

export function isWorse(left: Severity, right: Severity): boolean {
  return rank[left] > rank[right];
}
