// What trading holds in memory: a mirror of its durable rows plus last prices. Every change goes through a save that
// writes the row in the same turn, so a restart from rows finds exactly this. It decides nothing.
import type { StateReader, Turn } from '../kernel/agent.ts';
import type { AgentSettings } from '../shared/domain/agent-settings.ts';
import { timeframeMs } from '../shared/domain/candle.ts';
import type { Mandate } from '../shared/domain/mandate.ts';
import { type DecimalText, floorToStep } from '../shared/domain/money.ts';
import type { Order } from '../shared/domain/order.ts';
import { isFinalState } from '../shared/domain/order-lifecycle.ts';
import type { Position } from '../shared/domain/position.ts';
import { type SessionCalendar, sessionCalendar } from '../shared/domain/sessions.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import type { TradingStateRecord } from '../shared/domain/trading-state.ts';
import { IntentBook } from './intent-book.ts';
import { maxSilenceMs, truthDelayMs } from './limits.ts';
import { MarketStatistics } from './market-statistics.ts';
import { MarketView } from './market-view.ts';
import { OpenOrders } from './open-orders.ts';
import { SignalBook } from './signal-book.ts';
import { TokenBook } from './token-book.ts';
import { memoryKey, readMemory, type TradingMemory, withEntry } from './trading-memory.ts';

export const truthAlarm = 'truth';
export const pulseAlarm = 'pulse';
const maxReasonLength = 200;

export class Desk {
  readonly settings: AgentSettings;
  readonly calendar: SessionCalendar;
  readonly market: MarketView;
  readonly statistics: MarketStatistics;
  /** Open positions by symbol: one per symbol, as venues net them. */
  readonly positions = new Map<string, Position>();
  /** Safety records of DEX tokens; a token without one is unsafe. */
  readonly tokens = new TokenBook();
  readonly intents = new IntentBook();
  readonly signals = new SignalBook();
  mandate: Mandate | undefined;
  state: TradingStateRecord | undefined;
  /** True from start until the broker has told its whole truth once. */
  awaitingTruth = true;
  /** Since when this desk hears the broker: the start, or its own restart. */
  begunAt: EpochMs = 0;
  /** When a fill of the symbol was last counted; younger snapshots only are compared. */
  readonly lastFillAt = new Map<string, EpochMs>();
  truthDueAt: EpochMs | undefined;
  pulseDueAt: EpochMs | undefined;
  readonly #openOrders = new OpenOrders();
  #memory: TradingMemory;
  #memoryChanged = false;
  #summaryDue = false;

  constructor(settings: AgentSettings) {
    this.settings = settings;
    this.market = new MarketView(settings.instruments);
    this.statistics = new MarketStatistics(timeframeMs[settings.base_timeframe]);
    this.calendar = sessionCalendar(settings.sessions);
    this.#memory = readMemory(undefined, settings.starting_cash);
  }

  /** Orders still needed, by client order id. */
  get orders(): ReadonlyMap<string, Order> {
    return this.#openOrders.all;
  }

  /** Those of them that are not final. */
  get live(): ReadonlyMap<string, Order> {
    return this.#openOrders.live;
  }

  /** Symbols with an entry that is not final. */
  get entering(): ReadonlySet<string> {
    return this.#openOrders.entering;
  }

  get memory(): TradingMemory {
    return this.#memory;
  }

  restore(state: StateReader): void {
    this.#memory = readMemory(
      state.get('agent_memory', memoryKey)?.value ?? undefined,
      this.settings.starting_cash,
    );
    const orders = [...state.all('orders')].map(([, row]) => row);
    orders.sort(
      (left, right) =>
        left.created_at - right.created_at || (left.client_order_id < right.client_order_id ? -1 : 1),
    );
    for (const order of orders) this.#openOrders.keep(order);
    const positions = [...state.all('positions')].map(([, row]) => row);
    positions.sort(
      (left, right) => left.opened_at - right.opened_at || (left.symbol < right.symbol ? -1 : 1),
    );
    for (const position of positions) this.positions.set(position.symbol, position);
    for (const [symbol, price] of Object.entries(this.#memory.marks)) this.market.remembered(symbol, price);
    this.statistics.restore(state);
    this.tokens.restore(state);
    this.intents.restore(state);
    this.signals.restore(state);
    this.mandate = state.get('mandates', 'current');
    this.state = state.get('trading_state', 'current');
    this.truthDueAt = state.get('alarms', `trading_ai/${truthAlarm}`)?.due_at;
    this.pulseDueAt = state.get('alarms', `trading_ai/${pulseAlarm}`)?.due_at;
  }

  saveOrder(order: Order, turn: Turn): Order {
    this.#openOrders.keep(order);
    turn.put('orders', order.client_order_id, order);
    if (isFinalState(order.state)) this.intents.forget(order.client_order_id, turn);
    this.#summaryDue = true;
    return order;
  }

  /** Saves an order whose state or fills changed, and says so. */
  changeOrder(order: Order, turn: Turn): Order {
    turn.emit('trading.order_changed', order, { correlationId: order.correlation_id });
    return this.saveOrder(order, turn);
  }

  changePosition(position: Position, turn: Turn): Position {
    if (position.open) this.positions.set(position.symbol, position);
    else this.positions.delete(position.symbol);
    turn.put('positions', position.id, position);
    turn.emit('trading.position_changed', position, { correlationId: position.correlation_id });
    this.#summaryDue = true;
    return position;
  }

  remember(change: Partial<TradingMemory>): void {
    this.#memory = { ...this.#memory, ...change };
    this.#memoryChanged = true;
  }

  /** Asks for a look at the broker at `now + delayMs` unless an earlier one is set. */
  scheduleTruth(delayMs: number, turn: Turn): void {
    const due = turn.now + delayMs;
    if (this.truthDueAt !== undefined && this.truthDueAt <= due) return;
    this.truthDueAt = due;
    turn.setAlarm(truthAlarm, due);
  }

  /** Notes why the broker must be asked although nothing is in flight. */
  doubt(reason: string, delayMs: number, turn: Turn): void {
    this.remember({ doubt: { reason, at: turn.now } });
    this.scheduleTruth(delayMs, turn);
  }

  /** Refuses new entries in the symbol until the broker's whole truth and our books agree about it. */
  block(symbol: string, reason: string): void {
    if (this.#memory.blocks[symbol] === reason) return;
    this.remember({ blocks: withEntry(this.#memory.blocks, symbol, reason.slice(0, maxReasonLength)) });
    this.#summaryDue = true;
  }

  /** Nothing is open any more: the next look may wait for the pulse. */
  clearTruth(turn: Turn): void {
    if (this.truthDueAt === undefined) return;
    this.truthDueAt = undefined;
    turn.cancelAlarm(truthAlarm);
  }

  schedulePulse(at: EpochMs, turn: Turn): void {
    if (this.pulseDueAt === at) return;
    this.pulseDueAt = at;
    turn.setAlarm(pulseAlarm, at);
  }

  requestSummary(): void {
    this.#summaryDue = true;
  }

  /** True once after something changed that the summary tells. */
  takeSummaryDue(): boolean {
    const due = this.#summaryDue;
    this.#summaryDue = false;
    return due;
  }

  /** Writes the memory row when it changed in this turn. */
  flushMemory(turn: Turn): void {
    if (!this.#memoryChanged) return;
    this.#memoryChanged = false;
    turn.put('agent_memory', memoryKey, { agent: 'trading_ai', value: this.#memory });
  }

  /** Orders of a symbol that are not final, in order of creation. */
  liveOrders(symbol: string): Iterable<Order> {
    return this.#openOrders.liveOf(symbol);
  }

  /** How long the broker may say nothing about a request before that is silence, in the market's time. */
  get silenceMs(): number {
    return Math.min(maxSilenceMs, truthDelayMs * (this.settings.market_pace ?? 1));
  }

  /** Whether the broker keeps stop and target of an entry itself. */
  get brokerKeepsBracket(): boolean {
    return this.settings.broker.attached_bracket !== false;
  }

  /** The part of a quantity that the venue's steps can express. */
  tradable(symbol: string, quantity: DecimalText): DecimalText {
    const step = this.market.instrument(symbol)?.quantityStep;
    return step === undefined ? quantity : floorToStep(quantity, step);
  }

  liveEntry(symbol: string): Order | undefined {
    return this.#openOrders.liveEntry(symbol);
  }
}
