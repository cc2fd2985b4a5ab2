// The words of an alert: what is wrong, what it means for trading, and whether anybody must act. Pure functions.
import type { Incident } from '../shared/domain/incident.ts';
import { parseCause } from './cause-kinds.ts';
import { durationText } from './duration-text.ts';
import type { IncidentChange } from './incident-book.ts';
import { isTreated } from './playbooks/all-playbooks.ts';

/** What a person can do where the house cannot, by kind of cause. */
const remedies: Readonly<Partial<Record<string, string>>> = {
  disk_low: 'free space on that disk',
  clock_skew: 'let the machine keep time with NTP',
  unknown_orders: "look at the venue's own page for the orders that `ato orders` names",
  not_reconciled: 'compare `ato positions` with the venue',
  heap_growth: 'restart the process when it suits',
  store_slow: 'look at the database server',
  database_strained: 'look at the database server',
  network: "check this machine's connection",
  source_stale: "check the source's status page and the key",
  model_down: 'check the key and the plan of the provider',
  relay_down: 'start or repair the relay server; what waits is sent as soon as it answers',
  relay_lag: "look at the other processes' logs and at the relay server",
  process_frozen: 'look at the place that its log line names',
  files_low: 'raise the limit of open files of this process',
};

/** One or two plain sentences. */
export function alertText({ incident, phase }: IncidentChange): string {
  if (phase !== 'resolved')
    return `${incident.summary}. For trading: ${incident.consequence} ${adviceFor(incident)}`;
  const lasted = durationText(incident.updated_at - incident.opened_at);
  const times = incident.symptoms === 1 ? 'once' : `${incident.symptoms} times`;
  return `Over after ${lasted}, seen ${times}: ${incident.summary}`;
}

/** Whether somebody has to get up. */
function adviceFor({ cause, severity }: Incident): string {
  const { kind } = parseCause(cause);
  // What another monitor found is not ours to call harmless.
  if (severity !== 'critical' && kind === 'external_alert') return 'Look at it when it suits.';
  if (severity !== 'critical')
    return `No action needed: it is watched${isTreated(cause) ? ' and treated' : ''}.`;
  const remedy = remedies[kind];
  return remedy === undefined ? 'Please look at it.' : `Please act: ${remedy}.`;
}
