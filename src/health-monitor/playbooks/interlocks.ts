// When a playbook is forbidden, as data. A refusal is recorded once, and the playbook goes on when it lifts.
import { relayWays } from '../../shared/domain/probe-names.ts';
import type { HealContext } from './playbook.ts';
import type { PlaybookName } from './playbook-names.ts';

interface Interlock {
  readonly id: string;
  readonly playbooks: readonly PlaybookName[];
  /** True while the playbook is forbidden for this target. */
  readonly applies: (target: string, context: HealContext) => boolean;
  readonly reason: string;
}

/** What disturbs the way of an order: the process, its store, its agents, its clock. */
const disturbing = [
  'database_slow',
  'memory_leak',
  'agent_stuck',
  'disk_filling',
  'queue_stuck',
] as const satisfies readonly PlaybookName[];

const interlocks: readonly Interlock[] = [
  {
    id: 'no_unknown_orders',
    playbooks: ['source_down'],
    applies: (target, { trading, broker }) => trading.unknown_orders > 0 && feedsBroker(target, broker),
    reason:
      'the outcome of an order is unknown and this source feeds the broker: its reports must not be cut off before reconciliation',
  },
  {
    id: 'no_unknown_orders',
    playbooks: disturbing,
    applies: (_target, { trading }) => trading.unknown_orders > 0,
    reason: 'the outcome of an order is unknown: nothing is disturbed before the broker has answered',
  },
  {
    id: 'risky_moment',
    playbooks: disturbing,
    applies: (_target, { riskyMoment }) => riskyMoment !== undefined,
    reason: 'this is a risky moment',
  },
  {
    id: 'no_unknown_orders',
    playbooks: ['relay_down'],
    // A relay that does not answer has nothing left to disturb, and the broker's word may have to come through it.
    applies: (target, { trading }) => trading.unknown_orders > 0 && isWorkingWay(target),
    reason: 'the outcome of an order is unknown and the relay works: the way of its report is not cut',
  },
  {
    id: 'risky_moment',
    playbooks: ['relay_down'],
    applies: (target, { riskyMoment }) => riskyMoment !== undefined && isWorkingWay(target),
    reason: 'this is a risky moment and the relay works',
  },
  {
    id: 'recording',
    playbooks: ['source_down', 'api_rate_limit'],
    applies: (target, { sources }) => sources.isRecorded(target),
    reason: 'the source is a recording: there is no connection to renew',
  },
];

/** The first interlock that forbids the playbook for this target, with its reason; undefined when it may act. */
export function blockingInterlock(
  playbook: PlaybookName,
  target: string,
  context: HealContext,
): { readonly id: string; readonly reason: string } | undefined {
  const lock = interlocks.find((one) => one.playbooks.includes(playbook) && one.applies(target, context));
  if (lock === undefined) return undefined;
  const moment = lock.id === 'risky_moment' ? `: ${context.riskyMoment}` : '';
  return { id: lock.id, reason: `${lock.reason}${moment}` };
}

/** Treated for messages that wait although the relay answers. */
function isWorkingWay(target: string): boolean {
  return relayWays.some((way) => way === target);
}

/** A simulated broker is fed by every source; a real one by the source of the same venue. */
function feedsBroker(source: string, broker: HealContext['broker']): boolean {
  return broker.simulated || venueOf(source) === venueOf(broker.name);
}

function venueOf(name: string): string {
  return (name.split(/[^A-Za-z0-9]/)[0] ?? '').toLowerCase();
}
