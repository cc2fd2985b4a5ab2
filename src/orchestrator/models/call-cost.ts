// What one call is booked at before it is made, and what it came to after it.
import type { ModelFault, ModelReply, ModelRung } from '../../shared/domain/model.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import type { CallSize } from './ladder.ts';
import { microUsdOf } from './ledger.ts';
import type { PendingConsult, Reservation } from './model-memory.ts';

/** Largest answer that is asked for; reasoning counts as output. */
export const maxOutputTokens = 900;

export interface Cost {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly micro_usd: number;
}

export const noCost = { input_tokens: 0, output_tokens: 0, micro_usd: 0, latency_ms: 0 } as const;

/** Faults after which the provider has certainly not worked on the request. */
const unusedFaults: ReadonlySet<string> = new Set<ModelFault>([
  'rate_limited',
  'quota_exhausted',
  'too_large',
  'unauthorised',
  'unknown_model',
]);

export function costOf(rung: ModelRung, { reservation }: PendingConsult, reply: ModelReply): Cost {
  if (unusedFaults.has(reply.outcome)) return { input_tokens: 0, output_tokens: 0, micro_usd: 0 };
  const { input_tokens, output_tokens } = reply;
  if (input_tokens === null || output_tokens === null)
    return {
      input_tokens: Math.max(0, reservation.tokens - maxOutputTokens),
      output_tokens: maxOutputTokens,
      micro_usd: reservation.micro_usd,
    };
  return { input_tokens, output_tokens, micro_usd: microUsdOf(rung, input_tokens, output_tokens) };
}

export function reservationOf(
  rung: ModelRung,
  { inputTokens, outputTokens }: CallSize,
  at: EpochMs,
): Reservation {
  return { at, tokens: inputTokens + outputTokens, micro_usd: microUsdOf(rung, inputTokens, outputTokens) };
}
