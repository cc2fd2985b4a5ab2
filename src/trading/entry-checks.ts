// Everything that can speak against an entry before its size is asked for; the first reason wins.
// It must never find for an entry on missing knowledge: no mandate, no price or an open question to the broker is a no.
import type { Turn } from '../kernel/agent.ts';
import type { Signal } from '../shared/domain/signal.ts';
import { minuteMs } from '../shared/domain/time.ts';
import { tokenDanger } from '../shared/domain/token-safety.ts';
import type { Desk } from './desk.ts';
import { dailyLossPct, drawdownPct, occupiedSymbols, unvaluedSymbols } from './portfolio.ts';
import type { Denial } from './position-sizer.ts';

export function deny(
  code: Denial['code'],
  limit: Denial['limit'] = null,
  actual: Denial['actual'] = null,
): Denial {
  return { code, limit, actual };
}

export function rounded(value: number): number {
  return Number(value.toFixed(6));
}

/** The first reason against the entry, or undefined. */
export function entryDenial(desk: Desk, signal: Signal, turn: Turn): Denial | undefined {
  return (
    permissionDenial(desk, signal, turn) ??
    deskDenial(desk, signal) ??
    paceDenial(desk, signal, turn) ??
    lossDenial(desk) ??
    sessionDenial(desk, signal, turn) ??
    marketDenial(desk, signal, turn)
  );
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

/** What the desk already holds or does not know. */
function deskDenial(desk: Desk, signal: Signal): Denial | undefined {
  const { risk, broker } = desk.settings;
  const { symbol } = signal;
  if (desk.awaitingTruth)
    return deny('order_outcome_unknown', 0, 'the broker has not been heard since start');
  for (const order of desk.liveOrders(symbol))
    if (order.state === 'unknown') return deny('order_outcome_unknown', 0, order.client_order_id);
  const block = desk.memory.blocks[symbol];
  if (block !== undefined) return deny('not_reconciled', null, block);
  const [unvalued] = unvaluedSymbols(desk);
  // Equity and exposure are unknown while something held has no value.
  if (unvalued !== undefined) return deny('no_conversion', 'a rate into the account currency', unvalued);
  if (signal.confidence < risk.minimum_confidence)
    return deny('confidence_too_low', risk.minimum_confidence, signal.confidence);
  if (signal.action === 'SELL' && !broker.short) return deny('short_not_supported', null, signal.action);
  if (desk.positions.has(symbol) || desk.liveEntry(symbol) !== undefined)
    return deny('position_exists', 1, desk.positions.get(symbol)?.id ?? 'entry in flight');
  const occupied = occupiedSymbols(desk);
  if (occupied >= risk.max_open_positions)
    return deny('max_open_positions', risk.max_open_positions, occupied);
  return undefined;
}

/** Pauses after losses, and how many entries a minute may see. */
function paceDenial(desk: Desk, signal: Signal, turn: Turn): Denial | undefined {
  const { risk } = desk.settings;
  const cooldown = desk.memory.cooldowns[signal.symbol];
  if (cooldown !== undefined && turn.now < cooldown) return deny('cooldown', cooldown, turn.now);
  const { paused_until } = desk.memory;
  if (turn.now < paused_until) return deny('loss_streak', paused_until, turn.now);
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

function sessionDenial(desk: Desk, signal: Signal, turn: Turn): Denial | undefined {
  if (desk.market.instrument(signal.symbol)?.calendar !== 'forex') return undefined;
  if (!desk.calendar.isMarketOpen(turn.now)) return deny('session_closed', 'open forex market', 'closed');
  if (desk.calendar.openSessions(turn.now).length === 0)
    return deny('session_closed', 'one open session', 'none');
  const guard = desk.settings.risk.weekend_guard_ms;
  // A position opened now would carry the gap of the weekend before its plan had time.
  if (guard > 0 && !desk.calendar.isMarketOpen(turn.now + guard))
    return deny('week_closing', guard, 'the week closes sooner');
  return undefined;
}

/** Whether the market is fit to trade in, by what the venue said and never by what the signal claims. */
function marketDenial(desk: Desk, signal: Signal, turn: Turn): Denial | undefined {
  const { risk } = desk.settings;
  const view = desk.market.get(signal.symbol);
  if (view === undefined) return deny('no_quote');
  if (view.instrument.kind === 'dex_token') {
    const danger = tokenDanger(desk.tokens.get(signal.symbol), turn.now);
    if (danger !== undefined) return deny('token_unsafe', danger.limit, danger.actual);
  }
  const age = turn.now - view.at;
  const oldest = risk.quote_stale_ms + view.naturalAgeMs;
  if (age > oldest) return deny('quote_stale', oldest, age);
  const spread = ((2 * view.halfSpread) / view.price) * 100;
  if (spread > risk.max_spread_pct) return deny('spread_too_wide', risk.max_spread_pct, rounded(spread));
  const distance = Math.abs(view.price / signal.reference_price - 1) * 100;
  if (!(distance <= risk.price_collar_pct))
    return deny('price_collar', risk.price_collar_pct, Number.isFinite(distance) ? rounded(distance) : null);
  const rate = desk.market.rate(view.instrument);
  if (rate === undefined) return deny('no_conversion', 'a rate into the account currency', signal.symbol);
  const turnover = desk.statistics.hourlyTurnover(signal.symbol) ?? view.hourlyTurnover;
  if (turnover !== undefined && turnover * rate < risk.minimum_hourly_turnover)
    return deny('insufficient_liquidity', risk.minimum_hourly_turnover, rounded(turnover * rate));
  return undefined;
}
