// The catalogue of causes: how long each must last to count, how long it must be quiet to be over, how severe it is
// by its consequence for trading, and the words for a person. Data and pure functions only.
import type { Severity } from '../shared/domain/incident.ts';
import { minuteMs, secondMs } from '../shared/domain/time.ts';
import { type CauseKind, parseCause } from './cause-kinds.ts';
import type { TradingContext } from './memory.ts';

/** What severity and words depend on besides the observation itself. */
export interface CauseContext {
  readonly trading: TradingContext;
  /** Sources that deliver right now. */
  readonly sourcesUp: number;
  /** Where stops and targets of open positions rest; absent counts as here. */
  readonly protection?: 'venue' | 'house';
}

interface CauseRule {
  /** The condition must hold this long before an incident opens. */
  readonly debounceMs: number;
  /** And be absent this long before the incident is over. */
  readonly quietMs: number;
  /** Single events needed to open, for causes that are events rather than conditions. */
  readonly openSymptoms: number;
  readonly severity: (level: Severity, context: CauseContext) => Severity;
  readonly consequence: (subject: string, context: CauseContext) => string;
}

const never = Number.POSITIVE_INFINITY;
const asObserved = (level: Severity): Severity => level;

function exposed(context: CauseContext): boolean {
  return context.trading.open_positions > 0 || context.trading.unknown_orders > 0;
}

/** Losing sight matters most while money is at risk. */
function blindness(level: Severity, context: CauseContext): Severity {
  if (level === 'info') return 'info';
  return context.sourcesUp === 0 && exposed(context) ? 'critical' : 'warning';
}

function holdings(context: CauseContext): string {
  const { open_positions: open, unknown_orders: unknown } = context.trading;
  const positions =
    open === 0 ? 'no position is open' : open === 1 ? '1 position is open' : `${open} positions are open`;
  if (unknown > 0) return `${positions} and the outcome of ${unknown} order(s) is not known`;
  if (open === 0) return positions;
  return context.protection === 'venue'
    ? `${positions}, protected by stops at the venue`
    : `${positions}, protected by stops that this process keeps`;
}

function sourceConsequence(subject: string, context: CauseContext): string {
  const rest =
    context.sourcesUp > 0
      ? `the other ${context.sourcesUp} source(s) go on`
      : `no source is left, so nothing new is opened and exits rest on the protection already placed`;
  return `Instruments priced by ${subject} are not traded until it delivers again; ${rest}; ${holdings(context)}.`;
}

function agentConsequence(subject: string, context: CauseContext): string {
  switch (subject) {
    case 'trading_ai':
      return `No order is sent or followed until trading is back; protection already placed stays in force; ${holdings(context)}.`;
    case 'analyst_ai':
      return `No new signal is made until the analyst is back; exits of trading do not need it; ${holdings(context)}.`;
    case 'orchestrator_ai':
      return `No new task or mode is decided until the orchestrator is back; trading goes on inside the standing mandate until it expires; ${holdings(context)}.`;
    default:
      return `Trading is not touched, but nobody watched it meanwhile; ${holdings(context)}.`;
  }
}

function relayConsequence(context: CauseContext): string {
  return `Agents in other processes are not heard: trading looks after what is open by itself and opens nothing new once the mandate has expired; messages wait in the database and none is lost; ${holdings(context)}.`;
}

const slowness = (_subject: string, context: CauseContext): string =>
  `Prices are handled late, so signals may be refused as stale and exits may come late; ${holdings(context)}.`;

const usual = { openSymptoms: never, severity: asObserved } as const;

export const causeRules: Readonly<Record<CauseKind, CauseRule>> = {
  source_stale: {
    ...usual,
    debounceMs: 12 * secondMs,
    quietMs: minuteMs,
    severity: blindness,
    consequence: sourceConsequence,
  },
  source_degraded: {
    ...usual,
    debounceMs: minuteMs,
    quietMs: 2 * minuteMs,
    consequence: (subject) =>
      `${subject} still delivers, but slower or with gaps: signals on it may come late or be refused as stale.`,
  },
  network: {
    ...usual,
    debounceMs: 12 * secondMs,
    quietMs: minuteMs,
    severity: blindness,
    consequence: (_subject, context) =>
      `No market is visible: nothing new is opened and exits rest on the protection already placed; ${holdings(context)}.`,
  },
  rate_limited: {
    ...usual,
    debounceMs: 0,
    quietMs: 2 * minuteMs,
    severity: (level) => level,
    consequence: (subject) =>
      `${subject} is asked less often until it allows more; every task that uses it shares what is left.`,
  },
  agent_failed: {
    debounceMs: 0,
    quietMs: 10 * minuteMs,
    openSymptoms: 1,
    severity: asObserved,
    consequence: agentConsequence,
  },
  agent_slow: {
    ...usual,
    debounceMs: 9 * secondMs,
    quietMs: 2 * minuteMs,
    consequence: slowness,
  },
  process_frozen: {
    debounceMs: 0,
    quietMs: 10 * minuteMs,
    openSymptoms: 1,
    severity: asObserved,
    consequence: (_subject, context) =>
      `Nothing was decided and no order was followed while it lasted; it was started again from its tables; ${holdings(context)}.`,
  },
  event_loop_slow: {
    ...usual,
    debounceMs: 15 * secondMs,
    quietMs: minuteMs,
    severity: (level, context) => (level === 'critical' || exposed(context) ? level : 'info'),
    consequence: slowness,
  },
  cpu_high: {
    ...usual,
    debounceMs: minuteMs,
    quietMs: 2 * minuteMs,
    consequence: () => 'Trading goes on; the orchestrator runs fewer tasks while the load is high.',
  },
  heap_growth: {
    ...usual,
    debounceMs: 4 * secondMs,
    quietMs: 5 * minuteMs,
    consequence: (_subject, context) =>
      `If memory runs out the process stops and must be started again; state and orders survive that; ${holdings(context)}.`,
  },
  inbox_backlog: {
    ...usual,
    debounceMs: 15 * secondMs,
    quietMs: minuteMs,
    consequence: slowness,
  },
  slots_late: {
    ...usual,
    debounceMs: 0,
    quietMs: 10 * minuteMs,
    openSymptoms: 3,
    consequence: () => 'Scans and checks begin later than they were planned, so chances may be seen late.',
  },
  files_low: {
    ...usual,
    debounceMs: 10 * secondMs,
    quietMs: 2 * minuteMs,
    consequence: (_subject, context) =>
      `When none is left no connection can be opened, neither to a market nor to the broker; ${holdings(context)}.`,
  },
  disk_low: {
    ...usual,
    debounceMs: 8 * secondMs,
    quietMs: 5 * minuteMs,
    consequence: () =>
      'When the disk is full nothing can be committed, so no decision is made and no order is sent; free some space.',
  },
  store_slow: {
    ...usual,
    debounceMs: 9 * secondMs,
    quietMs: 2 * minuteMs,
    consequence: (_subject, context) =>
      `Every action waits for its commit, so decisions and orders come late; ${holdings(context)}.`,
  },
  database_strained: {
    ...usual,
    debounceMs: 0,
    quietMs: 2 * minuteMs,
    consequence: (_subject, context) =>
      `Commits wait behind other work in the database, so decisions and orders come late; ${holdings(context)}.`,
  },
  queue_stuck: {
    ...usual,
    debounceMs: 10 * secondMs,
    quietMs: 2 * minuteMs,
    consequence: () => 'Recordings, backtests and reports wait; trading does not need them.',
  },
  relay_down: {
    ...usual,
    debounceMs: 6 * secondMs,
    quietMs: minuteMs,
    // Only a relay that agents rest on is told as more than worth knowing.
    consequence: (_subject, context) => relayConsequence(context),
  },
  relay_lag: {
    ...usual,
    // After a relay came back, what waited has this long to be gone without a word of its own.
    debounceMs: 30 * secondMs,
    quietMs: minuteMs,
    consequence: (subject, context) =>
      subject === 'received'
        ? slowness(subject, context)
        : `What agents in other processes have not heard they cannot do: work is done late, and none of it is lost; ${holdings(context)}.`,
  },
  clock_skew: {
    ...usual,
    debounceMs: 9 * secondMs,
    quietMs: 2 * minuteMs,
    consequence: () =>
      'Prices look older or newer than they are: signals may be refused as stale and brokers may reject requests.',
  },
  unknown_orders: {
    ...usual,
    debounceMs: 20 * secondMs,
    quietMs: 30 * secondMs,
    severity: () => 'critical',
    consequence: (_subject, context) =>
      `The true exposure is not known; nothing new is opened on it and nothing is resent until the broker has answered; ${holdings(context)}.`,
  },
  not_reconciled: {
    ...usual,
    debounceMs: minuteMs,
    quietMs: minuteMs,
    consequence: (_subject, context) =>
      `Nothing new is opened in the instruments named until broker and books agree; exits go on, and the broker is asked again; ${holdings(context)}.`,
  },
  dead_letters: {
    ...usual,
    debounceMs: 0,
    quietMs: 10 * minuteMs,
    openSymptoms: 5,
    consequence: () =>
      'Malformed messages were set aside and never acted upon; what they meant to say is missing.',
  },
  quarantined: {
    ...usual,
    debounceMs: 0,
    quietMs: 10 * minuteMs,
    openSymptoms: 10,
    consequence: (subject) =>
      `Malformed rows of ${subject} were set aside and are never traded on; its history has gaps.`,
  },
  probe_failed: {
    ...usual,
    debounceMs: 25 * secondMs,
    quietMs: 2 * minuteMs,
    consequence: (subject) =>
      `Whether ${subject} is well is not known; trading is not touched by this alone.`,
  },
  external_alert: {
    ...usual,
    // Whoever raised it has waited before.
    debounceMs: 5 * secondMs,
    quietMs: 2 * minuteMs,
    consequence: (_subject, context) =>
      `Another monitor says so; by itself it neither stops trading nor is it treated here; ${holdings(context)}.`,
  },
  workflow_down: {
    ...usual,
    debounceMs: 0,
    quietMs: minuteMs,
    // The agents do the work meanwhile, so nothing that trading rests on is missing.
    severity: () => 'info',
    consequence: (subject) =>
      `The agents do the work that ${subject} would have done; workflows of your own do not run meanwhile.`,
  },
  model_down: {
    ...usual,
    debounceMs: 0,
    quietMs: 2 * minuteMs,
    // The ladder goes on with the next rung, and below all of them the policy decides alone.
    severity: () => 'info',
    consequence: (subject) =>
      `Questions go to the next model of the ladder, or the policy decides alone, until ${subject} answers again; no order waits for a model.`,
  },
  anomaly: {
    ...usual,
    debounceMs: minuteMs,
    quietMs: 5 * minuteMs,
    consequence: () =>
      'No limit is broken and trading goes on; unusual behaviour often comes before trouble.',
  },
  drift: {
    ...usual,
    debounceMs: minuteMs,
    quietMs: 10 * minuteMs,
    consequence: () =>
      'No limit is broken and trading goes on; a slow drift ends in a broken limit if nothing changes.',
  },
  many_causes: {
    ...usual,
    debounceMs: 0,
    quietMs: 10 * minuteMs,
    openSymptoms: 1,
    severity: () => 'warning',
    consequence: () => 'More different troubles than can be followed one by one; look at the log.',
  },
};

const titles: Readonly<Record<CauseKind, (subject: string) => string>> = {
  source_stale: (subject) => `Market source ${subject} does not deliver`,
  source_degraded: (subject) => `Market source ${subject} is degraded`,
  network: () => 'No market source delivers; the network is the likely cause',
  agent_failed: (subject) => `Agent ${subject} failed`,
  agent_slow: (subject) => `Agent ${subject} is slow`,
  event_loop_slow: () => 'The event loop is slow',
  cpu_high: () => 'The processor is saturated',
  relay_down: (subject) => `The relay ${subject} does not answer, or answers slowly`,
  relay_lag: (subject) =>
    subject === 'received'
      ? 'Messages from other processes wait to be committed here'
      : subject === 'elsewhere'
        ? 'Messages wait in another process for agents elsewhere'
        : 'Messages wait here for agents elsewhere',
  heap_growth: () => 'Memory use is high or grows without falling back',
  inbox_backlog: () => 'Inputs arrive faster than they are handled',
  disk_low: () => 'The disk is nearly full',
  store_slow: () => 'The store is slow or does not answer',
  clock_skew: () => 'The clock of this machine is off',
  unknown_orders: () => 'The outcome of at least one order is not known',
  not_reconciled: () => 'What the broker says and what our books say could not be made equal',
  dead_letters: () => 'Malformed messages keep arriving',
  quarantined: (subject) => `Source ${subject} delivers malformed data`,
  workflow_down: (subject) => `The workflow server ${subject} is down or cannot be followed`,
  probe_failed: (subject) => `The probe of ${subject} fails`,
  external_alert: (subject) => `Alertmanager tells of ${subject}`,
  anomaly: (subject) => `${subject} is far from its normal`,
  rate_limited: (subject) => `${subject} says that it is asked too often`,
  process_frozen: () => 'The process stood still and was ended by its watchdog',
  slots_late: () => 'Planned work starts late',
  files_low: () => 'Open files and connections are nearly exhausted',
  database_strained: () => 'The database is under strain',
  queue_stuck: () => 'Jobs wait and none ends',
  model_down: (subject) => `The language model ${subject} does not answer`,
  drift: (subject) => `${subject} drifts away from its normal`,
  many_causes: () => 'Too many different causes at once',
};

/** One line that names the cause and the evidence for it. */
export function causeSummary(cause: string, evidence: string): string {
  const { kind, subject } = parseCause(cause);
  return `${titles[kind](subject)}: ${evidence}`;
}
