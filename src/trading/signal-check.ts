// Whether a signal is a sound claim at all, before anybody asks whether it is allowed. What arrives may be anything.
// It must never throw, and never repeat a stranger's text unbounded.
import type { Signal } from '../shared/domain/signal.ts';
import { dayMs, type EpochMs, minuteMs } from '../shared/domain/time.ts';

/** A claim may not live longer, nor come from further ahead of our clock. */
const maxLifeMs = 30 * dayMs;
const maxAheadMs = 5 * minuteMs;
/** A range larger than this share of the price is a fault of the feed, not a market. */
const maxRangeShare = 0.5;
const maxIdLength = 128;
const maxPrice = 1e12;

/** What is wrong with the claim, or undefined. */
export function signalDefect(signal: Signal, now: EpochMs): string | undefined {
  const { signal_id, symbol, action, confidence, issued_at, expires_at } = signal;
  if (!isText(signal_id)) return 'no signal id';
  if (!isText(symbol)) return 'no symbol';
  if (action !== 'BUY' && action !== 'SELL' && action !== 'CLOSE') return 'unknown action';
  if (!isNumber(confidence) || confidence < 0 || confidence > 1) return 'confidence is not within 0..1';
  if (!Number.isSafeInteger(expires_at)) return 'no expiry';
  if (!Number.isSafeInteger(issued_at)) return 'no instant of issue';
  if (issued_at > now + maxAheadMs) return 'issued in the future';
  if (expires_at - issued_at > maxLifeMs) return 'lives too long';
  if (action === 'CLOSE') return undefined;
  const { reference_price, average_true_range } = signal;
  if (!isNumber(reference_price) || !(reference_price > 0)) return 'no reference price';
  if (reference_price > maxPrice) return 'absurd reference price';
  if (!isNumber(average_true_range) || !(average_true_range > 0)) return 'no average true range';
  if (average_true_range > maxRangeShare * reference_price) return 'absurd average true range';
  return undefined;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= maxIdLength;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** The text, or a mark that there is none, cut to a length that a row may hold. */
export function shownText(value: unknown): string {
  return typeof value === 'string' && value.length > 0 ? value.slice(0, maxIdLength) : '(none)';
}
