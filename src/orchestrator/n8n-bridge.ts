// Decides for each attempt whether a workflow server or the agent does it, from what the server last said.
// It must never leave a task without a hand: whatever the server does, the agent can take over.
import type { StateReader, Turn } from '../kernel/agent.ts';
import type { AgentSettings } from '../shared/domain/agent-settings.ts';
import { isWorkflowKind, type Task } from '../shared/domain/task.ts';
import type { WorkflowContext, WorkflowServerStatus } from '../shared/domain/workflow.ts';
import { readMemory, writeMemory } from './memory-rows.ts';
import { taskCatalogue } from './task-catalogue.ts';

const maxNoteLength = 300;

interface ServerMemory {
  readonly ok: boolean;
  readonly detail: string;
}

export interface ChosenRunner {
  readonly runner: Task['runner'];
  /** Why, when it is worth saying. */
  readonly note?: string;
}

export class N8nBridge {
  readonly #settings: AgentSettings['workflows'];
  #server: ServerMemory | undefined;

  constructor(settings: AgentSettings['workflows']) {
    this.#settings = settings;
  }

  restore(state: StateReader): void {
    this.#server = readMemory(state, 'observed/workflows') as ServerMemory | undefined;
  }

  /** Remembers what the server says of itself; only a change is a row. */
  seeStatus(turn: Turn, { server, ok, detail }: WorkflowServerStatus): void {
    if (server !== this.#settings?.server || this.#server?.ok === ok) return;
    this.#server = { ok, detail: detail.slice(0, maxNoteLength) };
    writeMemory(turn, 'observed/workflows', this.#server);
  }

  /** What a decision's record says of it; empty when there is no workflow server. */
  get sentence(): string {
    if (this.#settings === undefined) return '';
    const { server } = this.#settings;
    if (this.#server === undefined) return `Tasks run in ${server}, which has not answered yet`;
    return this.#server.ok ? `Tasks run in ${server}` : `${this.#downText(server)}: tasks run natively`;
  }

  /** Runner of the next attempt. A task that failed in the workflow server is done by its agent, unless only n8n is wanted. */
  choose(task: Task): ChosenRunner {
    if (this.#settings === undefined || !isWorkflowKind(task.kind)) return { runner: 'native' };
    const { server, runner } = this.#settings;
    if (this.#server?.ok === false)
      return { runner: 'native', note: `${this.#downText(server)}: done by ${task.agent}` };
    const failedThere = task.attempts > 0 && task.runner === 'n8n';
    if (failedThere && (runner === 'auto' || taskCatalogue[task.kind].safety))
      return {
        runner: 'native',
        note: clipped(`not done in ${server}, done by ${task.agent}: ${task.reason}`),
      };
    return { runner: 'n8n' };
  }

  /** Asks for the task's workflow, after the commit. */
  call(turn: Turn, task: Task, context: WorkflowContext): void {
    turn.effect('workflow.run', {
      task_id: task.id,
      kind: task.kind,
      attempt: task.attempts,
      symbols: task.symbols,
      decision_id: task.decision_id,
      priority: task.priority,
      reason: task.reason,
      context,
      deadline_at: task.deadline_at,
    });
  }

  #downText(server: string): string {
    return clipped(`${server} does not answer (${this.#server?.detail ?? ''})`);
  }
}

function clipped(text: string): string {
  return text.slice(0, maxNoteLength);
}
