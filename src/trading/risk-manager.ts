// The only place that mints Approved. Every no carries its code, its limit and what was found.
// It must never approve on missing knowledge, and never an amount that a message claims: values come from venue prices.
import type { Turn } from '../kernel/agent.ts';
import { decimalText, roundToStep } from '../shared/domain/money.ts';
import type { OrderLeg, OrderRequest, OrderSide } from '../shared/domain/order.ts';
import type { Position } from '../shared/domain/position.ts';
import { failure, type Result, success } from '../shared/domain/result.ts';
import type { Approved } from '../shared/domain/risk.ts';
import type { Signal } from '../shared/domain/signal.ts';
import type { Desk } from './desk.ts';
import { deny, entryDenial, rounded } from './entry-checks.ts';
import { entryCaps } from './exposure-caps.ts';
import type { SymbolView } from './market-view.ts';
import { drawdownPct, equityOf, rollDay } from './portfolio.ts';
import { type Denial, kellyShare, type Size, sizeEntry } from './position-sizer.ts';

type Permission = Pick<Approved, 'request' | 'signal_id' | 'correlation_id' | 'position_id' | 'risk_amount'>;

function mint(permission: Permission): Approved {
  return permission as Approved;
}

/** Approval of an entry with its bracket, or the first reason against it. */
export function judgeEntry(
  desk: Desk,
  signal: Signal,
  correlationId: string,
  turn: Turn,
): Result<Approved, Denial> {
  rollDay(desk, turn.now);
  const denial = entryDenial(desk, signal, turn);
  if (denial !== undefined) return failure(denial);
  const view = desk.market.get(signal.symbol);
  const rate = view === undefined ? undefined : desk.market.rate(view.instrument);
  if (view === undefined) return failure(deny('no_quote'));
  if (rate === undefined)
    return failure(deny('no_conversion', 'a rate into the account currency', signal.symbol));
  const sized = sizeOf(desk, signal, view, rate);
  if (!sized.ok) return sized;
  return approveEntry(desk, signal, view, sized.value, correlationId, turn);
}

/** Size from risk per trade, appetite, confidence and drawdown, within every cap. */
function sizeOf(desk: Desk, signal: Signal, view: SymbolView, rate: number): Result<Size, Denial> {
  const { risk } = desk.settings;
  const kelly = kellyShare(signal.confidence);
  if (risk.kelly_fraction > 0 && !(kelly > 0)) return failure(deny('no_edge', 0, rounded(kelly)));
  const kellyPct = risk.kelly_fraction > 0 ? 100 * risk.kelly_fraction * kelly : Number.POSITIVE_INFINITY;
  const appetite = Math.min(1, Math.max(0, desk.mandate?.risk_appetite ?? 0));
  return sizeEntry({
    equity: equityOf(desk),
    riskPct: Math.min(risk.risk_per_trade_pct, kellyPct) * appetite * windDownFactor(desk),
    stopDistance: risk.stop_atr_multiple * signal.average_true_range,
    price: view.price,
    rate,
    caps: entryCaps(desk, signal, view, rate),
    quantityStep: view.instrument.quantityStep,
    minimumNotional: leastValue(view),
  });
}

/** The venue's least order value, or the value of its least quantity where that is more. */
function leastValue(view: SymbolView): string {
  const { minimumNotional, minimumQuantity } = view.instrument;
  const ofQuantity = Number(minimumQuantity ?? '0') * view.price;
  return ofQuantity > Number(minimumNotional) ? decimalText(ofQuantity) : minimumNotional;
}

/** 1 up to the drawdown where winding down begins, then in a straight line to 0 at the largest one. */
function windDownFactor(desk: Desk): number {
  const { wind_down_from_pct: from, max_drawdown_pct: most } = desk.settings.risk;
  if (from >= most) return 1;
  return Math.min(1, Math.max(0, (most - drawdownPct(desk)) / (most - from)));
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
  const { priceStep } = view.instrument;
  const stop_price = roundToStep(stop, priceStep);
  const target_price = roundToStep(target, priceStep);
  // A claimed range so small makes an order that its own stop ends at once, and a size that only the caps bound.
  const nearest = Math.min(
    direction * (view.price - Number(stop_price)),
    direction * (Number(target_price) - view.price),
  );
  if (!(nearest > view.halfSpread))
    return failure(
      deny('signal_invalid', Number(view.halfSpread.toPrecision(6)), 'stop or target within the spread'),
    );
  const position_id = turn.id('pos', signal.signal_id);
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
      stop_price,
      target_client_order_id: clientOrderId(turn, position_id, 'target', 0),
      target_price,
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
