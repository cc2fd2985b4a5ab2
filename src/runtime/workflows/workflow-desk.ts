// Runs committed workflow effects on the workflow server, watches the server, and takes call-backs. Every end comes
// back as an input; an effect is settled only after that input is committed.
import { callbackPath, isGenuine } from '../../adapters/workflow/n8n/callback-signature.ts';
import { readReport } from '../../adapters/workflow/n8n/read-answer.ts';
import type { KernelInput } from '../../kernel/kernel.ts';
import type { WorkflowResult } from '../../shared/bus/catalogue.ts';
import type { Effect } from '../../shared/bus/effects.ts';
import type { AnyMessage } from '../../shared/bus/message.ts';
import type { TaskKind } from '../../shared/domain/task.ts';
import { minuteMs, secondMs } from '../../shared/domain/time.ts';
import type { WorkflowServerStatus } from '../../shared/domain/workflow.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { WorkflowCall, WorkflowEnd, WorkflowServer } from '../../shared/ports/workflow.ts';

const checkIntervalMs = 15 * secondMs;
/** An unchanged status is told again this often. */
const repeatStatusMs = 5 * minuteMs;
/** A call-back is believed this long after the deadline; the orchestrator decides whether it still counts. */
const callbackGraceMs = 5 * minuteMs;

export interface WorkflowDeskOptions {
  readonly server: WorkflowServer;
  readonly callbackSecret: string;
  readonly clock: Clock;
  readonly post: (input: KernelInput) => void;
  /** Resolves with everything committed because of the input. */
  readonly postAndWait: (input: KernelInput) => Promise<{ readonly emitted: readonly AnyMessage[] }>;
  readonly settle: (effectId: string) => void;
  readonly log: Log;
}

/** A call-back as it came over HTTP; `reply` may be anything. */
export interface CallbackRequest {
  readonly taskId: string;
  readonly attempt: number;
  readonly expiresAt: number;
  readonly signature: string;
  readonly reply: unknown;
}

export class WorkflowDesk {
  readonly #options: WorkflowDeskOptions;
  readonly #running = new Map<string, { readonly kind: TaskKind; readonly end: AbortController }>();
  #timer: NodeJS.Timeout | undefined;
  #status: WorkflowServerStatus | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(options: WorkflowDeskOptions) {
    this.#options = options;
  }

  /** What the server last said of itself. */
  get status(): WorkflowServerStatus | undefined {
    return this.#status;
  }

  /** Begins to watch the server. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.check(), checkIntervalMs);
    await this.check();
  }

  /** Lets go of everything under way; it is found again at the next start. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    for (const { end } of this.#running.values()) end.abort();
    this.#running.clear();
  }

  /** Asks the server how it is and tells the agents when that changed. */
  async check(): Promise<WorkflowServerStatus> {
    const { server, clock, post, log } = this.#options;
    const at = clock.now();
    const status = { ...(await server.check()), at };
    const before = this.#status;
    this.#status = status;
    const changed = before?.ok !== status.ok || before.health !== status.health;
    if (this.#stopped || (!changed && at - this.#toldAt < repeatStatusMs)) return status;
    if (changed) log.info({ server: status.server, ok: status.ok, detail: status.detail }, 'workflow server');
    this.#toldAt = at;
    post({ from: 'workflow', message_type: 'workflow.status', data: status, at });
    return status;
  }

  /** Calls the workflow of an effect just committed. */
  release(effect: Effect<'workflow.run'>): Promise<void> {
    return this.#follow(effect, (call, signal) => this.#options.server.run(call, signal));
  }

  /** Finds out what became of a call that an earlier process committed. */
  recover(effect: Effect<'workflow.run'>): Promise<void> {
    return this.#follow(effect, (call, signal) => this.#options.server.resume(call, signal));
  }

  /**
   * Takes a call-back. Undefined when its signature is not ours or has expired; otherwise whether it ended the task's
   * attempt, which a repeated or late one does not.
   */
  async callback(request: CallbackRequest): Promise<{ readonly counted: boolean } | undefined> {
    const { callbackSecret, clock } = this.#options;
    const { taskId, attempt, reply } = request;
    if (!isGenuine(callbackSecret, request, clock.now())) return undefined;
    const key = `${taskId}:${attempt}`;
    const running = this.#running.get(key);
    const told = readReport(reply, 'it called back');
    if (running === undefined) return { counted: false };
    const counted = await this.#tell(taskId, attempt, running.kind, {
      outcome: 'finished',
      succeeded: told.succeeded,
      result: told.result,
      via: 'callback',
      executionId: told.executionId,
    });
    running.end.abort();
    return { counted };
  }

  async #follow(
    effect: Effect<'workflow.run'>,
    ask: (call: WorkflowCall, signal: AbortSignal) => Promise<WorkflowEnd>,
  ): Promise<void> {
    const { callbackSecret, settle, log } = this.#options;
    const { task_id, attempt, kind, deadline_at } = effect.data;
    const key = `${task_id}:${attempt}`;
    const end = new AbortController();
    this.#running.set(key, { kind, end });
    const call: WorkflowCall = {
      task: effect.data,
      callbackPath: callbackPath(callbackSecret, task_id, attempt, deadline_at + callbackGraceMs),
      requestedAt: effect.at,
    };
    const ended = await ask(call, end.signal);
    if (this.#stopped) return;
    try {
      // When a call-back came first, the end is already told.
      if (!end.signal.aborted) await this.#tell(task_id, attempt, kind, ended);
    } catch (error) {
      if (this.#stopped) return;
      throw error;
    } finally {
      this.#running.delete(key);
    }
    settle(effect.id);
    const { correlation_id } = effect;
    log.debug({ task: task_id, attempt, outcome: ended.outcome, via: ended.via, correlation_id }, 'workflow');
    if (ended.outcome === 'not_run') await this.check();
  }

  async #tell(taskId: string, attempt: number, kind: TaskKind, end: WorkflowEnd): Promise<boolean> {
    const { postAndWait, clock } = this.#options;
    const data: WorkflowResult = {
      task_id: taskId,
      kind,
      attempt,
      succeeded: end.succeeded,
      result: end.result,
      outcome: end.outcome,
      via: end.via,
      execution_id: end.executionId,
    };
    const turn = await postAndWait({
      from: 'workflow',
      message_type: 'workflow.result',
      data,
      at: clock.now(),
    });
    return turn.emitted.some(
      (message) => message.message_type === 'task.changed' && message.data.id === taskId,
    );
  }
}
