// What must be remembered about each order of ours until it is final, one small row per order: a turn that sends one
// order must not rewrite what is known of all others.
import type { StateReader, Turn } from '../kernel/agent.ts';
import type { EpochMs } from '../shared/domain/time.ts';

const rowPrefix = 'trading_ai/intent/';

export interface Intent {
  readonly attempts: number;
  /** Entries are never sent after this; null for orders that reduce. */
  readonly expires_at: EpochMs | null;
}

export class IntentBook {
  readonly #intents = new Map<string, Intent>();

  restore(state: StateReader): void {
    for (const [key, row] of state.all('agent_memory'))
      if (key.startsWith(rowPrefix)) this.#intents.set(key.slice(rowPrefix.length), row.value as Intent);
  }

  get(clientOrderId: string): Intent | undefined {
    return this.#intents.get(clientOrderId);
  }

  save(clientOrderId: string, intent: Intent, turn: Turn): void {
    this.#intents.set(clientOrderId, intent);
    turn.put('agent_memory', rowPrefix + clientOrderId, { agent: 'trading_ai', value: intent });
  }

  /** The order is final; nothing happens when it was forgotten before. */
  forget(clientOrderId: string, turn: Turn): void {
    if (this.#intents.delete(clientOrderId)) turn.remove('agent_memory', rowPrefix + clientOrderId);
  }
}
