// What one real venue must offer so that PolledBroker can be its broker. A link speaks the venue's language; it must
// never turn a failed question into an empty answer, and never send anything twice.
import type { BrokerOrder, BrokerPosition, UnansweredSymbol } from '../../../shared/bus/catalogue.ts';
import type { DecimalText } from '../../../shared/domain/money.ts';
import type { Fill, OrderQuestion, OrderRequest } from '../../../shared/domain/order.ts';

/** One order as the venue holds it now, with every fill of it. */
export interface OrderTruth extends BrokerOrder {
  readonly fills: readonly Fill[];
  /** Why it ended, in the venue's words; null while it lives. */
  readonly reason: string | null;
}

export interface AccountTruth {
  readonly cash: DecimalText | null;
  readonly positions?: readonly BrokerPosition[];
  readonly unanswered: readonly UnansweredSymbol[];
}

export interface VenueLink {
  readonly name: string;
  /** Whether the venue itself keeps stop and target of an entry. */
  readonly attachedBracket: boolean;
  readonly short: boolean;
  /** Sends once. Throws VenueFault; anything else thrown counts as `unknown`. */
  place(request: OrderRequest): Promise<OrderTruth>;
  /** Resolves when the venue confirmed; throws VenueFault otherwise. */
  cancel(clientOrderId: string, symbol: string): Promise<void>;
  /** Undefined only when the venue positively said that it has no such order. Throws when it did not answer. */
  find(question: OrderQuestion): Promise<OrderTruth | undefined>;
  /** Live orders of ours, of these symbols or of all. Fills are complete for those that have any. */
  openOrders(symbols?: readonly string[]): Promise<readonly OrderTruth[]>;
  account(): Promise<AccountTruth>;
  close(): Promise<void>;
}

/** The house's own client order ids; anything else at the venue is somebody else's. */
export function isOurId(clientOrderId: string | undefined): clientOrderId is string {
  return clientOrderId?.startsWith('ord-') === true;
}
