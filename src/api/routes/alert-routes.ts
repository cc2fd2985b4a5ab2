// The door for Alertmanager's webhook: its alerts become observations of the health monitor.
// What it writes is data of a stranger: bounded, cleaned, quoted, and never obeyed.
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

const alertBodyBytes = 524_288;
const commitTimeoutMs = 15_000;
const maxSummaryChars = 280;
const maxLabels = 64;
/** Label of our own rules that only repeat what the health monitor said: taking them in would make it hear itself. */
const echoLabel = 'ato_origin';

const labels = z
  .record(z.string().max(200), z.string().max(4_000))
  .refine((pairs) => Object.keys(pairs).length <= maxLabels, `at most ${maxLabels} labels`);

/** Alertmanager's webhook, version 4: only what is used is named, the rest may be there. */
const webhookBody = z.looseObject({
  version: z.literal('4'),
  alerts: z
    .array(
      z.looseObject({
        status: z.enum(['firing', 'resolved']),
        labels,
        annotations: labels.optional(),
        startsAt: z.iso.datetime({ offset: true }),
      }),
    )
    .max(maxExternalAlerts),
});

const takenBody = z
  .object({
    taken: z.number().int().describe('Alerts handed to the health monitor and committed'),
    ignored: z
      .number()
      .int()
      .describe('Alerts that only repeat the health monitor’s own words, or have no name'),
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
      const alerts = newestByTarget(body.alerts.flatMap(alertOf));
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
      return { taken: alerts.length, ignored: body.alerts.length - alerts.length };
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
  const target = (where === '' ? name : `${name}@${where}`).slice(0, maxExternalAlertNameLength);
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

/** Letters, digits and a few signs: it becomes part of a cause. */
function nameText(value: string | undefined): string {
  return (value ?? '').replaceAll(/[^A-Za-z0-9_.:-]+/g, '_').replaceAll(/^_+|_+$/g, '');
}

/** One word per target: firing weighs more than resolved, as another instance of the same alert may be over; then the worst. */
function newestByTarget(alerts: readonly ExternalAlert[]): ExternalAlert[] {
  const byTarget = new Map<string, ExternalAlert>();
  for (const alert of alerts)
    if (weightOf(alert) >= weightOf(byTarget.get(alert.target))) byTarget.set(alert.target, alert);
  return [...byTarget.values()];
}

const weights = { info: 1, warning: 2, critical: 3 } as const;

function weightOf(alert: ExternalAlert | undefined): number {
  if (alert === undefined) return -1;
  return alert.firing ? weights[alert.severity] : 0;
}
