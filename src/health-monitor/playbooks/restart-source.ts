// Renews the connection of a market source that does not deliver.
import { causeKey } from '../cause-kinds.ts';
import {
  restartAttemptLimit,
  restartFirstBackoffMs,
  restartMaxBackoffMs,
  restartVerifyMs,
} from '../limits.ts';
import type { Patient, Playbook } from './playbook.ts';

export const restartSource: Playbook = {
  name: 'restart_source',
  attemptLimit: restartAttemptLimit,
  verifyMs: restartVerifyMs,
  repeats: true,
  deed: 'restart the connection of the source',

  backoffMs: (attempt) => Math.min(restartMaxBackoffMs, restartFirstBackoffMs * 2 ** (attempt - 1)),

  patients({ book, sources, now }, forced) {
    const patients: Patient[] = [];
    for (const target of sources.names()) {
      if (!sources.isDown(target, now)) continue;
      const own = causeKey('source_stale', target);
      if (book.isOpen(own) || forced) patients.push({ target, cause: own });
      else if (book.isOpen('network')) patients.push({ target, cause: 'network' });
    }
    return patients;
  },

  healed: (target, { sources }) => sources.isRecovered(target),
  describe: (target, { sources, now }) => sources.describe(target, now),

  act(target, attempt, turn, { sources, now }) {
    const reason = `attempt ${attempt} of ${restartAttemptLimit}: it is ${sources.describe(target, now)}`;
    turn.effect('market.restart_source', { source: target, reason });
  },

  nextPatientAt: () => undefined,
};
