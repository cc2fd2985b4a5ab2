// One order as the simulated venue holds it, and its reports. Ids are functions of content and of counters kept in
// the order itself, so a venue restored from its book continues them and never repeats one.
import type { BrokerOrder, BrokerReport } from '../../../shared/bus/catalogue.ts';
import { type DecimalText, subtractDecimal } from '../../../shared/domain/money.ts';
import type { Fill, OrderRequest } from '../../../shared/domain/order.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';

type VenueOrderState = 'in_transit' | BrokerOrder['state'];

/** Mutable on purpose: only the venue that owns it may touch it, and rows are copies. */
export interface VenueOrder {
  request: OrderRequest;
  state: VenueOrderState;
  filled: DecimalText;
  readonly fills: Fill[];
  /** Arrival order at the venue; earlier ones fill first. */
  readonly sequence: number;
  readonly submitted_at: EpochMs;
  readonly arrives_at: EpochMs;
  /** A candle that opened before this instant cannot fill the order. */
  readonly active_at: EpochMs;
  cancel_at: EpochMs | null;
  /** A stop whose trigger was reached; what is left of it trades like a market order. */
  triggered: boolean;
  /** True once it has stood in the book through one look, so that it makes instead of takes. */
  rested: boolean;
  /** Client order id of the entry whose bracket leg this is. */
  readonly entry_id: string | null;
  reports: number;
  updated_at: EpochMs;
}

export function isLive(order: VenueOrder): boolean {
  return order.state === 'accepted' || order.state === 'partially_filled';
}

export function isFinal(order: VenueOrder): boolean {
  return order.state !== 'in_transit' && !isLive(order);
}

export function remainingOf(order: VenueOrder): DecimalText {
  return subtractDecimal(order.request.quantity, order.filled);
}

/** The next report of this order; counts it. */
export function reportOf(
  broker: string,
  order: VenueOrder,
  kind: BrokerReport['kind'],
  at: EpochMs,
  extra: { readonly fill?: Fill; readonly reason?: string } = {},
): BrokerReport {
  order.reports++;
  order.updated_at = at;
  return {
    broker,
    report_id: `${order.request.client_order_id}/${order.reports}`,
    client_order_id: order.request.client_order_id,
    kind,
    fill: extra.fill ?? null,
    order: order.entry_id === null ? null : order.request,
    reason: extra.reason ?? null,
    at,
  };
}

/** The order in the words of the port; undefined while it has not arrived, for then the venue does not hold it. */
export function brokerOrderOf(order: VenueOrder): BrokerOrder | undefined {
  if (order.state === 'in_transit') return undefined;
  return { request: order.request, state: order.state, filled_quantity: order.filled };
}
