// Renews the connection of a market source that does not deliver, or delivers garbage, and asks for what was missed.
// Other sources of the same symbols have taken over meanwhile: the market hub hears the first one that can see.
import { minuteMs, secondMs } from '../../shared/domain/time.ts';
import { type CauseKind, causeKey, parseCause } from '../cause-kinds.ts';
import {
  restartAttemptLimit,
  restartFirstBackoffMs,
  restartMaxBackoffMs,
  restartVerifyMs,
} from '../limits.ts';
import type { HealContext, Patient, Playbook } from './playbook.ts';

/** Garbage this recent is still coming. */
const garbageFreshMs = 20 * secondMs;
const maxBackfilledSymbols = 100;
const maxBackfilledCandles = 1_500;
const backfillMarginCandles = 5;

const treatedKinds: readonly CauseKind[] = ['source_stale', 'network', 'quarantined'];

export const restartSource: Playbook = {
  name: 'source_down',
  treats: (cause) => treatedKinds.includes(parseCause(cause).kind),
  attemptLimit: () => restartAttemptLimit,
  verifyMs: () => restartVerifyMs,
  repeats: true,
  deed: 'restart the connection of the source and ask for what was missed',

  backoffMs: (attempt) => Math.min(restartMaxBackoffMs, restartFirstBackoffMs * 2 ** (attempt - 1)),

  patients(context, forced) {
    const { book, sources, now } = context;
    const patients: Patient[] = [];
    for (const target of sources.names()) {
      const own = causeKey('source_stale', target);
      if (!sources.isDown(target, now)) {
        if (isGarbage(target, context)) patients.push({ target, cause: causeKey('quarantined', target) });
      } else if (book.isOpen(own) || forced) patients.push({ target, cause: own });
      else if (book.isOpen('network')) patients.push({ target, cause: 'network' });
    }
    return patients;
  },

  healed: (target, context) => context.sources.isRecovered(target) && !isGarbage(target, context),
  describe(target, context) {
    const state = context.sources.describe(target, context.now);
    return isGarbage(target, context) ? `${state}; it delivers malformed rows` : state;
  },

  act(target, attempt, turn, { sources, now }) {
    const reason = `attempt ${attempt} of ${restartAttemptLimit}: it is ${sources.describe(target, now)}`;
    turn.effect('market.restart_source', { source: target, reason });
  },

  /** The gap since the trouble began, and a little more. */
  afterwards(target, { started_at, cause }, turn, { symbolsOf, book, now }) {
    const since = book.get(cause)?.active_since ?? started_at;
    const count = Math.min(maxBackfilledCandles, Math.ceil((now - since) / minuteMs) + backfillMarginCandles);
    for (const symbol of symbolsOf(target).slice(0, maxBackfilledSymbols))
      turn.effect('market.backfill', { symbol, count });
  },

  nextPatientAt: () => undefined,
};

function isGarbage(source: string, { book, now }: HealContext): boolean {
  const cause = causeKey('quarantined', source);
  const state = book.get(cause);
  return state !== undefined && book.isOpen(cause) && now - state.last_bad_at < garbageFreshMs;
}
