// Why a call failed, in the house's words, from status, error body and network error. It must never throw.
import { APICallError } from '@ai-sdk/provider';
import { z } from 'zod';
import type { ModelFault } from '../../../shared/domain/model.ts';
import { BodyTooLong } from './bounded-fetch.ts';

/** The error bodies of all vendors; every part may be missing. */
const errorBody = z.object({
  error: z.object({
    message: z.string().optional().catch(undefined),
    type: z.string().nullish().catch(undefined),
    code: z.union([z.string(), z.number()]).nullish().catch(undefined),
    failed_generation: z.string().optional().catch(undefined),
  }),
});

export interface Failure {
  readonly fault: ModelFault;
  readonly detail: string;
  /** What the model had written, where the provider refused to pass it on as an answer. */
  readonly failedText: string | undefined;
}

export function classifyFailure(error: unknown): Failure {
  if (error instanceof BodyTooLong) return plain('unreadable', error.message);
  if (isAbort(error)) return plain('timeout', 'no answer within the deadline');
  if (!APICallError.isInstance(error)) return plain('unreachable', messageOf(error));
  const { statusCode } = error;
  if (statusCode === undefined)
    return isAbort(error.cause)
      ? plain('timeout', 'no answer within the deadline')
      : plain('unreachable', networkText(error));
  if (statusCode < 400) return plain('unreadable', `status ${statusCode} with a body that is not an answer`);
  const body = parsedBody(error.responseBody);
  const code = String(body?.code ?? body?.type ?? '');
  const detail = `status ${statusCode}${code === '' ? '' : ` ${code}`}: ${body?.message ?? error.message}`;
  return { fault: faultOf(statusCode, code, body?.type ?? ''), detail, failedText: body?.failed_generation };
}

function faultOf(status: number, code: string, type: string): ModelFault {
  if (/insufficient_quota|billing|credit/i.test(`${code} ${type}`)) return 'quota_exhausted';
  if (/model_not_found|model_decommissioned|model_not_active/i.test(code)) return 'unknown_model';
  if (/context_length_exceeded/i.test(code)) return 'too_large';
  if (status === 429) return 'rate_limited';
  if (status === 401 || status === 403) return 'unauthorised';
  if (status === 402) return 'quota_exhausted';
  if (status === 404) return 'unknown_model';
  if (status === 413) return 'too_large';
  if (status === 408) return 'timeout';
  // 498 is Groq's "capacity exceeded", 529 Anthropic's "overloaded".
  if (status === 498 || status >= 500) return 'overloaded';
  return 'refused_request';
}

function parsedBody(text: string | undefined): z.output<typeof errorBody>['error'] | undefined {
  try {
    return errorBody.parse(JSON.parse(text ?? '')).error;
  } catch {
    return undefined;
  }
}

function plain(fault: ModelFault, detail: string): Failure {
  return { fault, detail, failedText: undefined };
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
}

function networkText(error: Error): string {
  const { cause } = error;
  return cause instanceof Error && cause.message !== ''
    ? `${error.message} (${cause.message})`
    : error.message;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
