// The door for Alertmanager's webhook: its alerts become observations of the health monitor.
// What it writes is data of a stranger: bounded, cleaned, quoted, and never obeyed.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  type ExternalAlert,
  maxExternalAlertNameLength,
  maxExternalAlerts,
  severityOfLabel,
} from '../../shared/domain/external-alert.ts';
import { outsideText } from '../../shared/domain/outside-text.ts';
import { type ApiContext, type ApiServer, commandProblems } from '../api-context.ts';
import { Problem } from '../problem.ts';
import { DeadlineError, within } from '../within.ts';

const alertBodyBytes = 2_097_152;
const commitTimeoutMs = 15_000;
const maxSummaryChars = 280;
const maxNameRead = 4_000;
const hashChars = 8;
/** Label of our own rules that only repeat what the health monitor said: taking them in would make it hear itself. */
const echoLabel = 'ato_origin';

const labels = z.record(z.string(), z.string());

/**
 * Alertmanager's webhook, version 4: only what is used is named, the rest may be there. Alertmanager does not repeat what was
 * refused, so what is long or many is cut and counted instead; only the body is bounded.
 */
const webhookBody = z.looseObject({
  version: z.literal('4'),
  alerts: z.array(
    z.looseObject({
      status: z.enum(['firing', 'resolved']),
      labels,
      annotations: labels.optional(),
      startsAt: z.iso.datetime({ offset: true }),
    }),
  ),
});

const takenBody = z
  .object({
    taken: z.number().int().describe('Alerts handed to the health monitor and committed'),
    ignored: z
      .number()
      .int()
      .describe('Alerts that only repeat the health monitor’s own words, have no name, or repeat a target'),
    cut: z
      .number()
      .int()
      .describe(
        `Targets beyond ${maxExternalAlerts} that fire (the least severe are left out) or ${maxExternalAlerts} that are over`,
      ),
  })
  .meta({ id: 'TakenAlerts' });

export function addAlertRoutes(app: ApiServer, { dependencies, metrics }: ApiContext): void {
  app.post(
    '/alerts/alertmanager',
    {
      bodyLimit: alertBodyBytes,
      schema: {
        tags: ['health'],
        summary: 'Alertmanager’s webhook (version 4): alerts become observations of the health monitor',
        body: webhookBody,
        response: { 200: takenBody, ...commandProblems },
      },
    },
    async ({ body }) => {
      const all = newestByTarget(body.alerts.flatMap(alertOf));
      const alerts = mostUrgent(all);
      const { externalAlerts } = dependencies;
      if (externalAlerts === undefined)
        throw new Problem(
          'refused',
          409,
          'No health monitor runs in this process, so nobody would hear the alerts and nothing was taken. Fix: send it to the process that runs health_ai.',
        );
      try {
        await within(commitTimeoutMs, externalAlerts(alerts));
      } catch (error) {
        if (error instanceof DeadlineError)
          throw new Problem(
            'outcome-unknown',
            504,
            'The alerts were posted; their commit was not seen in time.',
          );
        if (/shutting down/i.test(error instanceof Error ? error.message : String(error)))
          throw new Problem('shutting-down', 503, 'The system is shutting down; nothing was taken.');
        throw error;
      }
      for (const { firing } of alerts) metrics.countExternalAlert(firing ? 'firing' : 'resolved');
      return {
        taken: alerts.length,
        ignored: body.alerts.length - all.length,
        cut: all.length - alerts.length,
      };
    },
  );
}

/** Nothing for an alert without a name and for an echo of our own. */
function alertOf(alert: z.output<typeof webhookBody>['alerts'][number]): ExternalAlert[] {
  const { alertname, instance } = alert.labels;
  if (alert.labels[echoLabel] === 'health') return [];
  const name = nameText(alertname);
  if (name === '') return [];
  const where = nameText(instance);
  const target = bounded(where === '' ? name : `${name}@${where}`, `${alertname}@${instance}`);
  const { summary, description } = alert.annotations ?? {};
  const said = outsideText(summary ?? description ?? '', maxSummaryChars);
  return [
    {
      target,
      firing: alert.status === 'firing',
      severity: severityOfLabel(alert.labels.severity),
      summary: said === '' ? 'no summary given' : said,
      started_at: Date.parse(alert.startsAt),
    },
  ];
}

/** Letters, digits and a few signs: it becomes part of a cause. Letters that are lost with it leave their hash. */
function nameText(value = ''): string {
  if (value.trim() === '') return '';
  const name = value
    .slice(0, maxNameRead)
    .replaceAll(/[^A-Za-z0-9.:-]+/g, '_')
    .replaceAll(/^_|_$/g, '');
  if (!/[A-Za-z0-9]/.test(name)) return `name-${hashOf(value)}`;
  return /[^\p{ASCII}\P{L}]/u.test(value) ? `${name}-${hashOf(value)}` : name;
}

/** What is cut keeps a hash of the whole, so that two that begin alike stay two. */
function bounded(target: string, whole: string): string {
  if (target.length <= maxExternalAlertNameLength) return target;
  return `${target.slice(0, maxExternalAlertNameLength - hashChars - 1)}~${hashOf(whole)}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, hashChars);
}

/** One word per target: firing weighs more than resolved, as another instance of the same alert may be over; then the worst. */
function newestByTarget(alerts: readonly ExternalAlert[]): ExternalAlert[] {
  const byTarget = new Map<string, ExternalAlert>();
  for (const alert of alerts)
    if (weightOf(alert) >= weightOf(byTarget.get(alert.target))) byTarget.set(alert.target, alert);
  return [...byTarget.values()];
}

/** What is over comes first: whoever follows so many at once forgets the oldest. */
function mostUrgent(alerts: readonly ExternalAlert[]): readonly ExternalAlert[] {
  if (alerts.length <= maxExternalAlerts) return alerts;
  const over = alerts.filter(({ firing }) => !firing);
  const firing = alerts
    .filter((alert) => alert.firing)
    .sort((left, right) => weightOf(right) - weightOf(left));
  return [...over.slice(0, maxExternalAlerts), ...firing.slice(0, maxExternalAlerts)];
}

const weights = { info: 1, warning: 2, critical: 3 } as const;

function weightOf(alert: ExternalAlert | undefined): number {
  if (alert === undefined) return -1;
  return alert.firing ? weights[alert.severity] : 0;
}
