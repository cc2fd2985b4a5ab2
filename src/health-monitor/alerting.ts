// Tells of incidents: a row, a message, and one alert per phase. It must never alert for a mere symptom.
import type { Turn } from '../kernel/agent.ts';
import type { Incident } from '../shared/domain/incident.ts';
import { minuteMs, secondMs } from '../shared/domain/time.ts';
import type { IncidentChange } from './incident-book.ts';

/** Publishes one phase of an incident. */
export function publishIncident(change: IncidentChange, turn: Turn): void {
  const { incident, phase } = change;
  turn.put('incidents', incident.id, incident);
  turn.emit('health.incident', incident);
  const text = alertText(change);
  turn.effect('alert.send', { incident_id: incident.id, severity: incident.severity, text, phase });
}

/** One or two plain sentences: what is wrong, and what it means for trading. */
function alertText({ incident, phase }: IncidentChange): string {
  if (phase !== 'resolved') return `${incident.summary}. For trading: ${incident.consequence}`;
  const lasted = durationText(incident.updated_at - incident.opened_at);
  const times = incident.symptoms === 1 ? 'once' : `${incident.symptoms} times`;
  return `Over after ${lasted}, seen ${times}: ${incident.summary}`;
}

/** Rough length of time for people, such as "4 min". */
export function durationText(ms: number): string {
  return ms < 2 * minuteMs ? `${Math.round(ms / secondMs)} s` : `${Math.round(ms / minuteMs)} min`;
}

/** True for an incident that has a consequence for trading, not merely one worth knowing. */
export function isTroubling(incident: Incident): boolean {
  return incident.severity !== 'info';
}

export function isCritical(incident: Incident): boolean {
  return incident.severity === 'critical';
}
