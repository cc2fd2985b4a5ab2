// Leads open positions out by the exit engine: with each closed candle the stop may follow, and age or a later target may
// end the position. What it needs beyond the position's row is durable and changes rarely, so a restart changes nothing.
// It must never loosen a stop, and never take the old one away before the new one stands.
import type { Turn } from '../kernel/agent.ts';
import type { ExitSettings } from '../shared/domain/agent-settings.ts';
import { type Candle, closeTimeOf } from '../shared/domain/candle.ts';
import { isTimeUp, moveStop } from '../shared/domain/exit-engine.ts';
import {
  type ExitPlan,
  type ExitState,
  isBetter,
  profitRatio,
  targetStepAt,
} from '../shared/domain/exit-plan.ts';
import type { Instrument } from '../shared/domain/instrument.ts';
import { addDecimal, compareDecimal, decimalNumber, roundToStep } from '../shared/domain/money.ts';
import type { Order } from '../shared/domain/order.ts';
import type { Position } from '../shared/domain/position.ts';
import { minuteMs } from '../shared/domain/time.ts';
import type { Desk } from './desk.ts';
import { liveStops, openQuantity, requestExit, tightenStop } from './exits.ts';
import { breakEvenSpreads, stopMovePauseMs, stopMoveShare } from './limits.ts';
import { cancelOrder } from './order-executor.ts';
import { type ExitRecord, withEntry } from './trading-memory.ts';

const hourMinutes = 60;

/** Lets a closed candle meet the open position of its symbol. */
export function watchExits(desk: Desk, candle: Candle, turn: Turn): void {
  const settings = desk.settings.exits;
  const position = desk.positions.get(candle.symbol);
  if (settings === undefined || position === undefined || position.close_reason !== null) return;
  // Halted means that nothing is sent but what a person asks for; the standing stop keeps protecting.
  if (desk.state?.state === 'halted' || desk.awaitingTruth || position.stop_price === null) return;
  const instrument = desk.market.instrument(position.symbol);
  if (instrument === undefined || desk.liveEntry(position.symbol) !== undefined) return;
  const record = recordOf(desk, position);
  const plan = planOf(settings, position, record, instrument);
  const ending = endOf(plan, position, candle, turn.now);
  if (ending !== undefined) {
    requestExit(desk, position, ending, turn);
    return;
  }
  const stops = liveStops(desk, position);
  if (retireLooserStops(desk, position, stops, turn)) return;
  // Prices from before the position say nothing about it.
  if (candle.openTime < position.opened_at) return;
  follow(desk, position, record, plan, candle, stops, turn);
}

function recordOf(desk: Desk, position: Position): ExitRecord {
  const known = desk.memory.exits[position.id];
  if (known !== undefined) return known;
  const entry = decimalNumber(position.average_entry_price);
  const risk = Math.abs(entry - decimalNumber(position.stop_price ?? '0'));
  const record: ExitRecord = { risk, best_price: entry, moved_at: null };
  desk.remember({ exits: withEntry(desk.memory.exits, position.id, record) });
  return record;
}

function planOf(
  settings: ExitSettings,
  position: Position,
  record: ExitRecord,
  instrument: Instrument,
): ExitPlan {
  const risk = record.risk / decimalNumber(position.average_entry_price);
  const { trailing } = settings;
  return {
    stop: risk,
    targets: settings.target_steps,
    trailing:
      trailing === 'none'
        ? null
        : trailing === 'percent'
          ? {
              kind: 'percent',
              distance: settings.trailing_pct / 100,
              positive: null,
              offset: settings.trailing_offset_pct / 100,
              only_after_offset: true,
            }
          : { kind: trailing, multiple: settings.trailing_atr_multiple },
    break_even:
      settings.break_even_at_risk > 0 && risk > 0
        ? { trigger: settings.break_even_at_risk * risk, lock: breakEvenSpreads * instrument.typicalSpread }
        : null,
    time_limit_minutes: settings.time_limit_hours > 0 ? settings.time_limit_hours * hourMinutes : null,
    signal_exit: true,
    candle_model: 'resting',
    fee: 0,
    leverage: 1,
  };
}

/** Why the position leaves at market now, or undefined. */
function endOf(plan: ExitPlan, position: Position, candle: Candle, now: number): string | undefined {
  const age = Math.floor((now - position.opened_at) / minuteMs);
  if (isTimeUp(plan, age)) return 'time_limit';
  const step = targetStepAt(plan.targets, age);
  if (step === undefined || closeTimeOf(candle) < position.opened_at) return undefined;
  const entry = decimalNumber(position.average_entry_price);
  return profitRatio(position.side, entry, candle.close) > step.profit ? 'roi' : undefined;
}

/** Moves the stop when the plan asks for it and the way is worth two requests. */
function follow(
  desk: Desk,
  position: Position,
  record: ExitRecord,
  plan: ExitPlan,
  candle: Candle,
  stops: readonly Order[],
  turn: Turn,
): void {
  const stopPrice = decimalNumber(position.stop_price ?? '0');
  const state: ExitState = {
    side: position.side,
    entry_price: decimalNumber(position.average_entry_price),
    stop_price: stopPrice,
    stop_kind: 'initial',
    stop_distance: plan.stop,
    best_price: record.best_price,
  };
  const next = moveStop(plan, state, candle, record.risk / desk.settings.risk.stop_atr_multiple);
  const step = record.risk * stopMoveShare;
  const bestMoved = Math.abs(next.best_price - record.best_price) >= step && step > 0;
  const stopMoved = Math.abs(next.stop_price - stopPrice) >= step && step > 0;
  const paused = record.moved_at !== null && turn.now - record.moved_at < stopMovePauseMs;
  if (!bestMoved && (!stopMoved || paused)) return;
  const moves = stopMoved && !paused && stops.length > 0;
  const kept: ExitRecord = {
    ...record,
    best_price: next.best_price,
    moved_at: moves ? turn.now : record.moved_at,
  };
  desk.remember({ exits: withEntry(desk.memory.exits, position.id, kept) });
  if (!moves) return;
  if (!isBetter(position.side, candle.close, next.stop_price)) {
    requestExit(desk, position, 'trailing stop passed', turn);
    return;
  }
  const priceStep = desk.market.instrument(position.symbol)?.priceStep ?? '0.00000001';
  const level = roundToStep(next.stop_price, priceStep);
  if (isBetter(position.side, decimalNumber(level), stopPrice)) tightenStop(desk, position, level, turn);
}

/**
 * Cancels stops behind the closest one once that is known to stand for the whole position. Where the closest one was
 * refused, the position goes back to the stop that truly stands. True while a replacement is under way.
 */
function retireLooserStops(desk: Desk, position: Position, stops: readonly Order[], turn: Turn): boolean {
  const wanted = position.stop_price;
  if (wanted === null || stops.length === 0) return false;
  const atLevel = stops.filter((order) => order.price === wanted);
  if (atLevel.length === 0) {
    const standing = closest(position, stops);
    if (standing?.price != null)
      desk.changePosition({ ...position, stop_price: standing.price, updated_at: turn.now }, turn);
    return true;
  }
  if (stops.length === atLevel.length) return false;
  const accepted = atLevel.filter((order) => order.state === 'accepted');
  const covered = accepted.reduce((sum, order) => addDecimal(sum, openQuantity(order)), '0');
  if (compareDecimal(covered, position.quantity) >= 0)
    for (const order of stops)
      if (order.price !== wanted && order.state !== 'partially_filled')
        cancelOrder(desk, order, 'replaced by a closer stop', turn);
  return true;
}

function closest(position: Position, stops: readonly Order[]): Order | undefined {
  let found: Order | undefined;
  for (const order of stops)
    if (found === undefined || isBetter(position.side, Number(order.price), Number(found.price)))
      found = order;
  return found;
}
