// The catalogue of causes: how long each must last to count, how long it must be quiet to be over, what explains it,
// how severe it is by its consequence for trading, and the words for a person. Data and pure functions only.
import type { Severity } from '../shared/domain/incident.ts';
import { minuteMs, secondMs } from '../shared/domain/time.ts';
import type { TradingContext } from './memory.ts';

export const causeKinds = [
  'source_stale',
  'source_degraded',
  'network',
  'agent_failed',
  'agent_slow',
  'event_loop_slow',
  'cpu_high',
  'heap_growth',
  'inbox_backlog',
  'disk_low',
  'store_slow',
  'clock_skew',
  'unknown_orders',
  'not_reconciled',
  'dead_letters',
  'quarantined',
  'probe_failed',
  'anomaly',
  'many_causes',
] as const;
export type CauseKind = (typeof causeKinds)[number];

/** What severity and words depend on besides the observation itself. */
export interface CauseContext {
  readonly trading: TradingContext;
  /** Sources that deliver right now. */
  readonly sourcesUp: number;
}

interface CauseRule {
  /** The condition must hold this long before an incident opens. */
  readonly debounceMs: number;
  /** And be absent this long before the incident is over. */
  readonly quietMs: number;
  /** Single events needed to open, for causes that are events rather than conditions. */
  readonly openSymptoms: number;
  /** Causes that explain this one: while one of them holds, this one opens no incident of its own. */
  readonly explainedBy: readonly CauseKind[];
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
  return unknown === 0 ? positions : `${positions} and the outcome of ${unknown} order(s) is not known`;
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

const slowness = (_subject: string, context: CauseContext): string =>
  `Prices are handled late, so signals may be refused as stale and exits may come late; ${holdings(context)}.`;

const usual = { openSymptoms: never, explainedBy: [], severity: asObserved } as const;

export const causeRules: Readonly<Record<CauseKind, CauseRule>> = {
  source_stale: {
    ...usual,
    debounceMs: 15 * secondMs,
    quietMs: minuteMs,
    explainedBy: ['network'],
    severity: blindness,
    consequence: sourceConsequence,
  },
  source_degraded: {
    ...usual,
    debounceMs: minuteMs,
    quietMs: 2 * minuteMs,
    explainedBy: ['network'],
    consequence: (subject) =>
      `${subject} still delivers, but slower or with gaps: signals on it may come late or be refused as stale.`,
  },
  network: {
    ...usual,
    debounceMs: 15 * secondMs,
    quietMs: minuteMs,
    severity: blindness,
    consequence: (_subject, context) =>
      `No market is visible: nothing new is opened and exits rest on the protection already placed; ${holdings(context)}.`,
  },
  agent_failed: {
    debounceMs: 0,
    quietMs: 10 * minuteMs,
    openSymptoms: 1,
    explainedBy: [],
    severity: asObserved,
    consequence: agentConsequence,
  },
  agent_slow: {
    ...usual,
    debounceMs: minuteMs,
    quietMs: 2 * minuteMs,
    explainedBy: ['event_loop_slow', 'store_slow'],
    consequence: slowness,
  },
  event_loop_slow: {
    ...usual,
    debounceMs: 15 * secondMs,
    quietMs: minuteMs,
    explainedBy: ['heap_growth'],
    severity: (level, context) => (level === 'critical' || exposed(context) ? level : 'info'),
    consequence: slowness,
  },
  cpu_high: {
    ...usual,
    debounceMs: minuteMs,
    quietMs: 2 * minuteMs,
    explainedBy: ['event_loop_slow', 'heap_growth'],
    consequence: () => 'Trading goes on; the orchestrator runs fewer tasks while the load is high.',
  },
  heap_growth: {
    ...usual,
    debounceMs: 30 * secondMs,
    quietMs: 5 * minuteMs,
    consequence: (_subject, context) =>
      `If memory runs out the process stops and must be started again; state and orders survive that; ${holdings(context)}.`,
  },
  inbox_backlog: {
    ...usual,
    debounceMs: 15 * secondMs,
    quietMs: minuteMs,
    explainedBy: ['event_loop_slow', 'store_slow'],
    consequence: slowness,
  },
  disk_low: {
    ...usual,
    debounceMs: 15 * secondMs,
    quietMs: 5 * minuteMs,
    consequence: () =>
      'When the disk is full nothing can be committed, so no decision is made and no order is sent; free some space.',
  },
  store_slow: {
    ...usual,
    debounceMs: 25 * secondMs,
    quietMs: 2 * minuteMs,
    consequence: (_subject, context) =>
      `Every action waits for its commit, so decisions and orders come late; ${holdings(context)}.`,
  },
  clock_skew: {
    ...usual,
    debounceMs: 25 * secondMs,
    quietMs: 2 * minuteMs,
    consequence: () =>
      'Prices look older or newer than they are: signals may be refused as stale and brokers may reject requests.',
  },
  unknown_orders: {
    ...usual,
    debounceMs: 20 * secondMs,
    quietMs: 30 * secondMs,
    explainedBy: [],
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
    explainedBy: ['network'],
    consequence: (subject) =>
      `Whether ${subject} is well is not known; trading is not touched by this alone.`,
  },
  anomaly: {
    ...usual,
    debounceMs: minuteMs,
    quietMs: 5 * minuteMs,
    explainedBy: ['event_loop_slow', 'cpu_high', 'heap_growth', 'inbox_backlog', 'store_slow'],
    consequence: () =>
      'No limit is broken and trading goes on; unusual behaviour often comes before trouble.',
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
  heap_growth: () => 'Memory use is high or grows without falling back',
  inbox_backlog: () => 'Inputs arrive faster than they are handled',
  disk_low: () => 'The disk is nearly full',
  store_slow: () => 'The store is slow or does not answer',
  clock_skew: () => 'The clock of this machine is off',
  unknown_orders: () => 'The outcome of at least one order is not known',
  not_reconciled: () => 'What the broker says and what our books say could not be made equal',
  dead_letters: () => 'Malformed messages keep arriving',
  quarantined: (subject) => `Source ${subject} delivers malformed data`,
  probe_failed: (subject) => `The probe of ${subject} fails`,
  anomaly: (subject) => `${subject} is far from its normal`,
  many_causes: () => 'Too many different causes at once',
};

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

/** One line that names the cause and the evidence for it. */
export function causeSummary(cause: string, evidence: string): string {
  const { kind, subject } = parseCause(cause);
  return `${titles[kind](subject)}: ${evidence}`;
}
