// Bounds that every relay keeps, so that one is as safe as the other.
import { setTimeout as delay } from 'node:timers/promises';

export interface RelayLimits {
  /** Messages of one queue that may wait; more are refused at the sender. */
  readonly maxWaiting: number;
  /** A message begun this often without an end goes to the dead letters. */
  readonly maxDeliveries: number;
  /** The server must answer within this time, or the connection counts as lost. */
  readonly answerTimeoutMs: number;
}

export const defaultRelayLimits: RelayLimits = {
  maxWaiting: 200_000,
  maxDeliveries: 20,
  answerTimeoutMs: 4_000,
};

/** Messages handed to a reader at once. */
export const maxBatchMessages = 256;
export const maxDeadLetters = 10_000;
const firstPauseMs = 50;
const maxPauseMs = 2_000;

/** Growing waits between attempts; a success starts them anew. */
export class Pauses {
  #failures = 0;

  succeeded(): void {
    this.#failures = 0;
  }

  async failed(): Promise<void> {
    await delay(Math.min(maxPauseMs, firstPauseMs * 2 ** Math.min(this.#failures++, 10)));
  }
}

/** Rejects when the work takes longer; the work itself is left to its end. */
export async function inTime<Value>(timeoutMs: number, work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

export function wordsOf(error: unknown): string {
  return (error instanceof Error ? error.message || error.name : String(error)).slice(0, 300);
}

/** The address without user and password. */
export function shownAddress(url: string): string {
  try {
    const { protocol, host } = new URL(url);
    return `${protocol}//${host}`;
  } catch {
    return 'RELAY_URL';
  }
}
