// Alerts of other monitors that open together, told as one: who belongs to it, and its words. Pure functions.
import type { Incident } from '../shared/domain/incident.ts';
import { type EpochMs, minuteMs, secondMs } from '../shared/domain/time.ts';
import { parseCause } from './cause-kinds.ts';
import type { PagerState, StormState } from './memory.ts';
import { isWorse, worse } from './severity.ts';

const windowMs = 5 * minuteMs;
/** Alertmanager sends a storm in several requests: the first page waits this long for the others. */
const gatherMs = 10 * secondMs;
const maxNames = 5;
const rank = { critical: 0, warning: 1, info: 2 } as const;

export function isExternal({ cause }: { readonly cause: string }): boolean {
  return parseCause(cause).kind === 'external_alert';
}

/** Pages a day that what other monitors say may cost; none of them is one of the house's own. */
export function externalPerDay(perDay: number): number {
  return Math.ceil(perDay / 4);
}

export function isStormOver(storm: StormState, now: EpochMs): boolean {
  return now - storm.opened_at >= windowMs;
}

/** When people must be told of it; undefined when they know all. */
export function stormDueAt({ told, severity, untold, opened_at }: StormState): EpochMs | undefined {
  if (told === null) return opened_at + gatherMs;
  if (isWorse(severity, told)) return opened_at;
  return untold > 0 ? opened_at + windowMs : undefined;
}

/** The storm with one more alert, or with a known one that got worse. */
export function withAlert(
  storm: StormState | undefined,
  incident: Incident,
  isNew: boolean,
  now: EpochMs,
): StormState {
  const { subject } = parseCause(incident.cause);
  const fresh = { id: incident.id, opened_at: now, severity: incident.severity, told: null };
  const { summary, consequence } = incident;
  const base = storm ?? { ...fresh, summary, consequence, count: 0, untold: 0, names: [], held: false };
  const more = isNew || storm === undefined ? 1 : 0;
  const known = base.names.includes(subject) || base.names.length >= maxNames;
  return {
    ...base,
    summary,
    severity: worse(base.severity, incident.severity),
    count: base.count + more,
    untold: base.untold + more,
    names: known ? base.names : [...base.names, subject],
  };
}

/** What they are, in one line. */
export function stormSummary({ count, names, severity, summary }: StormState): string {
  if (count === 1) return summary;
  const more = count > names.length ? ` and ${count - names.length} more` : '';
  return `Alertmanager tells of ${count} alerts within 5 min, the worst ${severity}: ${names.join(', ')}${more}`;
}

export function stormText(storm: StormState): string {
  const advice = storm.severity === 'critical' ? 'Please look at it.' : 'Look at it when it suits.';
  return `${stormSummary(storm)}. For trading: ${storm.consequence} ${advice}`;
}

/** In the order people need them: own causes first, then the worst, then the oldest. */
export function ranked(held: PagerState['held']): PagerState['held'] {
  return [...held].sort(
    (left, right) =>
      Number(left.external ?? false) - Number(right.external ?? false) ||
      rank[left.severity] - rank[right.severity] ||
      left.at - right.at,
  );
}
