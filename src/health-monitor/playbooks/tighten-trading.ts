// Tightens trading to reducing when the markets have been invisible for long or a critical resource is exhausted.
// It must never loosen: only a person does. A person who resumes within the same episode is not overruled.
import type { EpochMs } from '../../shared/domain/time.ts';
import { durationText } from '../duration-text.ts';
import { blindTightenMs, exhaustionTightenMs, tightenVerifyMs } from '../limits.ts';
import type { HealContext, Patient, Playbook } from './playbook.ts';

/** Without disk nothing can be committed, without memory nothing runs, and with a wrong clock prices have the wrong age. */
const exhaustible = ['disk_low', 'heap_growth', 'clock_skew'] as const;

/** Causes that lead to tightening while they last, each with the moment from which it is justified. */
function grounds(context: HealContext): { readonly cause: string; readonly dueAt: EpochMs }[] {
  const found: { cause: string; dueAt: EpochMs }[] = [];
  const blind = context.sources.blindCause(context.now);
  const state = blind === undefined ? undefined : context.book.get(blind);
  if (state?.active === true) found.push({ cause: state.cause, dueAt: state.active_since + blindTightenMs });
  for (const cause of exhaustible) {
    const resource = context.book.get(cause);
    if (resource?.active === true && resource.level === 'critical')
      found.push({ cause, dueAt: resource.level_since + exhaustionTightenMs });
  }
  return found;
}

export const tightenTrading: Playbook = {
  name: 'tighten_trading',
  // It makes trading careful; the cause stays.
  treats: () => false,
  attemptLimit: () => 2,
  verifyMs: () => tightenVerifyMs,
  repeats: false,
  deed: 'tighten trading to reducing',

  backoffMs: () => 0,

  patients(context): Patient[] {
    return grounds(context)
      .filter(({ dueAt }) => dueAt <= context.now)
      .map(({ cause }) => ({ target: cause, cause }));
  },

  healed: (_target, { trading }) => trading.known && trading.state !== 'active',
  describe: (_target, { trading }) =>
    trading.known ? `trading is ${trading.state}` : 'trading has not reported',

  act(target, _attempt, turn, { book, now }) {
    const since = book.get(target)?.active_since ?? now;
    const reason = `${target} has lasted ${durationText(now - since)}; only a person loosens this`;
    turn.emit('trading.tighten', { state: 'reducing', reason }, { to: 'trading_ai' });
  },

  nextPatientAt(context) {
    const due = grounds(context)
      .map(({ dueAt }) => dueAt)
      .filter((dueAt) => dueAt > context.now);
    return due.length === 0 ? undefined : Math.min(...due);
  },
};
