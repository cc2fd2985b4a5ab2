// The life of an order as one visible table: (state, event) -> state. Every pair has an answer, also the ugly ones
// that real venues produce: fills after a cancel, over-fills, fills of orders we never had, reports twice or in the wrong order.
// It must never turn silence into a final state: only an event that a broker positively said may end an order.
import { type OrderState, orderStates } from './order.ts';

export const orderEvents = [
  'accepted',
  'rejected',
  'fill_partial',
  'fill_complete',
  'over_fill',
  'fill_repeated',
  'cancel_requested',
  'cancelled',
  'expired',
  'outcome_unknown',
  'absent',
  'withdrawn',
  'resubmitted',
] as const;
/**
 * `over_fill`: a fill beyond the order's quantity. `fill_repeated`: a trade id that was booked before.
 * `outcome_unknown`: a submit whose result nobody knows. `absent`: asked by id, the broker says it has no such order.
 * `withdrawn`: we gave it up before it ever left. `resubmitted`: sent again under the same client order id.
 */
export type OrderEvent = (typeof orderEvents)[number];

/** Where an id stands that our books do not have: `unlisted` is no state of an order, but a broker may speak of it. */
export const listedStates = [...orderStates, 'unlisted'] as const;
export type ListedState = (typeof listedStates)[number];

/** Next state; a trailing `!` marks a contradiction after which the broker must be asked for its whole truth. */
type Cell = ListedState | `${ListedState}!`;

const lifecycle: Readonly<Record<ListedState, Readonly<Record<OrderEvent, Cell>>>> = {
  pending_submit: {
    accepted: 'accepted',
    rejected: 'rejected',
    fill_partial: 'partially_filled',
    fill_complete: 'filled',
    over_fill: 'filled!',
    fill_repeated: 'pending_submit',
    cancel_requested: 'cancel_requested',
    cancelled: 'cancelled',
    expired: 'expired',
    outcome_unknown: 'unknown',
    absent: 'cancelled',
    withdrawn: 'cancelled',
    resubmitted: 'pending_submit',
  },
  unknown: {
    accepted: 'accepted',
    rejected: 'rejected',
    fill_partial: 'partially_filled',
    fill_complete: 'filled',
    over_fill: 'filled!',
    fill_repeated: 'unknown',
    cancel_requested: 'cancel_requested',
    cancelled: 'cancelled',
    expired: 'expired',
    outcome_unknown: 'unknown',
    absent: 'cancelled',
    withdrawn: 'unknown!',
    resubmitted: 'pending_submit',
  },
  accepted: {
    accepted: 'accepted',
    rejected: 'rejected',
    fill_partial: 'partially_filled',
    fill_complete: 'filled',
    over_fill: 'filled!',
    fill_repeated: 'accepted',
    cancel_requested: 'cancel_requested',
    cancelled: 'cancelled',
    expired: 'expired',
    outcome_unknown: 'accepted',
    absent: 'cancelled!',
    withdrawn: 'accepted!',
    resubmitted: 'accepted!',
  },
  partially_filled: {
    accepted: 'partially_filled',
    rejected: 'cancelled!',
    fill_partial: 'partially_filled',
    fill_complete: 'filled',
    over_fill: 'filled!',
    fill_repeated: 'partially_filled',
    cancel_requested: 'cancel_requested',
    cancelled: 'cancelled',
    expired: 'expired',
    outcome_unknown: 'partially_filled',
    absent: 'cancelled!',
    withdrawn: 'partially_filled!',
    resubmitted: 'partially_filled!',
  },
  cancel_requested: {
    accepted: 'cancel_requested',
    rejected: 'rejected',
    fill_partial: 'cancel_requested',
    fill_complete: 'filled',
    over_fill: 'filled!',
    fill_repeated: 'cancel_requested',
    cancel_requested: 'cancel_requested',
    cancelled: 'cancelled',
    expired: 'expired',
    outcome_unknown: 'cancel_requested',
    absent: 'cancelled',
    withdrawn: 'cancel_requested',
    resubmitted: 'cancel_requested!',
  },
  filled: {
    accepted: 'filled',
    rejected: 'filled!',
    fill_partial: 'filled!',
    fill_complete: 'filled!',
    over_fill: 'filled!',
    fill_repeated: 'filled',
    cancel_requested: 'filled',
    cancelled: 'filled',
    expired: 'filled',
    outcome_unknown: 'filled',
    absent: 'filled',
    withdrawn: 'filled',
    resubmitted: 'filled!',
  },
  cancelled: {
    accepted: 'accepted!',
    rejected: 'cancelled',
    fill_partial: 'cancelled!',
    fill_complete: 'filled!',
    over_fill: 'filled!',
    fill_repeated: 'cancelled',
    cancel_requested: 'cancelled',
    cancelled: 'cancelled',
    expired: 'cancelled',
    outcome_unknown: 'cancelled',
    absent: 'cancelled',
    withdrawn: 'cancelled',
    resubmitted: 'cancelled!',
  },
  rejected: {
    accepted: 'accepted!',
    rejected: 'rejected',
    fill_partial: 'partially_filled!',
    fill_complete: 'filled!',
    over_fill: 'filled!',
    fill_repeated: 'rejected',
    cancel_requested: 'rejected',
    cancelled: 'rejected',
    expired: 'rejected',
    outcome_unknown: 'rejected',
    absent: 'rejected',
    withdrawn: 'rejected',
    resubmitted: 'rejected!',
  },
  expired: {
    accepted: 'accepted!',
    rejected: 'expired',
    fill_partial: 'expired!',
    fill_complete: 'filled!',
    over_fill: 'filled!',
    fill_repeated: 'expired',
    cancel_requested: 'expired',
    cancelled: 'expired',
    expired: 'expired',
    outcome_unknown: 'expired',
    absent: 'expired',
    withdrawn: 'expired',
    resubmitted: 'expired!',
  },
  unlisted: {
    accepted: 'unlisted!',
    rejected: 'unlisted',
    fill_partial: 'unlisted!',
    fill_complete: 'unlisted!',
    over_fill: 'unlisted!',
    fill_repeated: 'unlisted',
    cancel_requested: 'unlisted!',
    cancelled: 'unlisted',
    expired: 'unlisted',
    outcome_unknown: 'unlisted',
    absent: 'unlisted',
    withdrawn: 'unlisted',
    resubmitted: 'unlisted!',
  },
};

export interface OrderTransition<State extends ListedState = OrderState> {
  readonly state: State;
  /** True when the event contradicts what we believed; the broker must be asked. */
  readonly contradiction: boolean;
}

/** The state after `event`; defined for every pair. Only an unlisted id stays unlisted. */
export function orderTransition<State extends ListedState>(
  state: State,
  event: OrderEvent,
): OrderTransition<State extends 'unlisted' ? 'unlisted' : OrderState> {
  const cell = lifecycle[state][event];
  const contradiction = cell.endsWith('!');
  const next = contradiction ? cell.slice(0, -1) : cell;
  return { state: next as State extends 'unlisted' ? 'unlisted' : OrderState, contradiction };
}

/** True when no further report is expected. */
export function isFinalState(state: OrderState): boolean {
  return state === 'filled' || state === 'cancelled' || state === 'rejected' || state === 'expired';
}

/** True while the broker has not yet answered our last request about the order. */
export function isInFlight(state: OrderState): boolean {
  return state === 'pending_submit' || state === 'unknown' || state === 'cancel_requested';
}
