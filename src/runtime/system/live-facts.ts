// What the runtime knows of itself at this moment, gathered from committed messages and from its parts.
import type { AnyMessage } from '../../shared/bus/message.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import type { SystemVitals } from '../../shared/domain/vitals.ts';
import type { LoadedState, StoreHealth } from '../../shared/ports/store.ts';

type Listener = (messages: readonly AnyMessage[]) => void;

export class LiveFacts {
  readonly #listeners = new Set<Listener>();
  #vitals: SystemVitals | null = null;
  #nextDecisionAt: EpochMs | null = null;
  #running: boolean | null;
  #lastCommitAt: EpochMs | null = null;
  #storeHealth: StoreHealth;
  #failure: string | null = null;

  constructor(storeHealth: StoreHealth, running: boolean | null) {
    this.#storeHealth = storeHealth;
    this.#running = running;
  }

  get vitals(): SystemVitals | null {
    return this.#vitals;
  }

  get nextDecisionAt(): EpochMs | null {
    return this.#nextDecisionAt;
  }

  get running(): boolean | null {
    return this.#running;
  }

  get lastCommitAt(): EpochMs | null {
    return this.#lastCommitAt;
  }

  get storeHealth(): StoreHealth {
    return this.#storeHealth;
  }

  /** Why the loop no longer commits; null while it does. */
  get failure(): string | null {
    return this.#failure;
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Hears committed messages in order and passes them on; a listener's failure never reaches the loop. */
  committed(messages: readonly AnyMessage[], at: EpochMs, onListenerError: (error: unknown) => void): void {
    this.#lastCommitAt = at;
    for (const message of messages) this.#remember(message);
    for (const listener of this.#listeners) {
      try {
        listener(messages);
      } catch (error) {
        onListenerError(error);
      }
    }
  }

  storeChecked(health: StoreHealth): void {
    this.#storeHealth = health;
  }

  failed(reason: string): void {
    this.#failure = reason;
  }

  #remember(message: AnyMessage): void {
    if (message.message_type === 'system.vitals') this.#vitals = message.data;
    else if (message.message_type === 'decision') this.#nextDecisionAt = message.data.next_decision_at;
    else if (message.message_type === 'operator.command') {
      if (message.data.command === 'start') this.#running = true;
      else if (message.data.command === 'stop') this.#running = false;
    }
  }
}

/** An operator's stop survives a restart: the orchestrator keeps it in its own memory. */
export function decidesAfterStart(loaded: LoadedState): boolean {
  const control = loaded.rows.agent_memory.get('orchestrator_ai/control')?.value as
    | { readonly paused?: boolean }
    | undefined;
  return control?.paused !== true;
}
