// The life of an order as one visible table: (state, event) -> state. Every pair has an answer, also the ugly ones
// that real venues produce: fills after a cancel, over-fills, reports twice or in the wrong order.
// It must never turn silence into a final state: only an event that a broker positively said may end an order.
import type { OrderState } from './order.ts';

export const orderEvents = [
  'accepted',
  'rejected',
  'fill_partial',
  'fill_complete',
  'cancel_requested',
  'cancelled',
  'expired',
  'outcome_unknown',
  'absent',
  'withdrawn',
  'resubmitted',
] as const;
/**
 * `absent`: a complete, later answer of the broker does not know the order.
 * `withdrawn`: we gave it up before it ever left. `resubmitted`: sent again under the same client order id. `outcome_unknown`: a submit whose result nobody knows.
 */
export type OrderEvent = (typeof orderEvents)[number];

/** Next state; a trailing `!` marks a contradiction after which the broker must be asked for its whole truth. */
type Cell = OrderState | `${OrderState}!`;

const lifecycle: Readonly<Record<OrderState, Readonly<Record<OrderEvent, Cell>>>> = {
  pending_submit: {
    accepted: 'accepted',
    rejected: 'rejected',
    fill_partial: 'partially_filled',
    fill_complete: 'filled',
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
    cancel_requested: 'expired',
    cancelled: 'expired',
    expired: 'expired',
    outcome_unknown: 'expired',
    absent: 'expired',
    withdrawn: 'expired',
    resubmitted: 'expired!',
  },
};

export interface OrderTransition {
  readonly state: OrderState;
  /** True when the event contradicts what we believed; the broker must be asked. */
  readonly contradiction: boolean;
}

/** The state after `event`; defined for every pair. */
export function orderTransition(state: OrderState, event: OrderEvent): OrderTransition {
  const cell = lifecycle[state][event];
  const contradiction = cell.endsWith('!');
  return { state: (contradiction ? cell.slice(0, -1) : cell) as OrderState, contradiction };
}

/** True when no further report is expected. */
export function isFinalState(state: OrderState): boolean {
  return state === 'filled' || state === 'cancelled' || state === 'rejected' || state === 'expired';
}

/** True while the broker has not yet answered our last request about the order. */
export function isInFlight(state: OrderState): boolean {
  return state === 'pending_submit' || state === 'unknown' || state === 'cancel_requested';
}
