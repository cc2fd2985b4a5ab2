// What the health monitor knows of trading: its state, what is open, and orders and books that nobody is sure of.
// Only a change is remembered; it must never judge a single order.
import type { Turn } from '../kernel/agent.ts';
import type { TradingSummary } from '../shared/bus/catalogue.ts';
import type { TradingState } from '../shared/domain/trading-state.ts';
import type { IncidentBook } from './incident-book.ts';
import { remember, type TradingContext } from './memory.ts';

const singleRow = 'only';

export class TradingView {
  readonly #book: IncidentBook;
  #context: TradingContext = { known: false, state: 'active', open_positions: 0, unknown_orders: 0 };

  constructor(book: IncidentBook) {
    this.#book = book;
  }

  restore(context: TradingContext | undefined): void {
    this.#context = context ?? this.#context;
  }

  get context(): TradingContext {
    return this.#context;
  }

  observe(summary: TradingSummary, turn: Turn): void {
    const { state, open_positions, unknown_orders, blocked } = summary;
    this.#set({ known: true, state, open_positions, unknown_orders }, turn);
    const unclear = `${unknown_orders} order(s) without a clear answer`;
    if (unknown_orders > 0) this.#book.raise('unknown_orders', turn.now, 'critical', unclear);
    else this.#book.clear('unknown_orders', turn.now);
    const evidence = blocked.map(({ symbol, reason }) => `${symbol}: ${reason}`).join('; ');
    if (evidence === '') this.#book.clear('not_reconciled', turn.now);
    else this.#book.raise('not_reconciled', turn.now, 'warning', evidence);
  }

  stateChanged(state: TradingState, turn: Turn): void {
    this.#set({ ...this.#context, known: true, state }, turn);
  }

  #set(next: TradingContext, turn: Turn): void {
    const before = this.#context;
    const same =
      before.known === next.known &&
      before.state === next.state &&
      before.open_positions === next.open_positions &&
      before.unknown_orders === next.unknown_orders;
    if (same) return;
    this.#context = next;
    remember(turn, 'trading', singleRow, next);
  }
}
