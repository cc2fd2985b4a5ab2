// Signed addresses for call-backs: whoever holds one was called by us for this attempt of this task, until it expires.
// It must never take longer for a better guess.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { EpochMs } from '../../../shared/domain/time.ts';

export interface CallbackClaim {
  readonly taskId: string;
  readonly attempt: number;
  readonly expiresAt: EpochMs;
  /** Hex of HMAC-SHA256. */
  readonly signature: string;
}

/** Path and query of the call-back of one attempt. */
export function callbackPath(secret: string, taskId: string, attempt: number, expiresAt: EpochMs): string {
  const signature = signatureOf(secret, taskId, attempt, expiresAt);
  return `/workflows/callback/${encodeURIComponent(taskId)}?attempt=${attempt}&expires=${expiresAt}&signature=${signature}`;
}

/** True for an unexpired claim that was signed with this secret. */
export function isGenuine(secret: string, claim: CallbackClaim, now: EpochMs): boolean {
  const expected = signatureOf(secret, claim.taskId, claim.attempt, claim.expiresAt);
  const given = Buffer.from(claim.signature, 'utf8');
  const wanted = Buffer.from(expected, 'utf8');
  return given.length === wanted.length && timingSafeEqual(given, wanted) && now <= claim.expiresAt;
}

function signatureOf(secret: string, taskId: string, attempt: number, expiresAt: EpochMs): string {
  return createHmac('sha256', secret).update(`${taskId}\n${attempt}\n${expiresAt}`).digest('hex');
}
