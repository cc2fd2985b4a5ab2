// n8n as a workflow server: calls the webhook of a task and follows the execution to its end by whatever tells it,
// the answer itself, the public API, or (outside of this file) a signed call-back. One call per attempt, never two.
import { setTimeout as delay } from 'node:timers/promises';
import type { TaskResult } from '../../../shared/domain/task.ts';
import type { WorkflowServerStatus } from '../../../shared/domain/workflow.ts';
import type { WorkflowCall, WorkflowEnd, WorkflowServer } from '../../../shared/ports/workflow.ts';
import { type ApiTrouble, ExecutionsApi, type ExecutionView } from './executions-api.ts';
import { exchange } from './http-exchange.ts';
import { executionIdOf, type Reading, readAnswer } from './read-answer.ts';

/** An end is told this long before the deadline, so that the orchestrator hears why before it counts the task as lost. */
const deadlineMarginMs = 750;
const checkTimeoutMs = 3_000;
const firstPollMs = 250;
const maxPollMs = 3_000;
/** Tries to find an execution that should be there; n8n writes it a moment after it begins. */
const maxSearches = 4;

export interface N8nServerOptions {
  readonly baseUrl: string;
  /** Header that the webhooks ask for; absent when they ask for none. */
  readonly header?: { readonly name: string; readonly value: string } | undefined;
  readonly apiKey?: string | undefined;
  /** Address under which n8n reaches this system's API. */
  readonly callbackUrl: string;
  readonly now: () => number;
  /** Path before the name of a webhook. */
  readonly webhookPath?: string;
}

/** Same for every call of one attempt: a workflow that wants to can tell a repetition by it. */
export function idempotencyKey({ task }: WorkflowCall): string {
  return `${task.task_id}:${task.attempt}`;
}

export class N8nServer implements WorkflowServer {
  readonly name = 'n8n';
  readonly #options: N8nServerOptions;
  readonly #base: URL;
  readonly #api: ExecutionsApi | undefined;

  constructor(options: N8nServerOptions) {
    this.#options = options;
    this.#base = new URL(options.baseUrl.endsWith('/') ? options.baseUrl : `${options.baseUrl}/`);
    if (options.apiKey !== undefined) this.#api = new ExecutionsApi(this.#base, options.apiKey);
  }

  async run(call: WorkflowCall, signal: AbortSignal): Promise<WorkflowEnd> {
    const calledAt = Date.now();
    const answer = await exchange({
      url: this.#webhookUrl(call.task.kind),
      method: 'POST',
      headers: this.#headers(call),
      body: JSON.stringify(this.#body(call)),
      timeoutMs: Math.max(1, this.#leftMs(call)),
      signal,
    });
    return this.#conclude(call, readAnswer(answer), calledAt, signal);
  }

  async resume(call: WorkflowCall, signal: AbortSignal): Promise<WorkflowEnd> {
    if (this.#api === undefined)
      return this.#awaitCallback(call, 'the system was restarted meanwhile, and without N8N_API_KEY', signal);
    const since = Date.now() - (this.#options.now() - call.requestedAt);
    const found = await this.#search(call, since, 1, signal);
    if (found === undefined) return this.run(call, signal);
    if (typeof found === 'string') return this.#follow(call, found, undefined, signal);
    return this.#awaitCallback(call, `the system was restarted meanwhile; ${found.detail}`, signal);
  }

  async check(): Promise<Omit<WorkflowServerStatus, 'at'>> {
    const begun = performance.now();
    const answer = await exchange({
      url: new URL('healthz', this.#base),
      method: 'GET',
      headers: { accept: 'application/json' },
      timeoutMs: checkTimeoutMs,
    });
    const latency_ms = Math.round(performance.now() - begun);
    const status = { server: this.name, latency_ms };
    if (answer.kind !== 'answered')
      return { server: this.name, ok: false, health: 0, detail: answer.detail, latency_ms: null };
    if (answer.status !== 200 || !isHealthy(answer.body))
      return { ...status, ok: false, health: 0, detail: `its health answer is not n8n's (${answer.status})` };
    const trouble = await this.#api?.check();
    return trouble === undefined
      ? { ...status, ok: true, health: 1, detail: 'answers' }
      : { ...status, ok: true, health: 0.5, detail: `answers, but cannot be followed: ${trouble.detail}` };
  }

  /** What the answer came to, confirmed by the public API where there is one. */
  async #conclude(
    call: WorkflowCall,
    reading: Reading,
    calledAt: number,
    signal: AbortSignal,
  ): Promise<WorkflowEnd> {
    if (reading.kind === 'not_run') return notRun(reading.detail);
    const told = reading.kind === 'ended' ? reading : undefined;
    // A reply that admits failure needs no confirmation; one that claims success does.
    if (told?.succeeded === false) return finished(told.result, false, 'response', told.executionId);
    const found = reading.executionId ?? (await this.#search(call, calledAt, maxSearches, signal));
    if (typeof found === 'string' && this.#api !== undefined) return this.#follow(call, found, told, signal);
    if (reading.kind === 'ended') return finished(reading.result, true, 'response', executionIdOf(found));
    const why = typeof found === 'object' && found !== null ? `; ${found.detail}` : '';
    const { detail } = reading;
    if (reading.kind !== 'unclear') return this.#awaitCallback(call, `${detail}${why}`, signal);
    const blind = this.#api === undefined ? '; without N8N_API_KEY nothing else tells' : why;
    return finished(failure(`${detail}${blind}`), false, 'response', executionIdOf(found));
  }

  /** Asks how the execution stands until it has ended, the deadline has come, or somebody else knows. */
  async #follow(
    call: WorkflowCall,
    id: string,
    told: { readonly result: TaskResult } | undefined,
    signal: AbortSignal,
  ): Promise<WorkflowEnd> {
    for (let pauseMs = 0; !signal.aborted; pauseMs = Math.min(maxPollMs, firstPollMs + pauseMs * 1.6)) {
      await pause(Math.min(pauseMs, this.#leftMs(call)), signal);
      const seen = await this.#api?.view(id, signal);
      if (seen !== undefined && 'state' in seen && seen.state !== 'under_way')
        return fromExecution(seen, told?.result);
      // n8n keeps no execution that it was told not to save: its answer is then all there is.
      if (seen === undefined && told !== undefined) return finished(told.result, true, 'response', id);
      if (this.#leftMs(call) <= 0) break;
    }
    if (!signal.aborted) await this.#api?.stop(id);
    const result = failure(`execution ${id} had not ended at the deadline`);
    return finished(result, false, 'deadline', id);
  }

  /** Nothing more can be asked: only a call-back can tell, and it ends this waiting through the signal. */
  async #awaitCallback(call: WorkflowCall, detail: string, signal: AbortSignal): Promise<WorkflowEnd> {
    await pause(this.#leftMs(call), signal);
    return finished(
      failure(`${detail}; no call-back told how it ended before the deadline`),
      false,
      'deadline',
      null,
    );
  }

  async #search(
    call: WorkflowCall,
    since: number,
    tries: number,
    signal: AbortSignal,
  ): Promise<string | ApiTrouble | undefined> {
    let found: string | ApiTrouble | undefined;
    for (let attempt = 1; attempt <= tries && this.#api !== undefined && !signal.aborted; attempt++) {
      found = await this.#api.find(idempotencyKey(call), since, signal);
      if (found !== undefined || attempt === tries) break;
      await pause(firstPollMs * attempt, signal);
    }
    return found;
  }

  #webhookUrl(kind: string): URL {
    return new URL(`${this.#options.webhookPath ?? 'webhook'}/${kind}`, this.#base);
  }

  #headers(call: WorkflowCall): Record<string, string> {
    const { header } = this.#options;
    return {
      'content-type': 'application/json',
      accept: 'application/json',
      'user-agent': 'ato',
      'idempotency-key': idempotencyKey(call),
      ...(header === undefined ? {} : { [header.name.toLowerCase()]: header.value }),
    };
  }

  #body(call: WorkflowCall): Record<string, unknown> {
    const { task, callbackPath } = call;
    return {
      ...task,
      idempotency_key: idempotencyKey(call),
      deadline_at: new Date(task.deadline_at).toISOString(),
      callback_path: callbackPath,
      callback_url: new URL(callbackPath.replace(/^\//, ''), withSlash(this.#options.callbackUrl)).href,
    };
  }

  #leftMs(call: WorkflowCall): number {
    return call.task.deadline_at - this.#options.now() - deadlineMarginMs;
  }
}

function fromExecution(seen: ExecutionView, told: TaskResult | undefined): WorkflowEnd {
  if (seen.state === 'failed')
    return finished(failure(seen.error ?? 'it failed'), false, 'executions', seen.id);
  const result = told ?? {
    effect_observed: false,
    looked_at: 0,
    found: 0,
    summary: `n8n's execution ${seen.id} succeeded without saying what was done`,
    error: null,
  };
  return finished(result, true, 'executions', seen.id);
}

function finished(
  result: TaskResult,
  succeeded: boolean,
  via: WorkflowEnd['via'],
  executionId: string | null,
): WorkflowEnd {
  return { outcome: 'finished', succeeded, result, via, executionId };
}

function notRun(detail: string): WorkflowEnd {
  return { outcome: 'not_run', succeeded: false, result: failure(detail), via: 'none', executionId: null };
}

function failure(error: string): TaskResult {
  return { effect_observed: false, looked_at: 0, found: 0, summary: '', error };
}

function isHealthy(body: string): boolean {
  try {
    return (JSON.parse(body) as { readonly status?: unknown } | null)?.status === 'ok';
  } catch {
    return false;
  }
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(Math.max(0, ms), undefined, { signal }).catch(() => undefined);
}
