// The situation that a workflow is told it was started in, in plain values. It must never hold state.
import type { MarketMode } from '../shared/domain/mode.ts';
import type { SessionCalendar } from '../shared/domain/sessions.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import type { WorkflowContext } from '../shared/domain/workflow.ts';
import type { Observations } from './observations.ts';

export function workflowContext(
  mode: MarketMode,
  observed: Pick<Observations, 'market' | 'trading'>,
  calendar: SessionCalendar,
  now: EpochMs,
): WorkflowContext {
  const [crypto, forex] = [observed.market('crypto', now), observed.market('forex', now)];
  const { trading } = observed;
  return {
    mode,
    sessions_open: calendar.openSessions(now),
    crypto_activity: crypto?.activity ?? null,
    forex_activity: forex?.activity ?? null,
    crypto_volatility: crypto?.volatility ?? null,
    forex_volatility: forex?.volatility ?? null,
    trading_state: trading?.state ?? 'unknown',
    open_positions: trading?.open_positions ?? 0,
    equity: trading?.equity ?? null,
  };
}
