// Plays an exit plan over candles with entry and exit flags, as the published candle backtests do: a flag is acted on at
// the next open. It must never read a flag of the candle it acts in.
import { type CandlePrices, exitInCandle } from './exit-engine.ts';
import {
  type ExitPlan,
  type ExitReason,
  type ExitState,
  openExitState,
  type PositionSide,
  profitRatio,
} from './exit-plan.ts';

export interface FlaggedCandle extends CandlePrices {
  readonly index: number;
  readonly enter_long: boolean;
  readonly exit_long: boolean;
  readonly enter_short: boolean;
  readonly exit_short: boolean;
}

export interface ReplayedTrade {
  readonly side: PositionSide;
  readonly open_index: number;
  readonly close_index: number;
  readonly exit_reason: ExitReason;
  readonly profit_ratio: number;
}

interface OpenPosition {
  readonly opened: FlaggedCandle;
  readonly state: ExitState;
}

/** Every trade that the flags and the plan make; what is still open at the end leaves at the last candle's open. */
export function replayExits(
  plan: ExitPlan,
  candles: readonly FlaggedCandle[],
  timeframeMinutes: number,
): ReplayedTrade[] {
  const trades: ReplayedTrade[] = [];
  let held: OpenPosition | undefined;
  let before: FlaggedCandle | undefined;
  const last = candles.at(-1);
  /** Lets the candle meet the position; what is left of it. */
  const meet = (position: OpenPosition, candle: FlaggedCandle): OpenPosition | undefined => {
    const { exit, state } = exitInCandle(plan, position.state, candle, {
      age_minutes: (candle.index - position.opened.index) * timeframeMinutes,
      timeframe_minutes: timeframeMinutes,
      exit_signal: before !== undefined && wantsExit(before, position.state.side),
      average_true_range: null,
    });
    if (exit === undefined) return { ...position, state };
    trades.push(closed(plan, position, candle, exit.reason, exit.price));
    return undefined;
  };
  for (const candle of candles) {
    const wanted = before === undefined || candle === last ? undefined : wantedEntry(before);
    const heldSide = held?.state.side;
    if (held === undefined && wanted !== undefined) held = opened(plan, wanted, candle);
    if (held !== undefined) held = meet(held, candle);
    // A position that closes may be reversed in the same candle, but not entered again on its own side.
    const reverses = heldSide !== undefined && wanted !== undefined && wanted !== heldSide;
    if (held === undefined && reverses) held = meet(opened(plan, wanted, candle), candle);
    before = candle;
  }
  if (held !== undefined && last !== undefined)
    trades.push(closed(plan, held, last, 'force_exit', last.open));
  return trades;
}

/** An entry flag counts when nothing of the same candle speaks against it. */
function wantedEntry(candle: FlaggedCandle): PositionSide | undefined {
  const { enter_long, enter_short, exit_long, exit_short } = candle;
  if (enter_long && !exit_long && !enter_short) return 'long';
  return enter_short && !exit_short && !enter_long ? 'short' : undefined;
}

/** An exit flag beside an entry flag of the same side means nothing. */
function wantsExit(candle: FlaggedCandle, side: PositionSide): boolean {
  return side === 'long' ? candle.exit_long && !candle.enter_long : candle.exit_short && !candle.enter_short;
}

function opened(plan: ExitPlan, side: PositionSide, candle: FlaggedCandle): OpenPosition {
  return { opened: candle, state: openExitState(plan, side, candle.open) };
}

function closed(
  plan: ExitPlan,
  position: OpenPosition,
  candle: FlaggedCandle,
  reason: ExitReason,
  price: number,
): ReplayedTrade {
  const { side, entry_price } = position.state;
  return {
    side,
    open_index: position.opened.index,
    close_index: candle.index,
    exit_reason: reason,
    profit_ratio: profitRatio(side, entry_price, price, plan.fee, plan.leverage),
  };
}
