// The only place that mints Approved. Every no carries its code, its limit and what was found.
// It must never approve on missing knowledge: no mandate, no price or an open question to the broker is a no.
import type { Turn } from '../kernel/agent.ts';
import { marginLeverage } from '../shared/domain/account-currency.ts';
import { roundToStep } from '../shared/domain/money.ts';
import type { OrderLeg, OrderRequest, OrderSide } from '../shared/domain/order.ts';
import type { Position } from '../shared/domain/position.ts';
import { failure, type Result, success } from '../shared/domain/result.ts';
import type { Approved } from '../shared/domain/risk.ts';
import type { Signal } from '../shared/domain/signal.ts';
import { minuteMs } from '../shared/domain/time.ts';
import type { Desk } from './desk.ts';
import { cashReserveFraction } from './limits.ts';
import type { SymbolView } from './market-view.ts';
import { dailyLossPct, drawdownPct, equityOf, exposureOf, occupiedSymbols, rollDay } from './portfolio.ts';
import { type Denial, type Size, sizeEntry } from './position-sizer.ts';

type Permission = Pick<Approved, 'request' | 'signal_id' | 'correlation_id' | 'position_id' | 'risk_amount'>;

function mint(permission: Permission): Approved {
  return permission as Approved;
}

function deny(code: Denial['code'], limit: Denial['limit'] = null, actual: Denial['actual'] = null): Denial {
  return { code, limit, actual };
}

/** Approval of an entry with its bracket, or the first reason against it. */
export function judgeEntry(
  desk: Desk,
  signal: Signal,
  correlationId: string,
  turn: Turn,
): Result<Approved, Denial> {
  rollDay(desk, turn.now);
  const denial =
    permissionDenial(desk, signal, turn) ??
    deskDenial(desk, signal, turn) ??
    lossDenial(desk) ??
    marketDenial(desk, signal, turn);
  if (denial !== undefined) return failure(denial);
  const view = desk.market.get(signal.symbol);
  const rate = view === undefined ? undefined : desk.market.rate(view.instrument);
  if (view === undefined || rate === undefined) return failure(deny('no_quote', 'conversion rate', null));
  const sized = sizeOf(desk, signal, view, rate);
  if (!sized.ok) return sized;
  return approveEntry(desk, signal, view, sized.value, correlationId, turn);
}

function permissionDenial(desk: Desk, signal: Signal, turn: Turn): Denial | undefined {
  const state = desk.state?.state ?? desk.settings.initial_trading_state;
  if (state === 'halted') return deny('trading_halted', 'active', state);
  if (state === 'reducing') return deny('reduce_only', 'active', state);
  const { mandate } = desk;
  if (mandate === undefined) return deny('no_mandate');
  if (turn.now >= mandate.expires_at) return deny('mandate_expired', mandate.expires_at, turn.now);
  if (mandate.mode === 'standby' || !mandate.universe.includes(signal.symbol) || !(mandate.risk_appetite > 0))
    return deny('outside_mandate', mandate.mode, signal.symbol);
  return undefined;
}

function deskDenial(desk: Desk, signal: Signal, turn: Turn): Denial | undefined {
  const { risk, broker } = desk.settings;
  const { symbol } = signal;
  if (desk.awaitingTruth)
    return deny('order_outcome_unknown', 0, 'the broker has not been heard since start');
  for (const order of desk.liveOrders(symbol))
    if (order.state === 'unknown') return deny('order_outcome_unknown', 0, order.client_order_id);
  const block = desk.memory.blocks[symbol];
  if (block !== undefined) return deny('not_reconciled', null, block);
  if (signal.confidence < risk.minimum_confidence)
    return deny('confidence_too_low', risk.minimum_confidence, signal.confidence);
  if (signal.action === 'SELL' && !broker.short) return deny('short_not_supported', null, signal.action);
  if (desk.positions.has(symbol) || desk.liveEntry(symbol) !== undefined)
    return deny('position_exists', 1, desk.positions.get(symbol)?.id ?? 'entry in flight');
  const occupied = occupiedSymbols(desk);
  if (occupied >= risk.max_open_positions)
    return deny('max_open_positions', risk.max_open_positions, occupied);
  const cooldown = desk.memory.cooldowns[symbol];
  if (cooldown !== undefined && turn.now < cooldown) return deny('cooldown', cooldown, turn.now);
  const recent = desk.memory.recent_entries.filter((at) => at > turn.now - minuteMs).length;
  if (recent >= risk.max_orders_per_minute) return deny('order_rate', risk.max_orders_per_minute, recent);
  return undefined;
}

function lossDenial(desk: Desk): Denial | undefined {
  const { risk } = desk.settings;
  const loss = dailyLossPct(desk);
  if (loss >= risk.max_daily_loss_pct) return deny('daily_loss', risk.max_daily_loss_pct, rounded(loss));
  const drawdown = drawdownPct(desk);
  if (drawdown >= risk.max_drawdown_pct) return deny('drawdown', risk.max_drawdown_pct, rounded(drawdown));
  return undefined;
}

function marketDenial(desk: Desk, signal: Signal, turn: Turn): Denial | undefined {
  const { risk } = desk.settings;
  const view = desk.market.get(signal.symbol);
  if (view === undefined) return deny('no_quote');
  if (view.instrument.calendar === 'forex' && !desk.calendar.isMarketOpen(turn.now))
    return deny('session_closed');
  const age = turn.now - view.at;
  const oldest = risk.quote_stale_ms + view.naturalAgeMs;
  if (age > oldest) return deny('quote_stale', oldest, age);
  const spread = ((2 * view.halfSpread) / view.price) * 100;
  if (spread > risk.max_spread_pct) return deny('spread_too_wide', risk.max_spread_pct, rounded(spread));
  const distance = Math.abs(view.price / signal.reference_price - 1) * 100;
  if (distance > risk.price_collar_pct) return deny('price_collar', risk.price_collar_pct, rounded(distance));
  return undefined;
}

function sizeOf(desk: Desk, signal: Signal, view: SymbolView, rate: number): Result<Size, Denial> {
  const { risk } = desk.settings;
  const equity = equityOf(desk);
  const { gross, ofSymbol } = exposureOf(desk, signal.symbol);
  const leverage = marginLeverage[view.instrument.assetClass];
  const appetite = Math.min(1, Math.max(0, desk.mandate?.risk_appetite ?? 0));
  return sizeEntry({
    equity,
    riskPct: risk.risk_per_trade_pct * appetite,
    stopDistance: risk.stop_atr_multiple * signal.average_true_range,
    price: view.price,
    rate,
    instrumentRoom: (equity * risk.max_instrument_exposure_pct) / 100 - ofSymbol,
    grossRoom: (equity * risk.max_gross_exposure_pct) / 100 - gross,
    // Margin already bound is counted at full value, which is too careful for mixed books and never too bold.
    cashRoom: (equity * (1 - cashReserveFraction) - gross) * leverage,
    quantityStep: view.instrument.quantityStep,
    minimumNotional: view.instrument.minimumNotional,
  });
}

/** Entry at market with stop and target around the last price, in the price steps of the venue. */
function approveEntry(
  desk: Desk,
  signal: Signal,
  view: SymbolView,
  size: Size,
  correlationId: string,
  turn: Turn,
): Result<Approved, Denial> {
  const { risk } = desk.settings;
  const direction = signal.action === 'BUY' ? 1 : -1;
  const atr = signal.average_true_range;
  const stop = view.price - direction * risk.stop_atr_multiple * atr;
  const target = view.price + direction * risk.target_atr_multiple * atr;
  if (!(stop > 0) || !(target > 0))
    return failure(deny('signal_invalid', 0, 'stop or target is not above zero'));
  const position_id = turn.id('pos', signal.signal_id);
  const { priceStep } = view.instrument;
  const request: OrderRequest = {
    client_order_id: clientOrderId(turn, position_id, 'entry', 0),
    symbol: signal.symbol,
    side: direction === 1 ? 'buy' : 'sell',
    type: 'market',
    leg: 'entry',
    quantity: size.quantity,
    price: null,
    reduce_only: false,
    bracket: {
      stop_client_order_id: clientOrderId(turn, position_id, 'stop', 0),
      stop_price: roundToStep(stop, priceStep),
      target_client_order_id: clientOrderId(turn, position_id, 'target', 0),
      target_price: roundToStep(target, priceStep),
    },
  };
  return success(
    mint({
      request,
      signal_id: signal.signal_id,
      correlation_id: correlationId,
      position_id,
      risk_amount: size.riskAmount,
    }),
  );
}

/** Id of one intent: the same position, leg and epoch always give the same, so a retry can never be a second order. */
function clientOrderId(turn: Turn, positionId: string, leg: OrderLeg, epoch: number): string {
  return turn.id('ord', positionId, leg, epoch);
}

/** Orders that only reduce need no limits but the position itself; the broker must hold them to it. */
export function approveReduction(
  turn: Turn,
  position: Position,
  leg: 'exit' | 'stop',
  epoch: number,
  quantity: string,
  price: string | null,
): Approved {
  const side: OrderSide = position.side === 'long' ? 'sell' : 'buy';
  return mint({
    request: {
      client_order_id: clientOrderId(turn, position.id, leg, epoch),
      symbol: position.symbol,
      side,
      type: leg === 'exit' ? 'market' : 'stop',
      leg,
      quantity,
      price,
      reduce_only: true,
      bracket: null,
    },
    signal_id: position.signal_id ?? '',
    correlation_id: position.correlation_id,
    position_id: position.id,
    risk_amount: 0,
  });
}

function rounded(value: number): number {
  return Number(value.toFixed(6));
}
