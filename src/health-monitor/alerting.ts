// Tells of incidents: a row, a message, and the pager decides who hears of it. It must never tell of a mere symptom.
import type { Turn } from '../kernel/agent.ts';
import type { Incident } from '../shared/domain/incident.ts';
import type { IncidentChange } from './incident-book.ts';
import type { Pager } from './pager.ts';

/** Publishes one phase of an incident. */
export function publishIncident(change: IncidentChange, pager: Pager, turn: Turn): void {
  const { incident } = change;
  turn.put('incidents', incident.id, incident);
  turn.emit('health.incident', incident);
  pager.tell(change, turn);
}

/** True for an incident that has a consequence for trading, not merely one worth knowing. */
export function isTroubling(incident: Incident): boolean {
  return incident.severity !== 'info';
}

export function isCritical(incident: Incident): boolean {
  return incident.severity === 'critical';
}
