// n8n's public API, read only but for stopping: which execution is ours, and how it stands.
// It must never trust a list to be whole: running executions are missing from the unfiltered one.
import { z } from 'zod';
import { exchange } from './http-exchange.ts';
import { quoted } from './reply-text.ts';

const requestTimeoutMs = 5_000;
const pageLimit = 100;
/** Executions opened to look for our key in one search. */
const maxLookedInto = 60;
/** Clocks of two machines differ; an execution may seem to have begun before it was asked for. */
const clockToleranceMs = 60_000;

const executionStates = [
  'canceled',
  'crashed',
  'error',
  'new',
  'running',
  'success',
  'unknown',
  'waiting',
] as const;

const listed = z.object({
  id: z.coerce.string().regex(/^\d{1,20}$/),
  status: z.enum(executionStates).catch('unknown'),
  startedAt: z.string().nullish().catch(null),
});
const list = z.object({ data: z.array(z.unknown()) });
const detailed = listed.extend({
  data: z
    .object({
      resultData: z
        .object({ error: z.object({ message: z.string() }).nullish().catch(null) })
        .nullish()
        .catch(null),
    })
    .nullish()
    .catch(null),
});

export interface ExecutionView {
  readonly id: string;
  readonly state: 'under_way' | 'succeeded' | 'failed';
  /** Why it failed, in quotation. */
  readonly error: string | null;
}

/** `refused`: the key does not open it. `silent`: nothing readable came back. */
export type ApiTrouble = { readonly trouble: 'refused' | 'silent'; readonly detail: string };

export class ExecutionsApi {
  readonly #base: URL;
  readonly #headers: Readonly<Record<string, string>>;

  /** `base` is n8n's address with a slash at its end. */
  constructor(base: URL, apiKey: string) {
    this.#base = base;
    this.#headers = { 'x-n8n-api-key': apiKey, accept: 'application/json' };
  }

  /** How one execution stands; undefined when there is none of this id. */
  async view(id: string, signal?: AbortSignal): Promise<ExecutionView | ApiTrouble | undefined> {
    const plain = await this.#get(`executions/${id}`, signal);
    if ('trouble' in plain) return plain;
    if (plain.status === 404) return undefined;
    const found = listed.safeParse(plain.body);
    if (!found.success) return { trouble: 'silent', detail: 'its answer about an execution cannot be read' };
    const state = stateOf(found.data.status);
    if (state !== 'failed') return { id, state, error: null };
    const whole = await this.#get(`executions/${id}?includeData=true`, signal);
    const told = 'trouble' in whole ? undefined : detailed.safeParse(whole.body).data;
    const message = told?.data?.resultData?.error?.message;
    const error = message === undefined ? `n8n: execution ${found.data.status}` : `n8n: ${quoted(message)}`;
    return { id, state, error };
  }

  /** The execution that was started with this key since then; undefined when there certainly is none. */
  async find(key: string, since: number, signal?: AbortSignal): Promise<string | ApiTrouble | undefined> {
    const candidates = new Set<string>();
    let whole = true;
    for (const filter of ['&status=running', '&status=waiting', '']) {
      const page = await this.#get(`executions?limit=${pageLimit}${filter}`, signal);
      if ('trouble' in page) return page;
      const rows = list.safeParse(page.body);
      if (page.status !== 200 || !rows.success)
        return { trouble: 'silent', detail: `its list of executions cannot be read (${page.status})` };
      const recent = rows.data.data
        .map((row) => listed.safeParse(row).data)
        .filter((row) => row !== undefined && startedSince(row.startedAt, since));
      for (const row of recent) if (row !== undefined) candidates.add(row.id);
      // A full page of executions that all began since then may go on.
      whole &&= recent.length < pageLimit;
    }
    whole &&= candidates.size <= maxLookedInto;
    for (const id of [...candidates].slice(0, maxLookedInto)) {
      const seen = await this.#get(`executions/${id}?includeData=true`, signal);
      if ('trouble' in seen) return seen;
      if (JSON.stringify(seen.body ?? null).includes(key)) return id;
    }
    return whole
      ? undefined
      : { trouble: 'silent', detail: 'it runs more than can be searched for one execution' };
  }

  /** Asks n8n to stop an execution; older versions cannot, and an answer is not needed. */
  async stop(id: string): Promise<void> {
    await exchange({
      url: new URL(`api/v1/executions/${id}/stop`, this.#base),
      method: 'POST',
      headers: this.#headers,
      timeoutMs: requestTimeoutMs,
    });
  }

  /** Undefined when the key opens the list of executions. */
  async check(): Promise<ApiTrouble | undefined> {
    const answer = await this.#get('executions?limit=1');
    if ('trouble' in answer) return answer;
    return answer.status === 200
      ? undefined
      : { trouble: 'silent', detail: `its executions answer ${answer.status}` };
  }

  async #get(
    path: string,
    signal?: AbortSignal,
  ): Promise<{ readonly status: number; readonly body: unknown } | ApiTrouble> {
    const answer = await exchange({
      url: new URL(`api/v1/${path}`, this.#base),
      method: 'GET',
      headers: this.#headers,
      timeoutMs: requestTimeoutMs,
      ...(signal === undefined ? {} : { signal }),
    });
    if (answer.kind !== 'answered') return { trouble: 'silent', detail: answer.detail };
    if (answer.status === 401 || answer.status === 403)
      return { trouble: 'refused', detail: `N8N_API_KEY is not accepted (${answer.status})` };
    try {
      return { status: answer.status, body: JSON.parse(answer.body) };
    } catch {
      return { trouble: 'silent', detail: `its public API answered ${answer.status} without JSON` };
    }
  }
}

function stateOf(status: (typeof executionStates)[number]): ExecutionView['state'] {
  switch (status) {
    case 'success':
      return 'succeeded';
    case 'error':
    case 'crashed':
    case 'canceled':
      return 'failed';
    default:
      return 'under_way';
  }
}

/** An execution that does not say when it began may be ours. */
function startedSince(startedAt: string | null | undefined, since: number): boolean {
  const began = Date.parse(startedAt ?? '');
  return Number.isNaN(began) || began >= since - clockToleranceMs;
}
