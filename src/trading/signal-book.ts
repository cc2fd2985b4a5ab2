// Ids of signals taken, so that a repeated one is refused until it expires; one small row each, in the order they came.
// It must never hold more than its limit: the oldest goes first, expired or not.
import type { StateReader, Turn } from '../kernel/agent.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import { maxRememberedSignals } from './limits.ts';

const rowPrefix = 'trading_ai/signal/';

export class SignalBook {
  /** When each expires, by signal id, oldest first. */
  readonly #expiries = new Map<string, EpochMs>();

  restore(state: StateReader): void {
    for (const [key, row] of state.all('agent_memory'))
      if (key.startsWith(rowPrefix)) this.#expiries.set(key.slice(rowPrefix.length), row.value as EpochMs);
  }

  has(signalId: string): boolean {
    return this.#expiries.has(signalId);
  }

  /** Remembers a signal that is not known yet, and forgets the oldest that are over or too many. */
  remember(signalId: string, expiresAt: EpochMs, turn: Turn): void {
    for (const [id, expiry] of this.#expiries) {
      if (expiry > turn.now && this.#expiries.size < maxRememberedSignals) break;
      this.#expiries.delete(id);
      turn.remove('agent_memory', rowPrefix + id);
    }
    this.#expiries.set(signalId, expiresAt);
    turn.put('agent_memory', rowPrefix + signalId, { agent: 'trading_ai', value: expiresAt });
  }
}
