// How the line bends what the venue says: orders shown as they were sent although the venue saw them differently,
// partial answers, and reports that contradict the truth. It must never invent a fill.
import type { BrokerReport, BrokerSnapshot } from '../../shared/bus/catalogue.ts';
import type { OrderQuestion, OrderRequest } from '../../shared/domain/order.ts';
import type { Random } from '../../shared/ports/random.ts';

const precisionReason = 'Precision is over the maximum defined for this asset.';
const lies = ['rejected', 'cancelled', 'expired', 'accepted'] as const;

/** A report about an order that the venue saw differently, in the words of a real venue. */
export function alteredReport(
  report: BrokerReport,
  originals: ReadonlyMap<string, OrderRequest>,
): BrokerReport {
  if (report.kind !== 'rejected' || !originals.has(report.client_order_id)) return report;
  return { ...report, reason: precisionReason };
}

/** The answer with the quantities that the house had asked for. */
export function withOriginals(
  snapshot: BrokerSnapshot,
  originals: ReadonlyMap<string, OrderRequest>,
): BrokerSnapshot {
  if (originals.size === 0) return snapshot;
  const orders = snapshot.orders.map((order) => {
    const request = originals.get(order.request.client_order_id);
    return request === undefined ? order : { ...order, request };
  });
  return { ...snapshot, orders };
}

/** An answer of which later pages failed: the first half of the orders, or nothing at all. */
export function partOf(snapshot: BrokerSnapshot, nothing: boolean): BrokerSnapshot {
  const orders = nothing ? [] : snapshot.orders.slice(0, Math.ceil(snapshot.orders.length / 2));
  const named = new Set(orders.map((order) => order.request.client_order_id));
  const { positions: _unknown, ...rest } = snapshot;
  return {
    ...rest,
    complete: false,
    error: 'page 2: 504 Gateway Time-out',
    absent: nothing ? [] : snapshot.absent,
    orders,
    fills: snapshot.fills.filter((fill) => named.has(fill.client_order_id)),
    cash: null,
  };
}

/** An answer that is sound but for one symbol, of which the venue said nothing at all. */
export function withoutSymbol(
  snapshot: BrokerSnapshot,
  asked: readonly OrderQuestion[],
  random: Random,
): BrokerSnapshot {
  const symbols = [...new Set(asked.map((question) => question.symbol))];
  const silent = symbols[random.integer(Math.max(1, symbols.length))];
  if (silent === undefined) return snapshot;
  const unheard = new Set(asked.filter(({ symbol }) => symbol === silent).map((one) => one.client_order_id));
  return {
    ...snapshot,
    absent: snapshot.absent.filter((id) => !unheard.has(id)),
    unanswered: [{ symbol: silent, reason: '504 Gateway Time-out' }],
    orders: snapshot.orders.filter(({ request }) => request.symbol !== silent),
    fills: snapshot.fills.filter(({ symbol }) => symbol !== silent),
    positions: (snapshot.positions ?? []).filter(({ symbol }) => symbol !== silent),
  };
}

/** The answer of a copy that lags behind: it denies what it has not heard of yet. */
export function answerFrom(
  copy: BrokerSnapshot,
  request_id: string,
  asked: readonly OrderQuestion[],
): BrokerSnapshot {
  const named = new Set(copy.orders.map((order) => order.request.client_order_id));
  const absent = asked.map((one) => one.client_order_id).filter((id) => !named.has(id));
  return { ...copy, request_id, absent };
}

/** A report of the same order that says something else. */
export function contradictionOf(report: BrokerReport, random: Random): BrokerReport {
  const kind = lies[random.integer(lies.length)] ?? 'cancelled';
  return { ...report, report_id: `${report.report_id}/lie`, kind, fill: null, reason: 'contradiction' };
}
