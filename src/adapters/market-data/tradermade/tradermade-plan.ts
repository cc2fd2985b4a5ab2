// What a plan of so many requests a month allows: how often prices are polled, and whether that makes candles.
import { dayMs, secondMs } from '../../../shared/domain/time.ts';

export const monthMs = 30.4375 * dayMs;
/** The forex week has 120 of 168 hours; nothing is polled outside it. */
const openShare = 120 / 168;
/** Part of the plan spent on polling; the rest fills gaps and history. */
const pollShare = 0.8;
const minPollMs = 5 * secondMs;
/** Fewer prices per minute than three say nothing about a minute's high and low. */
export const maxPollForCandlesMs = 20 * secondMs;

/** How often a plan allows to ask for prices, round the open hours of a month. */
export function pollIntervalMs(requestsPerMonth: number): number {
  return Math.max(minPollMs, Math.ceil((monthMs * openShare) / (requestsPerMonth * pollShare)));
}
