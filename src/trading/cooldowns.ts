// Pauses after losing trades: on the instrument after each, on everything after several in a row. Durable, bounded by expiry.
import type { EpochMs } from '../shared/domain/time.ts';
import type { Desk } from './desk.ts';
import { withEntry } from './trading-memory.ts';

/** Notes how a position ended; `realised` is after fees. */
export function noteResult(desk: Desk, symbol: string, realised: number, now: EpochMs): void {
  const { memory } = desk;
  if (realised >= 0) {
    if (memory.losses_in_a_row !== 0) desk.remember({ losses_in_a_row: 0 });
    return;
  }
  const { loss_cooldown_ms, loss_streak, loss_streak_cooldown_ms } = desk.settings.risk;
  const alive = Object.entries(memory.cooldowns).filter(([, until]) => until > now);
  const cooldowns = withEntry(Object.fromEntries(alive), symbol, now + loss_cooldown_ms);
  const losses = memory.losses_in_a_row + 1;
  if (loss_streak > 0 && losses >= loss_streak)
    desk.remember({ cooldowns, losses_in_a_row: 0, paused_until: now + loss_streak_cooldown_ms });
  else desk.remember({ cooldowns, losses_in_a_row: losses });
}
