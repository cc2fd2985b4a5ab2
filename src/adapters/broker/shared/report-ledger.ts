// Turns what a venue says of an order into reports, each thing once. It forgets nothing of an order that is watched.
import type { BrokerReport } from '../../../shared/bus/catalogue.ts';
import { compareDecimal } from '../../../shared/domain/money.ts';
import type { OrderTruth } from './venue-link.ts';

interface Told {
  accepted: boolean;
  /** Quantity last told of a leg that the venue made itself; legs grow with their entry. */
  quantity: string;
  ended: boolean;
  readonly fills: Set<string>;
}

/** Orders remembered against repetition; the oldest are forgotten first, and trading counts a trade id once anyway. */
const maxRemembered = 5_000;

export class ReportLedger {
  readonly #broker: string;
  readonly #told = new Map<string, Told>();

  constructor(broker: string) {
    this.#broker = broker;
  }

  /** Reports of what is new in this truth, in the order in which it must have happened. */
  news(truth: OrderTruth, venueMade: boolean, at: number): BrokerReport[] {
    const { request, state, fills, reason } = truth;
    const id = request.client_order_id;
    const told = this.#toldOf(id);
    const reports: BrokerReport[] = [];
    const say = (kind: BrokerReport['kind'], mark: string, extra: Partial<BrokerReport> = {}): void => {
      reports.push({
        broker: this.#broker,
        report_id: `${id}/${mark}`,
        client_order_id: id,
        kind,
        fill: null,
        order: venueMade ? request : null,
        reason: null,
        at,
        ...extra,
      });
    };
    const grown = venueMade && compareDecimal(request.quantity, told.quantity) > 0;
    if (state !== 'rejected' && (!told.accepted || grown)) {
      say('accepted', grown ? `accepted/${request.quantity}` : 'accepted');
      told.accepted = true;
      told.quantity = request.quantity;
    }
    for (const fill of fills) {
      if (told.fills.has(fill.id)) continue;
      told.fills.add(fill.id);
      say('fill', `fill/${fill.id}`.slice(0, 60), { fill });
    }
    if (!told.ended && (state === 'cancelled' || state === 'expired' || state === 'rejected')) {
      told.ended = true;
      say(state, state, { reason: reason ?? state });
    }
    return reports;
  }

  #toldOf(id: string): Told {
    const known = this.#told.get(id);
    if (known !== undefined) return known;
    const told: Told = { accepted: false, quantity: '0', ended: false, fills: new Set() };
    this.#told.set(id, told);
    if (this.#told.size > maxRemembered) {
      const [oldest] = this.#told.keys();
      if (oldest !== undefined) this.#told.delete(oldest);
    }
    return told;
  }
}
