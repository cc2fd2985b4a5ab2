// Watches the turns of one run and says afterwards what became of the fault: when it was seen, what was done, what people
// heard, and whether a message or an order was lost. It never judges by what the house says of its own orders alone.
import type { TurnRecord } from '../../kernel/journal.ts';
import type { HealRecord, Incident } from '../../shared/domain/incident.ts';
import type { Fill, Order } from '../../shared/domain/order.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import type { SimulatedVenue } from '../../shared/ports/simulated-venue.ts';
import { compareBooks, statesLost } from './books.ts';
import type { RunningFault } from './patient.ts';

export interface FaultOutcome {
  /** Whose word counts as detection: the kernel's supervisor where the health agent itself is what fails. */
  readonly watcher: 'health_ai' | 'kernel';
  /** From the injection. */
  readonly detected_after_ms: number | null;
  /** From when somebody could first meet the fault; the same wherever it shows at once. */
  readonly detected_after_visible_ms: number | null;
  /** The expected playbook's success, verified by the cause being gone. Null for a fault that ends by itself. */
  readonly healed_after_ms: number | null;
  /** The work went on another way, verified, while a fault that ends by itself lasted. */
  readonly bypassed_after_ms: number | null;
  /** The fault ended by itself and its incident closed. */
  readonly over_by_itself: boolean;
  readonly escalated_after_ms: number | null;
  readonly attempts: number;
  readonly refused: number;
  /** Messages to people about the fault and what follows from it. */
  readonly pages: number;
  /** Of these, how many began something new and how many said that it is over, whatever their cause. */
  readonly pages_opened: number;
  readonly pages_resolved: number;
  readonly resolved: boolean;
  /** Messages set aside as dead letters with the reason, because their agent had failed. */
  readonly set_aside: number;
  /** Orders and fills that the venue has and our books do not, or differently, or that our books hold open and the venue does not. */
  readonly orders_lost: number;
  /** Sent or booked twice: by id, by decision, or more out of a position than came in. */
  readonly orders_doubled: number;
  readonly orders: number;
  /** Incidents of warning or worse before there was any fault. */
  readonly false_alarms: number;
}

export interface FaultTimes {
  readonly since: EpochMs;
  readonly visible: EpochMs;
}

/** How the ledger says that something temporary was taken back; it heals nothing. */
export const takenBack = 'the trouble is over';

export class Witness {
  readonly #incidents = new Map<string, Incident>();
  readonly #heals = new Map<string, HealRecord>();
  readonly #pages: { readonly at: EpochMs; readonly incident: string; readonly phase: string }[] = [];
  readonly #submitted = new Map<string, number>();
  readonly #orders = new Map<string, Order>();
  readonly #fills = new Map<string, Fill>();
  /** When the kernel said that the health agent had failed. */
  readonly #healthFailures: EpochMs[] = [];
  #setAside = 0;

  observe(record: TurnRecord): void {
    for (const message of record.emitted) {
      if (message.message_type === 'health.incident') this.#incidents.set(message.data.id, message.data);
      else if (message.message_type === 'health.heal') this.#heals.set(message.data.id, message.data);
      else if (message.message_type === 'kernel.agent_failed' && message.data.agent === 'health_ai')
        this.#healthFailures.push(message.at);
    }
    for (const { kind, data } of record.effects) {
      if (kind === 'alert.send' && data.audience !== 'log')
        this.#pages.push({ at: record.input.at, incident: data.incident_id, phase: data.phase });
      else if (kind === 'broker.submit')
        this.#submitted.set(data.client_order_id, (this.#submitted.get(data.client_order_id) ?? 0) + 1);
    }
    for (const put of record.puts) {
      if (put.collection === 'orders' && put.value !== null) this.#orders.set(put.key, put.value);
      else if (put.collection === 'fills' && put.value !== null) this.#fills.set(put.key, put.value);
      else if (put.collection === 'dead_letters' && put.value !== null) this.#setAside++;
    }
  }

  /** `since`: when the fault was injected, `visible` when it could first be met. */
  outcome(fault: RunningFault, { since, visible }: FaultTimes, venue: SimulatedVenue): FaultOutcome {
    const told = [...this.#incidents.values()];
    const ours = told.filter(({ cause, opened_at }) => fault.causes.includes(cause) && opened_at >= since);
    const heals = [...this.#heals.values()].filter(
      ({ playbook, at }) => playbook === fault.playbook && at >= since,
    );
    // A fault that flaps may open again later; what counts is the first incident and what was done for it.
    const first = ours.toSorted((left, right) => left.opened_at - right.opened_at)[0];
    const verified = heals.filter(
      ({ outcome, incident_id, before }) =>
        outcome === 'verified' && before !== takenBack && (incident_id === first?.id || incident_id === null),
    );
    const escalated = ours.filter(({ summary }) => summary.includes('a person is needed'));
    const pages = this.#pages.filter(({ at }) => at >= since);
    const resolved = ours.length > 0 && ours.every(({ open }) => !open);
    const verified_after_ms = most(verified.map(({ finished_at, at }) => (finished_at ?? at) - since));
    const byTime = fault.endsBy === 'time';
    const watcher = fault.watcher ?? 'health_ai';
    const noticed =
      watcher === 'kernel'
        ? this.#healthFailures.filter((at) => at >= since)
        : ours.map(({ opened_at }) => opened_at);
    return {
      watcher,
      detected_after_ms: least(noticed.map((at) => at - since)),
      detected_after_visible_ms: least(noticed.map((at) => at - visible)),
      healed_after_ms: byTime ? null : verified_after_ms,
      bypassed_after_ms: byTime && fault.bypasses === true ? verified_after_ms : null,
      over_by_itself: resolved && (byTime || verified_after_ms === null),
      escalated_after_ms: least(escalated.map(({ updated_at }) => updated_at - since)),
      attempts: heals.filter(({ outcome }) => outcome !== 'refused').length,
      refused: heals.filter(({ outcome }) => outcome === 'refused').length,
      pages: pages.length,
      pages_opened: pages.filter(({ phase }) => phase === 'opened').length,
      pages_resolved: pages.filter(({ phase }) => phase === 'resolved').length,
      resolved,
      set_aside: this.#setAside,
      ...this.#orderTruth(venue),
      orders: this.#submitted.size,
      false_alarms: told.filter(({ severity, opened_at }) => severity !== 'info' && opened_at < since).length,
    };
  }

  #orderTruth(venue: SimulatedVenue): Pick<FaultOutcome, 'orders_lost' | 'orders_doubled'> {
    // At the beginning of time nothing is too old to be told.
    const truth = venue.snapshot('witness', 0, []);
    const orders = [...this.#orders.values()];
    const { lost, doubled } = compareBooks(orders, [...this.#fills.values()], truth);
    let again = 0;
    for (const times of this.#submitted.values()) if (times > 1) again++;
    return { orders_lost: lost + statesLost(orders, truth), orders_doubled: doubled + again };
  }
}

function least(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.min(...values);
}

function most(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.max(...values);
}
