// The venue's own ledger, written down row by row as the venue changes it: what truly happened, whatever anybody was
// told. Checkers judge by it; it must never be shown to the house.
import type { DecimalText } from '../../shared/domain/money.ts';
import type { Fill, OrderRequest } from '../../shared/domain/order.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import type { VenueRow } from '../../shared/ports/venue-book.ts';

/** One order as the venue keeps it. */
export interface LedgerOrder {
  readonly request: OrderRequest;
  readonly state:
    | 'in_transit'
    | 'accepted'
    | 'partially_filled'
    | 'filled'
    | 'cancelled'
    | 'rejected'
    | 'expired';
  readonly filled: DecimalText;
  readonly fills: readonly Fill[];
  readonly submitted_at: EpochMs;
}

interface LedgerHolding {
  readonly quantity: DecimalText;
  readonly cost: DecimalText;
}

const orderPrefix = 'order/';
const holdingPrefix = 'holding/';

export function isLiveAtVenue(order: LedgerOrder): boolean {
  return order.state === 'accepted' || order.state === 'partially_filled';
}

export class VenueLedger {
  readonly orders = new Map<string, LedgerOrder>();
  readonly holdings = new Map<string, LedgerHolding>();
  cash: DecimalText;

  constructor(startingCash: DecimalText) {
    this.cash = startingCash;
  }

  /** Takes over what the venue changed; true when anything did. Orders that the venue forgets stay here. */
  write(rows: readonly VenueRow[]): boolean {
    for (const { key, value } of rows) {
      if (key === 'cash') this.cash = value as DecimalText;
      else if (key.startsWith(holdingPrefix)) {
        const symbol = key.slice(holdingPrefix.length);
        if (value === null) this.holdings.delete(symbol);
        else this.holdings.set(symbol, value as LedgerHolding);
      } else if (key.startsWith(orderPrefix) && value !== null)
        this.orders.set(key.slice(orderPrefix.length), value as LedgerOrder);
    }
    return rows.length > 0;
  }

  /** Live orders of a symbol. */
  *live(symbol: string): Iterable<LedgerOrder> {
    for (const order of this.orders.values())
      if (order.request.symbol === symbol && isLiveAtVenue(order)) yield order;
  }
}
