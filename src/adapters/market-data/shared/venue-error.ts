// What can go wrong when a venue is asked something, in few enough kinds that a source can act on each.
import type { EpochMs } from '../../../shared/domain/time.ts';

export type VenueFault =
  | 'rate-limited'
  | 'over-budget'
  | 'unknown-symbol'
  /** Key wrong or revoked: asking again does not help. */
  | 'unauthorized'
  /** The plan does not include this. */
  | 'not-in-plan'
  /** The market is closed or there is nothing for the time asked about; not an error of anybody. */
  | 'no-data'
  | 'refused'
  | 'unreachable'
  | 'malformed'
  | 'aborted';

export class VenueError extends Error {
  override readonly name = 'VenueError';
  readonly fault: VenueFault;
  /** When it makes sense to ask again; null when nothing is known. */
  readonly retryAt: EpochMs | null;

  constructor(fault: VenueFault, message: string, retryAt: EpochMs | null = null) {
    super(message);
    this.fault = fault;
    this.retryAt = retryAt;
  }
}
