// The bounded inbox. Order of a batch: time, then source rank, then arrival; written once, here.
import type { OriginName } from '../shared/domain/agent-name.ts';
import type { KernelInput } from './kernel.ts';

/** Lower goes first among inputs of the same instant: what a broker says is older than the price that follows it. */
const sourceRank: Readonly<Record<OriginName, number>> = {
  kernel: 0,
  broker: 1,
  operator: 2,
  workflow: 3,
  market: 4,
  system: 5,
  model: 5,
  analyst_ai: 6,
  trading_ai: 6,
  orchestrator_ai: 6,
  health_ai: 6,
};

/** Beyond this many waiting inputs, quotes are dropped (a newer one follows); anything else is kept. */
const maxWaitingInputs = 20_000;

/** One rank for all that comes over the relay: what one sender said must keep its order, whoever it speaks for. */
const relayedRank = 6;

interface Waiting {
  readonly input: KernelInput;
  readonly rank: number;
  readonly arrival: number;
}

export class Inbox {
  #waiting: Waiting[] = [];
  #arrivals = 0;
  #droppedQuotes = 0;

  get depth(): number {
    return this.#waiting.length;
  }

  get droppedQuotes(): number {
    return this.#droppedQuotes;
  }

  /** Accepts an input; false when it was a quote and the inbox is full. */
  push(input: KernelInput, relayed = false): boolean {
    if (this.#waiting.length >= maxWaitingInputs && input.message_type === 'market.quotes') {
      this.#droppedQuotes++;
      return false;
    }
    const rank = relayed ? relayedRank : sourceRank[input.from];
    this.#waiting.push({ input, rank, arrival: this.#arrivals++ });
    return true;
  }

  /** Removes and returns up to `limit` inputs in order. */
  take(limit: number): KernelInput[] {
    if (this.#waiting.length === 0) return [];
    this.#waiting.sort(compareWaiting);
    return this.#waiting.splice(0, limit).map((waiting) => waiting.input);
  }
}

function compareWaiting(left: Waiting, right: Waiting): number {
  return left.input.at - right.input.at || left.rank - right.rank || left.arrival - right.arrival;
}
