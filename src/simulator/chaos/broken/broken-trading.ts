// Mistakes of an order desk: time-outs read as a no, retries under new names, fills counted twice or not at all.
import type { Turn } from '../../../kernel/agent.ts';
import type { BrokerReport } from '../../../shared/bus/catalogue.ts';
import type { CollectionName, CollectionRows } from '../../../shared/bus/collections.ts';
import type { EffectDataByKind, EffectKind } from '../../../shared/bus/effects.ts';
import type { AnyMessage } from '../../../shared/bus/message.ts';
import { multiplyDecimal } from '../../../shared/domain/money.ts';
import type { Fill, Order, OrderRequest } from '../../../shared/domain/order.ts';
import type { Position } from '../../../shared/domain/position.ts';
import type { AgentEdits } from './edited-agent.ts';

/** The message as if the broker had said this of the order instead. */
function asReport(message: AnyMessage, clientOrderId: string, kind: BrokerReport['kind']): AnyMessage {
  const data: BrokerReport = {
    broker: 'paper',
    report_id: `${message.id}/made-up`,
    client_order_id: clientOrderId,
    kind,
    fill: null,
    order: null,
    reason: 'made up',
    at: message.at,
  };
  return { ...message, message_type: 'broker.report', data } as AnyMessage;
}

function unknownOrder(message: AnyMessage): string | undefined {
  if (message.message_type !== 'broker.uncertain') return undefined;
  const { action, outcome, client_order_id } = message.data;
  return action === 'submit' && outcome === 'unknown' ? client_order_id : undefined;
}

export function timeOutIsRejection(): AgentEdits {
  return {
    hear: (message) => {
      const id = unknownOrder(message);
      return id === undefined ? [message] : [asReport(message, id, 'rejected')];
    },
  };
}

/** Rows of orders as last written, for edits that need one. */
class OrderRows {
  readonly #rows = new Map<string, Order>();

  note<Name extends CollectionName>(collection: Name, value: CollectionRows[Name]): void {
    if (collection === 'orders') this.#rows.set((value as Order).client_order_id, value as Order);
  }

  get(id: string): Order | undefined {
    return this.#rows.get(id);
  }
}

function sendAgain(row: Order, id: string, turn: Turn): void {
  const again: Order = { ...row, id, client_order_id: id, state: 'pending_submit', created_at: turn.now };
  const { client_order_id, symbol, side, type, leg, quantity, price, reduce_only, bracket } = again;
  turn.put('orders', id, again);
  turn.effect('broker.submit', {
    client_order_id,
    symbol,
    side,
    type,
    leg,
    quantity,
    price,
    reduce_only,
    bracket,
  });
}

/** Persisted and everything, but a second order all the same. */
export function newOrderOnTimeOut(): AgentEdits {
  const rows = new OrderRows();
  return {
    put: (collection, value) => {
      rows.note(collection, value);
      return value;
    },
    hear: (message, turn) => {
      const id = unknownOrder(message);
      const row = id === undefined ? undefined : rows.get(id);
      if (row !== undefined && !row.client_order_id.endsWith('-again'))
        sendAgain(row, `${row.client_order_id}-again`, turn);
      return [message];
    },
  };
}

/** The desk forgets what it does not know, though the rows say it. */
export function unknownNotCounted(): AgentEdits {
  const forgotten = new Set<string>();
  return {
    hear: (message) => {
      const id = unknownOrder(message);
      if (id === undefined) return [message];
      forgotten.add(id);
      return [asReport(message, id, 'cancelled')];
    },
    put: (collection, value) => {
      if (collection !== 'orders') return value;
      const order = value as Order;
      return forgotten.has(order.client_order_id) && order.state === 'cancelled'
        ? { ...value, state: 'unknown' }
        : value;
    },
  };
}

function withFill(message: AnyMessage, change: (fill: Fill) => Fill): AnyMessage {
  if (message.message_type === 'broker.report' && message.data.fill !== null)
    return { ...message, data: { ...message.data, fill: change(message.data.fill) } };
  if (message.message_type === 'broker.snapshot')
    return { ...message, data: { ...message.data, fills: message.data.fills.map(change) } };
  return message;
}

const copyMark = /~\d+/g;

/** Every report of a fill looks new to the desk, and so does the answer that names it; the rows keep the true ids. */
export function fillsCountedTwice(): AgentEdits {
  let told = 0;
  return {
    hear: (message) =>
      message.message_type === 'broker.report'
        ? [withFill(message, (fill) => ({ ...fill, id: `${fill.id}~${++told}` }))]
        : [message],
    put: (_collection, value) => JSON.parse(JSON.stringify(value).replaceAll(copyMark, '')) as typeof value,
  };
}

export function partialFillIsWhole(): AgentEdits {
  const rows = new OrderRows();
  return {
    put: (collection, value) => {
      rows.note(collection, value);
      return value;
    },
    hear: (message) => [
      withFill(message, (fill) => ({
        ...fill,
        quantity: rows.get(fill.client_order_id)?.quantity ?? fill.quantity,
      })),
    ],
  };
}

export function feesForgotten(): AgentEdits {
  return { hear: (message) => [withFill(message, (fill) => ({ ...fill, fee: '0' }))] };
}

export function lateFillsIgnored(): AgentEdits {
  const rows = new OrderRows();
  const ended = (fill: Fill) => {
    const state = rows.get(fill.client_order_id)?.state;
    return state === 'cancelled' || state === 'rejected' || state === 'unknown';
  };
  return {
    put: (collection, value) => {
      rows.note(collection, value);
      return value;
    },
    hear: (message) => {
      if (message.message_type === 'broker.report' && message.data.fill !== null && ended(message.data.fill))
        return [];
      if (message.message_type !== 'broker.snapshot') return [message];
      const fills = message.data.fills.filter((fill) => !ended(fill));
      return [{ ...message, data: { ...message.data, fills } }];
    },
  };
}

/** A cancel that was asked for is taken for done. */
export function cancelIsFinal(): AgentEdits {
  const asked: string[] = [];
  return {
    effect: (kind, data) => {
      if (kind === 'broker.cancel') asked.push((data as EffectDataByKind['broker.cancel']).client_order_id);
      return data;
    },
    hear: (message) => [message, ...asked.splice(0).map((id) => asReport(message, id, 'cancelled'))],
  };
}

/** After a part of a position was closed its stop is cancelled, and no other is ever placed. */
export function stopForgottenAfterPartialClose(): AgentEdits {
  const rows = new OrderRows();
  const stops = new Map<string, string>();
  return {
    put: (collection, value) => {
      rows.note(collection, value);
      if (collection === 'orders' && (value as Order).leg === 'stop')
        stops.set((value as Order).symbol, (value as Order).client_order_id);
      return value;
    },
    effect: (kind, data) =>
      kind === 'broker.submit' && (data as OrderRequest).leg === 'stop' ? undefined : data,
    hear: (message, turn) => {
      if (message.message_type === 'broker.report' && message.data.kind === 'fill') {
        const order = rows.get(message.data.client_order_id);
        const stop = order === undefined ? undefined : stops.get(order.symbol);
        if (order !== undefined && order.leg !== 'entry' && order.leg !== 'stop' && stop !== undefined)
          turn.effect('broker.cancel', { client_order_id: stop, symbol: order.symbol });
      }
      return [message];
    },
  };
}

export function exitSentTwice(): AgentEdits {
  return {
    put: (collection, value, turn) => {
      const order = value as Order;
      const isNew = collection === 'orders' && order.leg === 'exit' && order.state === 'pending_submit';
      if (isNew) sendAgain(order, `${order.client_order_id}-again`, turn);
      return value;
    },
  };
}

export function neverReconciled(): AgentEdits {
  return {
    hear: (message) => {
      if (message.message_type !== 'broker.snapshot') return [message];
      // The first answers let it trade at all; what they hold is not looked at.
      return [{ ...message, data: { ...message.data, orders: [], fills: [], cash: null, positions: [] } }];
    },
  };
}

export function sizedThreefold(): AgentEdits {
  const bigger = (quantity: string) => multiplyDecimal(quantity, '3');
  const isEntry = (order: { readonly leg: string }) => order.leg === 'entry';
  return {
    put: (collection, value) => {
      if (collection !== 'orders' || !isEntry(value as Order)) return value;
      return { ...value, quantity: bigger((value as Order).quantity) };
    },
    effect: <Kind extends EffectKind>(kind: Kind, data: EffectDataByKind[Kind]) => {
      if (kind !== 'broker.submit' || !isEntry(data as OrderRequest)) return data;
      return { ...data, quantity: bigger((data as OrderRequest).quantity) };
    },
  };
}

export function averageOfLastFill(): AgentEdits {
  const prices = new Map<string, string>();
  return {
    hear: (message) => {
      if (message.message_type === 'broker.report' && message.data.fill !== null)
        prices.set(message.data.fill.symbol, message.data.fill.price);
      return [message];
    },
    put: (collection, value) => {
      if (collection !== 'positions') return value;
      const price = prices.get((value as Position).symbol);
      return price === undefined ? value : { ...value, average_entry_price: price };
    },
  };
}
