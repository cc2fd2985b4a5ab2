// The metrics of the health monitor: incidents, alerts from outside, treatments, alerts sent, dead letters.
import { gauge, labelled, type MetricDefinition } from './metric-definition.ts';

export function healthMetrics(): MetricDefinition[] {
  return [
    labelled('gauge', 'ato_incidents_open', 'Open incidents by severity.', ['severity'], (scrape) =>
      scrape.activity.openIncidents(),
    ),
    labelled(
      'counter',
      'ato_incidents_total',
      'Incidents opened since the start, by severity.',
      ['severity'],
      (scrape) => scrape.activity.incidents.entries(),
    ),
    labelled(
      'counter',
      'ato_incident_causes_total',
      'Incidents opened since the start, by kind of cause.',
      ['cause'],
      (scrape) => scrape.activity.causes.entries(),
    ),
    labelled(
      'counter',
      'ato_external_alerts_total',
      'Alerts taken in from Alertmanager since the start, by status.',
      ['status'],
      (scrape) => scrape.activity.externalAlerts.entries(),
    ),
    labelled(
      'counter',
      'ato_heals_total',
      'Healing steps since the start, by playbook and outcome.',
      ['playbook', 'outcome'],
      (scrape) => scrape.activity.heals.entries(),
    ),
    labelled(
      'counter',
      'ato_alerts_total',
      'Alerts handed to the notifiers since the start, by outcome.',
      ['outcome'],
      ({ facts: { alerts } }) =>
        alerts === undefined
          ? []
          : [
              [{ outcome: 'sent' }, alerts.sent],
              [{ outcome: 'failed' }, alerts.failed],
            ],
    ),
    gauge(
      'ato_dead_letters',
      'Messages nobody could handle, as kept in the store.',
      (scrape) => scrape.deadLetters,
    ),
  ];
}
