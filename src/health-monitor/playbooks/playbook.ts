// What a playbook is, and the interlocks that forbid one. A playbook acts through effects and messages only.
// It must never loosen trading, touch an order, or act where an interlock applies.
import type { Turn } from '../../kernel/agent.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import type { IncidentBook } from '../incident-book.ts';
import type { HealState, TradingContext } from '../memory.ts';
import type { SourceWatch } from '../source-watch.ts';

export type PlaybookName = HealState['playbook'];

export interface HealContext {
  readonly now: EpochMs;
  readonly book: IncidentBook;
  readonly sources: SourceWatch;
  readonly trading: TradingContext;
  readonly broker: { readonly name: string; readonly simulated: boolean };
}

/** Something that needs a playbook, and the cause that says so. */
export interface Patient {
  readonly target: string;
  readonly cause: string;
}

export interface Playbook {
  readonly name: PlaybookName;
  readonly attemptLimit: number;
  /** Time for the healed state to show; after it the attempt counts as failed. */
  readonly verifyMs: number;
  /** True when a target that falls ill again within the same incident is treated again. */
  readonly repeats: boolean;
  backoffMs(attempt: number): number;
  /** Targets in need now; with `forced` also those that no incident has been opened for yet. */
  patients(context: HealContext, forced: boolean): Patient[];
  healed(target: string, context: HealContext): boolean;
  describe(target: string, context: HealContext): string;
  /** What acting means, as in "would ...". */
  readonly deed: string;
  act(target: string, attempt: number, turn: Turn, context: HealContext): void;
  /** When a target may come to need treatment if nothing else happens. */
  nextPatientAt(context: HealContext): EpochMs | undefined;
}

export interface Interlock {
  readonly id: string;
  readonly playbooks: readonly PlaybookName[];
  /** True while the playbook is forbidden for this target. */
  readonly applies: (target: string, context: HealContext) => boolean;
  readonly reason: string;
}

const interlocks: readonly Interlock[] = [
  {
    id: 'no_unknown_orders',
    playbooks: ['restart_source'],
    applies: (target, { trading, broker }) => trading.unknown_orders > 0 && feedsBroker(target, broker),
    reason:
      'the outcome of an order is unknown and this source feeds the broker: its reports must not be cut off before reconciliation',
  },
  {
    id: 'recording',
    playbooks: ['restart_source'],
    applies: (target, { sources }) => sources.isRecorded(target),
    reason: 'the source is a recording: there is no connection to renew',
  },
];

/** The first interlock that forbids the playbook for this target; undefined when it may act. */
export function blockingInterlock(
  playbook: PlaybookName,
  target: string,
  context: HealContext,
): Interlock | undefined {
  return interlocks.find((lock) => lock.playbooks.includes(playbook) && lock.applies(target, context));
}

/** A simulated broker is fed by every source; a real one by the source of the same venue. */
function feedsBroker(source: string, broker: HealContext['broker']): boolean {
  return broker.simulated || venueOf(source) === venueOf(broker.name);
}

function venueOf(name: string): string {
  return (name.split(/[^A-Za-z0-9]/)[0] ?? '').toLowerCase();
}
