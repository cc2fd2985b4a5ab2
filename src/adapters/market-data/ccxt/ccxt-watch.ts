// Keeps one websocket subscription of ccxt going: asks for the next update for ever, backs off with jitter on errors.
// ccxt dials by itself when the next update is asked for.
import { minuteMs, secondMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { Alarms } from '../shared/alarms.ts';
import { faultOf, messageOf } from './ccxt-errors.ts';

const firstRetryDelayMs = secondMs;
const maxRetryDelayMs = minuteMs;
const maxDoublings = 10;
/** A venue that does not know the subscription is not asked again before this. */
const refusedRetryMs = 10 * minuteMs;

export interface CcxtWatchOptions {
  readonly clock: Clock;
  readonly alarms: Alarms;
  /** Uniform in [0, 1), for the jitter. */
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Resolves with the next update. */
  readonly next: () => Promise<unknown>;
  readonly update: (update: unknown) => void;
  readonly lost: (reason: string) => void;
}

/** Runs until the signal aborts or the venue does not offer the subscription at all; never rejects. */
export async function keepWatching(options: CcxtWatchOptions): Promise<void> {
  const { alarms, random, signal, next, update, lost } = options;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const news = await next();
      if (signal.aborted) return;
      update(news);
      failures = 0;
      // A venue that floods must not keep timers and other sockets waiting.
      await new Promise((resolve) => setImmediate(resolve));
    } catch (error) {
      if (signal.aborted) return;
      const fault = faultOf(error);
      lost(messageOf(error));
      if (fault === 'unsupported') return;
      const lasting = fault === 'refused' || fault === 'unknown-symbol';
      const doubled = firstRetryDelayMs * 2 ** Math.min(failures, maxDoublings);
      const limitMs = lasting ? refusedRetryMs : Math.min(maxRetryDelayMs, doubled);
      failures += 1;
      await alarms.sleep(Math.ceil(limitMs * (0.5 + 0.5 * random())), signal);
    }
  }
}
