// Equity, exposure, peak and drawdown in account currency. Floats, for limits and for people; the ledger is exact elsewhere.
// What is in flight counts as exposure: an order whose outcome is unknown may be filled.
import type { Turn } from '../kernel/agent.ts';
import type { TradingSummary } from '../shared/bus/catalogue.ts';
import { decimalNumber } from '../shared/domain/money.ts';
import type { Order } from '../shared/domain/order.ts';
import type { EquityPoint, Position } from '../shared/domain/position.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import type { Desk } from './desk.ts';
import { busyPulseMs, calmPulseMs } from './limits.ts';
import { dayOf } from './trading-memory.ts';

/** Last known price, or the entry price where none is known yet. */
function markOf(desk: Desk, position: Position): number {
  return desk.market.priceOf(position.symbol) ?? decimalNumber(position.average_entry_price);
}

/** Account currency per unit of the symbol's quote currency, now or when it was last known; undefined when never. */
function rateOf(desk: Desk, symbol: string): number | undefined {
  const instrument = desk.market.instrument(symbol);
  const rate = instrument === undefined ? undefined : desk.market.rate(instrument);
  return rate ?? desk.memory.rates?.[symbol];
}

/**
 * Symbols with something held or in flight that no price leads into the account currency. Equity and exposure leave them out,
 * so nothing new may be opened beside them.
 */
export function unvaluedSymbols(desk: Desk): readonly string[] {
  const unvalued = new Set<string>();
  for (const symbols of [desk.positions.keys(), desk.entering])
    for (const symbol of symbols) if (rateOf(desk, symbol) === undefined) unvalued.add(symbol);
  return [...unvalued].sort();
}

/** Cash plus unrealised profit at last prices; of positions without a rate nothing, see unvaluedSymbols. */
export function equityOf(desk: Desk): number {
  let equity = decimalNumber(desk.memory.cash);
  for (const position of desk.positions.values()) {
    const rate = rateOf(desk, position.symbol);
    if (rate === undefined) continue;
    const move = markOf(desk, position) - decimalNumber(position.average_entry_price);
    const sign = position.side === 'long' ? 1 : -1;
    equity += sign * move * decimalNumber(position.quantity) * rate;
  }
  return equity;
}

export interface Exposure {
  /** Positive for long. */
  readonly net: number;
  /** What opposes each other still counts twice here: one of the two may come to nothing. */
  readonly gross: number;
}

/** Market value of each symbol in account currency: positions and everything that may still open or add to one. */
export function exposuresOf(desk: Desk): Map<string, Exposure> {
  const exposures = new Map<string, Exposure>();
  const add = (symbol: string, long: boolean, value: number): void => {
    const { net, gross } = exposures.get(symbol) ?? { net: 0, gross: 0 };
    exposures.set(symbol, { net: net + (long ? value : -value), gross: gross + value });
  };
  for (const position of desk.positions.values())
    add(
      position.symbol,
      position.side === 'long',
      decimalNumber(position.quantity) * markOf(desk, position) * (rateOf(desk, position.symbol) ?? 0),
    );
  for (const order of desk.live.values()) {
    if (order.reduce_only) continue;
    const price = desk.market.priceOf(order.symbol) ?? Number(order.price ?? order.bracket?.stop_price ?? 0);
    const remaining = Math.max(0, decimalNumber(order.quantity) - decimalNumber(order.filled_quantity));
    add(order.symbol, order.side === 'buy', remaining * price * (rateOf(desk, order.symbol) ?? 0));
  }
  return exposures;
}

/** Symbols that hold or may soon hold a position. */
export function occupiedSymbols(desk: Desk): number {
  let occupied = desk.positions.size;
  for (const symbol of desk.entering) if (!desk.positions.has(symbol)) occupied++;
  return occupied;
}

/** Begins a new day's loss count at the first look after 00:00 UTC. */
export function rollDay(desk: Desk, now: EpochMs): void {
  const day = dayOf(now);
  if (desk.memory.day !== day) desk.remember({ day, day_open_equity: equityOf(desk) });
}

/** Loss of the current day in percent of the day's opening equity; never negative. */
export function dailyLossPct(desk: Desk): number {
  const { day_open_equity } = desk.memory;
  return day_open_equity > 0 ? Math.max(0, (1 - equityOf(desk) / day_open_equity) * 100) : 0;
}

/** Fall from the recorded peak in percent; never negative. */
export function drawdownPct(desk: Desk): number {
  const { peak_equity } = desk.memory;
  return peak_equity > 0 ? Math.max(0, (1 - equityOf(desk) / peak_equity) * 100) : 0;
}

function pointOf(desk: Desk, now: EpochMs): EquityPoint {
  const equity = equityOf(desk);
  return {
    at: now,
    cash: decimalNumber(desk.memory.cash),
    equity,
    peak_equity: Math.max(desk.memory.peak_equity, equity),
    drawdown_pct: drawdownPct(desk),
    open_positions: desk.positions.size,
  };
}

/** Adds a point to the equity curve; only here does the peak rise and are marks kept. */
export function recordEquity(desk: Desk, turn: Turn): void {
  rollDay(desk, turn.now);
  const point = pointOf(desk, turn.now);
  const marks: Record<string, number> = {};
  const rates: Record<string, number> = {};
  for (const position of desk.positions.values()) {
    marks[position.symbol] = markOf(desk, position);
    const rate = rateOf(desk, position.symbol);
    if (rate !== undefined && rate !== 1) rates[position.symbol] = rate;
  }
  desk.remember({ peak_equity: point.peak_equity, marks, ...ratesOf(desk, rates) });
  turn.put('equity', String(turn.now), point);
  desk.requestSummary();
}

/** Rates of the positions, for a restart; nothing is written while all of them are in dollars. */
function ratesOf(desk: Desk, rates: Readonly<Record<string, number>>) {
  return Object.keys(rates).length > 0 || desk.memory.rates !== undefined ? { rates } : {};
}

/** Sets the next routine look: on round quarter hours with positions or live orders, on round hours without. */
export function scheduleNextPulse(desk: Desk, turn: Turn): void {
  const interval = occupiedSymbols(desk) > 0 ? busyPulseMs : calmPulseMs;
  desk.schedulePulse(Math.floor(turn.now / interval) * interval + interval, turn);
}

/** Nobody knows what became of the order, or of the wish to cancel it. */
export function isOutcomeUnknown(desk: Desk, order: Order, now: EpochMs): boolean {
  if (order.state === 'unknown') return true;
  return order.state === 'cancel_requested' && now - order.updated_at >= desk.silenceMs;
}

/** Trading's own summary for the orchestrator and the health monitor. */
export function summaryOf(desk: Desk, now: EpochMs): TradingSummary {
  let unknown = 0;
  for (const order of desk.live.values()) if (isOutcomeUnknown(desk, order, now)) unknown++;
  return {
    state: desk.state?.state ?? desk.settings.initial_trading_state,
    open_positions: desk.positions.size,
    open_orders: desk.live.size,
    unknown_orders: unknown,
    blocked: [
      ...Object.entries(desk.memory.blocks).map(([symbol, reason]) => ({ symbol, reason })),
      ...unvaluedSymbols(desk).map((symbol) => ({ symbol, reason: 'no rate into the account currency' })),
    ],
    equity: pointOf(desk, now),
    simulated: desk.settings.broker.simulated,
  };
}
