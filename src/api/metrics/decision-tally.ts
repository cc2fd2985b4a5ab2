// Counts decisions and how they turned out, continuing after a restart from what the store holds.
// "Successful" means: tasks finished and the promised effect was observed, never merely "did not throw".
import type { AnyMessage } from '../../shared/bus/message.ts';
import type { Decision } from '../../shared/domain/decision.ts';
import type { StoreReader } from '../../shared/ports/store.ts';

/** Newest decisions read at start; outcomes of older ones are not counted again. */
const primedDecisions = 1_000;
const primingAttempts = 5;
/** Messages held back while the store is read at start. */
const maxWaitingMessages = 10_000;

export class DecisionTally {
  #total = 0;
  #scored = 0;
  #successful = 0;
  #modeSwitches = 0;
  /** Decisions already counted from the store: true when their outcome was counted too. */
  #primed = new Map<string, boolean>();
  #waiting: AnyMessage[] | undefined = [];

  get total(): number {
    return this.#total;
  }
  get scored(): number {
    return this.#scored;
  }
  get successful(): number {
    return this.#successful;
  }
  get modeSwitches(): number {
    return this.#modeSwitches;
  }
  /**
   * Share of successful ones among all scored decisions; null before the first. A decision to run nothing promises that
   * nothing worth looking for is there: it succeeds and fails like any other.
   */
  get successRate(): number | null {
    return this.#scored === 0 ? null : this.#successful / this.#scored;
  }

  /**
   * Continues from the store: the exact number of decisions, and the outcomes and mode switches of the newest
   * ones. Rejects when the store does not answer; counting then begins at zero.
   */
  async prime(reader: StoreReader): Promise<void> {
    try {
      for (let attempt = 1; ; attempt++) {
        const before = await reader.count('decisions');
        const newest = await reader.list('decisions', { limit: primedDecisions });
        const after = await reader.count('decisions');
        // Equal counts mean that no decision was committed in between: list and count speak of one moment.
        if (before !== after && attempt < primingAttempts) continue;
        this.#total = after;
        for (const decision of newest) this.#countStored(decision);
        break;
      }
    } finally {
      const waiting = this.#waiting ?? [];
      this.#waiting = undefined;
      for (const message of waiting) this.observe(message);
    }
  }

  observe(message: AnyMessage): void {
    if (message.message_type !== 'decision' && message.message_type !== 'decision.scored') return;
    if (this.#waiting !== undefined) {
      if (this.#waiting.length < maxWaitingMessages) this.#waiting.push(message);
      return;
    }
    if (message.message_type === 'decision') {
      if (this.#primed.has(message.data.id)) return;
      this.#total++;
      if (message.data.mode !== message.data.previous_mode) this.#modeSwitches++;
    } else if (this.#primed.get(message.data.id) !== true) this.#countOutcome(message.data);
  }

  #countStored(decision: Decision): void {
    this.#primed.set(decision.id, decision.outcome !== null);
    if (decision.mode !== decision.previous_mode) this.#modeSwitches++;
    this.#countOutcome(decision);
  }

  #countOutcome({ outcome }: Pick<Decision, 'outcome'>): void {
    if (outcome === null) return;
    this.#scored++;
    if (outcome.successful) this.#successful++;
  }
}
