// What an answer of a webhook means. Anybody's workflow may be behind it, so nothing is assumed of a reply except what
// n8n itself says with it; a reply in our own form is believed for what it claims, within bounds.
import { z } from 'zod';
import type { TaskResult } from '../../../shared/domain/task.ts';
import type { Exchange } from './http-exchange.ts';
import { quoted } from './reply-text.ts';

/**
 * `not_run`: the workflow certainly did not begin. `started`: it runs, the answer says nothing of its end.
 * `ended`: it says that it ended, well or badly. `unclear`: it ended with an answer that n8n also gives when a workflow
 * fails. `broken`: the call left and no answer came, so it may run.
 */
export type Reading =
  | { readonly kind: 'not_run'; readonly detail: string }
  | {
      readonly kind: 'started' | 'broken' | 'unclear';
      readonly detail: string;
      readonly executionId: string | null;
    }
  | {
      readonly kind: 'ended';
      readonly succeeded: boolean;
      readonly result: TaskResult;
      readonly executionId: string | null;
    };

const startedText = 'Workflow was started';
const maxCount = 1_000_000;
const maxKeptText = 2_000;

const count = z.coerce.number().int().min(0).max(maxCount).catch(0);
const flag = z.boolean().optional().catch(undefined);
const someText = z.string().optional().catch(undefined);

/** Everything a reply may tell us; whatever else it holds is left alone. */
const report = z.object({
  ok: flag,
  success: flag,
  succeeded: flag,
  status: someText,
  state: someText,
  effect_observed: flag,
  looked_at: count,
  found: count,
  summary: someText,
  message: someText,
  error: z.unknown().optional(),
  execution_id: z.unknown().optional(),
  executionId: z.unknown().optional(),
  result: z.unknown().optional(),
});

const badStates: ReadonlySet<string> = new Set([
  'error',
  'failed',
  'failure',
  'crashed',
  'canceled',
  'cancelled',
  'expired',
]);

/** Meaning of what came back from a webhook. */
export function readAnswer(answer: Exchange): Reading {
  if (answer.kind !== 'answered')
    return answer.kind === 'unsent'
      ? { kind: 'not_run', detail: answer.detail }
      : { kind: 'broken', detail: answer.detail, executionId: null };
  const { status } = answer;
  const executionId = executionIdOf(answer.headers['x-n8n-execution-id']);
  const body = jsonOf(answer.body);
  const refusal = refusalOf(status, body, answer.body);
  if (refusal !== undefined) return { kind: 'not_run', detail: refusal };
  if (status === 504)
    return { kind: 'broken', detail: 'a gateway before n8n gave up waiting (504)', executionId };
  if (body === undefined)
    return {
      kind: 'unclear',
      executionId,
      detail:
        answer.body.trim() === ''
          ? `it answered ${status} with an empty body, which n8n also does when a workflow fails`
          : `it answered ${status} with something that is not JSON (${shortType(answer.contentType)})`,
    };
  const first = Array.isArray(body) ? body[0] : body;
  if (status < 400 && isStarted(first)) return { kind: 'started', detail: 'it started', executionId };
  const told = readReport(first, `it answered ${status}`);
  return {
    kind: 'ended',
    succeeded: status < 400 && told.succeeded,
    executionId: executionId ?? told.executionId,
    result:
      status < 400 || told.result.error !== null
        ? told.result
        : { ...told.result, effect_observed: false, error: `it answered ${status}` },
  };
}

/** Why a call certainly started no workflow; undefined when one may have run. */
function refusalOf(status: number, body: unknown, text: string): string | undefined {
  if (status >= 300 && status < 400) return `the address redirects (${status}); n8n does not`;
  if (status === 401 || status === 403)
    return `it refuses the header (${status}): check N8N_WEBHOOK_HEADER and N8N_WEBHOOK_TOKEN`;
  if (status === 429) return 'it takes no more calls now (429)';
  const message = messageOf(body);
  if (status === 404 && (body === undefined || /not registered|version not found/i.test(message)))
    return 'there is no active workflow at this webhook (404)';
  if (status === 413 || (status === 422 && /parse/i.test(message)))
    return `it did not read the call (${status})`;
  // A proxy speaks for an n8n that is not there; a workflow that answers so itself sends JSON.
  if ((status === 502 || status === 503) && body === undefined)
    return `a gateway before n8n answered ${status}${text.trim() === '' ? '' : ' with a page of its own'}`;
  return undefined;
}

/** What a workflow says of its end, in our form or in any other. `where` begins the words for a reply in another form. */
export function readReport(
  reply: unknown,
  where: string,
): { readonly succeeded: boolean; readonly result: TaskResult; readonly executionId: string | null } {
  const outer = report.safeParse(reply).data;
  const inner = report.safeParse(outer?.result).data;
  const executionId = executionIdOf(outer?.execution_id) ?? executionIdOf(outer?.executionId);
  const error = errorOf(outer?.error) ?? errorOf(inner?.error);
  const state = (outer?.status ?? outer?.state ?? '').toLowerCase();
  const denied = [outer?.ok, outer?.success, outer?.succeeded].includes(false) || badStates.has(state);
  const succeeded = !denied && error === null;
  const summary = outer?.summary ?? inner?.summary ?? outer?.message;
  const said = summary === undefined ? sizeText(reply) : `n8n: ${quoted(summary)}`;
  const observed = (outer?.effect_observed ?? inner?.effect_observed) === true;
  return {
    succeeded,
    executionId,
    result: {
      effect_observed: succeeded && observed,
      looked_at: Math.max(outer?.looked_at ?? 0, inner?.looked_at ?? 0),
      found: Math.max(outer?.found ?? 0, inner?.found ?? 0),
      summary: (summary === undefined ? `${where} ${said}` : said).slice(0, maxKeptText),
      error: succeeded
        ? null
        : (error ?? `the workflow reported ${state === '' ? 'a failure' : quoted(state)}`),
    },
  };
}

/** An n8n execution id: digits, possibly given as a number; undefined forms are null. */
export function executionIdOf(value: unknown): string | null {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && /^\d{1,20}$/.test(text) ? text : null;
}

function errorOf(error: unknown): string | null {
  if (error === undefined || error === null || error === false || error === '') return null;
  const { message } = (typeof error === 'object' ? error : {}) as { readonly message?: unknown };
  const text =
    typeof error === 'string' ? error : typeof message === 'string' ? message : 'an error without a message';
  return `n8n: ${quoted(text)}`;
}

function sizeText(reply: unknown): string {
  return `with JSON of ${(JSON.stringify(reply) ?? '').length} characters that does not say what was done`;
}

function messageOf(body: unknown): string {
  const { message } = (typeof body === 'object' && body !== null ? body : {}) as { message?: unknown };
  return typeof message === 'string' ? message : '';
}

function isStarted(body: unknown): boolean {
  return messageOf(body) === startedText && Object.keys(body as object).length === 1;
}

/** JSON objects and lists only: a bare word or number says nothing. */
function jsonOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function shortType(contentType: string): string {
  return /^[\w.+-]+\/[\w.+-]+/.exec(contentType)?.[0].slice(0, 60) ?? 'no type';
}
