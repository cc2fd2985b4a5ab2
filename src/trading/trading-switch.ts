// The switch over all trading. Agents and limits only ever tighten it; only a person loosens it. It survives restarts.
import type { Turn } from '../kernel/agent.ts';
import type { OperatorCommand } from '../shared/bus/catalogue.ts';
import { isTighter, type TradingState } from '../shared/domain/trading-state.ts';
import type { Desk } from './desk.ts';
import { requestExit } from './exits.ts';
import { cancelOrder } from './order-executor.ts';
import { drawdownPct, equityOf, recordEquity } from './portfolio.ts';

/** Writes the configured first state when there is none yet. */
export function ensureState(desk: Desk, turn: Turn): void {
  if (desk.state === undefined)
    change(desk, desk.settings.initial_trading_state, 'system', 'initial state from the settings', turn);
}

/** Live trading starts halted every time, not only at the first: what happened meanwhile, a person has to look at. */
export function haltAtStart(desk: Desk, turn: Turn): void {
  if (desk.settings.initial_trading_state === 'halted')
    tighten(desk, 'halted', 'system', 'live trading starts halted', turn);
}

function change(desk: Desk, state: TradingState, by: string, reason: string, turn: Turn): void {
  desk.state = { state, by, reason, since: turn.now };
  turn.put('trading_state', 'current', desk.state);
  turn.emit('trading.state_changed', desk.state);
  desk.requestSummary();
  if (state !== 'active') cancelEntries(desk, state, turn);
}

/** A state that is asked for again is no change and is not told as one; entries are cancelled again all the same. */
function changeOrRepeat(
  desk: Desk,
  state: 'halted' | 'reducing',
  command: OperatorCommand,
  turn: Turn,
): void {
  if (desk.state?.state === state) cancelEntries(desk, state, turn);
  else change(desk, state, command.by, command.reason, turn);
}

function cancelEntries(desk: Desk, state: TradingState, turn: Turn): void {
  for (const order of [...desk.orders.values()])
    if (!order.reduce_only && order.state !== 'cancel_requested')
      cancelOrder(desk, order, `trading is ${state}`, turn);
}

/** Changes the state only when the new one permits less. */
export function tighten(desk: Desk, state: TradingState, by: string, reason: string, turn: Turn): void {
  const current = desk.state?.state ?? desk.settings.initial_trading_state;
  if (isTighter(state, current)) change(desk, state, by, reason.slice(0, 500), turn);
}

/** A person's command; commands that are not for trading are left alone. */
export function obey(desk: Desk, command: OperatorCommand, turn: Turn): void {
  if (command.dry_run) return;
  switch (command.command) {
    case 'halt':
      changeOrRepeat(desk, 'halted', command, turn);
      return;
    case 'reduce_only':
      changeOrRepeat(desk, 'reducing', command, turn);
      return;
    case 'resume':
      if (desk.state?.state === 'active') return;
      // Who resumes accepts the losses so far: the drawdown is measured anew from here, else it would halt at once.
      desk.remember({ peak_equity: equityOf(desk) });
      change(desk, 'active', command.by, command.reason, turn);
      recordEquity(desk, turn);
      return;
    case 'close_position':
      if (command.symbol !== null) closeSymbol(desk, command.symbol, command, turn);
      return;
    case 'close_all': {
      const symbols = new Set([
        ...desk.positions.keys(),
        ...[...desk.orders.values()].map((row) => row.symbol),
      ]);
      for (const symbol of [...symbols].sort()) closeSymbol(desk, symbol, command, turn);
      return;
    }
    default:
  }
}

/** A person closes: the position at market, in every state of trading, and whatever entry is under way. */
function closeSymbol(desk: Desk, symbol: string, command: OperatorCommand, turn: Turn): void {
  const reason = `closed by ${command.by}: ${command.reason}`.slice(0, 200);
  const position = desk.positions.get(symbol);
  if (position !== undefined) {
    requestExit(desk, position, reason, turn);
    return;
  }
  const entry = desk.liveEntry(symbol);
  if (entry !== undefined && entry.state !== 'cancel_requested') cancelOrder(desk, entry, reason, turn);
}

/** Tightens to reducing when the fall from the peak reaches the limit. */
export function guardDrawdown(desk: Desk, turn: Turn): void {
  if ((desk.state?.state ?? desk.settings.initial_trading_state) !== 'active') return;
  const drawdown = drawdownPct(desk);
  const limit = desk.settings.risk.max_drawdown_pct;
  if (drawdown >= limit)
    tighten(
      desk,
      'reducing',
      'trading_ai',
      `drawdown ${drawdown.toFixed(2)} % reached the limit ${limit} %`,
      turn,
    );
}
