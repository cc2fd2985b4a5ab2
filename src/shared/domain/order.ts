// Orders and fills as trading remembers them. Amounts are exact decimal text.
import type { DecimalText } from './money.ts';
import type { EpochMs } from './time.ts';

export type OrderSide = 'buy' | 'sell';
export type OrderType = 'market' | 'limit' | 'stop';
/** Which part of a decision's plan the order is. */
export type OrderLeg = 'entry' | 'stop' | 'target' | 'exit';

export const orderStates = [
  'pending_submit',
  'unknown',
  'accepted',
  'partially_filled',
  'cancel_requested',
  'filled',
  'cancelled',
  'rejected',
  'expired',
] as const;
export type OrderState = (typeof orderStates)[number];

/** Protective legs that the broker arms itself as the entry fills, so no crash leaves a position bare. */
export interface AttachedBracket {
  readonly stop_client_order_id: string;
  readonly stop_price: DecimalText;
  readonly target_client_order_id: string;
  readonly target_price: DecimalText;
}

/** What is sent to a broker. The client order id is ours and is committed before anything is sent. */
export interface OrderRequest {
  readonly client_order_id: string;
  readonly symbol: string;
  readonly side: OrderSide;
  readonly type: OrderType;
  readonly leg: OrderLeg;
  readonly quantity: DecimalText;
  /** Limit or trigger price; null for a market order. */
  readonly price: DecimalText | null;
  readonly reduce_only: boolean;
  readonly bracket: AttachedBracket | null;
}

export interface Order extends OrderRequest {
  /** Hash of (decision or signal, leg, attempt epoch). */
  readonly id: string;
  readonly signal_id: string | null;
  readonly correlation_id: string;
  readonly position_id: string;
  readonly state: OrderState;
  readonly filled_quantity: DecimalText;
  readonly average_price: DecimalText | null;
  readonly fees: DecimalText;
  /** Broker trade ids already counted; a fill seen twice counts once. */
  readonly fill_ids: readonly string[];
  readonly reason: string;
  readonly created_at: EpochMs;
  readonly updated_at: EpochMs;
  /** True while trading still needs it in memory: not final, or its position not settled. */
  readonly open: boolean;
}

/** One order that the broker is asked about by its id; only an answer to that id proves that it has none. */
export interface OrderQuestion {
  readonly client_order_id: string;
  readonly symbol: string;
  /** When we first wrote the order down: its fills are not older. */
  readonly created_at: EpochMs;
}

export interface Fill {
  /** The broker's trade id; a fill seen twice has the same id and counts once. */
  readonly id: string;
  readonly client_order_id: string;
  readonly symbol: string;
  readonly side: OrderSide;
  readonly quantity: DecimalText;
  readonly price: DecimalText;
  readonly fee: DecimalText;
  readonly liquidity: 'maker' | 'taker';
  readonly at: EpochMs;
  /** Account currency per unit of quote currency at the fill; absent where the quote is in dollars or the broker does not say. */
  readonly account_rate?: DecimalText;
  /** Part of what was bought that the venue kept as its fee, in base units; the holding grows by that much less. */
  readonly withheld_quantity?: DecimalText;
}
