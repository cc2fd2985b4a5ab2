// Judges of single orders: one per intent, committed before sent, never ended by silence, never beyond the limits.
import type { AnyPut } from '../../../shared/bus/collections.ts';
import type { RiskSettings } from '../../../shared/domain/agent-settings.ts';
import { compareDecimal, decimalNumber } from '../../../shared/domain/money.ts';
import type { Order, OrderRequest, OrderState } from '../../../shared/domain/order.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';
import { isLiveAtVenue, type LedgerOrder } from '../venue-ledger.ts';
import type { Checker, Scene } from './checker.ts';

const finalStates: ReadonlySet<OrderState> = new Set(['filled', 'cancelled', 'rejected', 'expired']);
/** Prices move a little between sizing, filling and the check. */
const exposureTolerance = 1.05;

function isFinal(state: OrderState): boolean {
  return finalStates.has(state);
}

function* ordersIn(puts: readonly AnyPut[]): Iterable<Order> {
  for (const put of puts) if (put.collection === 'orders' && put.value !== null) yield put.value;
}

/** At the venue, an intent is a leg of a plan: its entry, or one epoch of its exit. */
export class OneOrderPerIntent implements Checker {
  readonly name = 'one_order_per_intent';

  ledgerChanged(scene: Scene): string | undefined {
    const live = new Map<string, string>();
    const executed = new Map<string, string>();
    for (const [id, order] of scene.ledger.orders) {
      const { leg, symbol } = order.request;
      if (leg !== 'entry' && leg !== 'exit') continue;
      if (isLiveAtVenue(order)) {
        const other = live.get(`${symbol} ${leg}`);
        if (other !== undefined) return `${symbol}: ${other} and ${id} are both live ${leg} orders`;
        live.set(`${symbol} ${leg}`, id);
      }
      if (leg === 'exit' || !(isLiveAtVenue(order) || compareDecimal(order.filled, '0') > 0)) continue;
      const intent = intentOf(id, order, scene);
      if (intent === undefined) continue;
      const other = executed.get(intent);
      if (other !== undefined) return `${symbol}: ${other} and ${id} are two orders of ${intent}`;
      executed.set(intent, id);
    }
    return undefined;
  }
}

/** The signal behind an entry, or the same look at the same symbol by its figures when the books do not know it. */
function intentOf(id: string, order: LedgerOrder, scene: Scene): string | undefined {
  const row = scene.book.get('orders', id);
  if (row !== undefined) return row.signal_id ?? undefined;
  const stop = order.request.bracket?.stop_client_order_id;
  for (const other of scene.book.all('orders'))
    if (stop !== undefined && other.bracket?.stop_client_order_id === stop)
      return other.signal_id ?? undefined;
  return undefined;
}

export class CommittedBeforeSent implements Checker {
  readonly name = 'committed_before_sent';

  leaving(request: OrderRequest, { book }: Scene): string | undefined {
    const id = request.client_order_id;
    const row = book.get('orders', id);
    if (row === undefined) return `${id} was sent, but no such order is committed`;
    for (const field of ['symbol', 'side', 'leg', 'quantity', 'price'] as const)
      if (row[field] !== request[field])
        return `${id} was sent with ${field} ${request[field]}, committed is ${row[field]}`;
    if (request.leg !== 'entry') return undefined;
    const signal = row.signal_id === null ? undefined : book.get('signals', row.signal_id);
    if (signal === undefined) return `${id}: its signal ${row.signal_id} is not committed`;
    const task = signal.task_id === null ? undefined : book.get('tasks', signal.task_id);
    if (task === undefined) return `${id}: the task ${signal.task_id} of its signal is not committed`;
    if (book.get('decisions', task.decision_id) === undefined)
      return `${id}: the decision ${task.decision_id} behind it is not committed`;
    return undefined;
  }
}

/** Every ending must rest on words: a report, an answer that names the order, or one that denies its very id. */
export class SilenceIsNoAnswer implements Checker {
  readonly name = 'silence_is_no_answer';
  readonly #judged = new Set<string>();
  /** True time of each order's first commit; the house's own clock may be wrong. */
  readonly #firstSeen = new Map<string, EpochMs>();

  committed(puts: readonly AnyPut[], scene: Scene): string | undefined {
    for (const order of ordersIn(puts)) {
      const { client_order_id: id, state } = order;
      if (!this.#firstSeen.has(id)) this.#firstSeen.set(id, scene.now);
      if (state === 'filled' || !isFinal(state)) {
        this.#judged.delete(id);
        continue;
      }
      if (this.#judged.has(id)) continue;
      this.#judged.add(id);
      if (state === 'rejected' && !scene.words.saidRejected(id))
        return `${id} is rejected in the books, but nobody said so`;
      if (this.#mayHaveEnded(order, scene)) continue;
      return `${id} is ${state} in the books (${order.reason}), but nobody said so`;
    }
    return undefined;
  }

  #mayHaveEnded(order: Order, { words }: Scene): boolean {
    const id = order.client_order_id;
    if (words.saidEnded(id) || words.saidNotSent(id)) return true;
    return words.saidAbsent(id, this.#firstSeen.get(id) ?? 0);
  }
}

/** Exposure is counted here from the rows alone, with everything that may still fill at its full size. */
export class UnknownCounts implements Checker {
  readonly name = 'unknown_counts';
  readonly #seen = new Set<string>();

  committed(puts: readonly AnyPut[], scene: Scene): string | undefined {
    for (const order of ordersIn(puts)) {
      if (this.#seen.has(order.client_order_id)) continue;
      this.#seen.add(order.client_order_id);
      if (order.reduce_only || order.reason.startsWith('adopted')) continue;
      const wrong = this.#judge(order, scene);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  #judge(entry: Order, { book, settings, ledger }: Scene): string | undefined {
    const { risk } = settings;
    let gross = decimalNumber(entry.quantity) * priceOf(entry, risk);
    let ofSymbol = gross;
    for (const other of book.all('orders')) {
      if (other === entry || other.client_order_id === entry.client_order_id) continue;
      if (other.reduce_only || isFinal(other.state)) continue;
      if (other.symbol === entry.symbol)
        return `${entry.client_order_id} is sent while ${other.client_order_id} is ${other.state} in ${entry.symbol}`;
      gross += (decimalNumber(other.quantity) - decimalNumber(other.filled_quantity)) * priceOf(other, risk);
    }
    for (const position of book.openPositions()) {
      const value = decimalNumber(position.quantity) * decimalNumber(position.average_entry_price);
      gross += value;
      if (position.symbol === entry.symbol) ofSymbol += value;
    }
    const equity = decimalNumber(ledger.cash);
    const { max_gross_exposure_pct, max_instrument_exposure_pct } = risk;
    if (gross > ((equity * max_gross_exposure_pct) / 100) * exposureTolerance)
      return `${entry.client_order_id} makes ${gross.toFixed(2)} gross of ${equity.toFixed(2)}`;
    if (ofSymbol > ((equity * max_instrument_exposure_pct) / 100) * exposureTolerance)
      return `${entry.client_order_id} makes ${ofSymbol.toFixed(2)} in ${entry.symbol} of ${equity.toFixed(2)}`;
    return undefined;
  }
}

/** The price at which an entry was sized lies between its stop and its target, in the ratio of their distances. */
function priceOf(entry: Order, { stop_atr_multiple, target_atr_multiple }: RiskSettings): number {
  if (entry.bracket === null) return Number(entry.average_price ?? entry.price ?? 0);
  const { stop_price, target_price } = entry.bracket;
  const weighted = Number(stop_price) * target_atr_multiple + Number(target_price) * stop_atr_multiple;
  return weighted / (stop_atr_multiple + target_atr_multiple);
}
