// What the house was told over the line, order by order: a house may believe nothing else. Written by the line itself,
// after its faults and before anybody of the house can touch it.
import type { BrokerReport, BrokerSnapshot } from '../../shared/bus/catalogue.ts';
import type { EpochMs } from '../../shared/domain/time.ts';

type Ending = 'rejected' | 'cancelled' | 'expired';

export class Words {
  readonly #endings = new Map<string, Set<Ending>>();
  readonly #notSent = new Set<string>();
  /** When an answer that positively denied the order was last asked for. */
  readonly #denied = new Map<string, EpochMs>();

  report(report: BrokerReport): void {
    if (report.kind === 'rejected' || report.kind === 'cancelled' || report.kind === 'expired')
      this.#ended(report.client_order_id, report.kind);
  }

  notSent(clientOrderId: string): void {
    this.#notSent.add(clientOrderId);
  }

  answer(snapshot: BrokerSnapshot, askedAt: EpochMs): void {
    for (const { request, state } of snapshot.orders)
      if (state === 'rejected' || state === 'cancelled' || state === 'expired')
        this.#ended(request.client_order_id, state);
    for (const id of snapshot.absent) this.#denied.set(id, askedAt);
  }

  /** Whether anybody said that the order ended without being filled. */
  saidEnded(clientOrderId: string): boolean {
    return this.#endings.has(clientOrderId);
  }

  saidRejected(clientOrderId: string): boolean {
    return this.#endings.get(clientOrderId)?.has('rejected') === true;
  }

  saidNotSent(clientOrderId: string): boolean {
    return this.#notSent.has(clientOrderId);
  }

  /** Whether the venue, asked by the order's id at or after `since`, said that it has no such order. */
  saidAbsent(clientOrderId: string, since: EpochMs): boolean {
    return (this.#denied.get(clientOrderId) ?? 0) >= since;
  }

  #ended(clientOrderId: string, how: Ending): void {
    const known = this.#endings.get(clientOrderId);
    if (known === undefined) this.#endings.set(clientOrderId, new Set([how]));
    else known.add(how);
  }
}
