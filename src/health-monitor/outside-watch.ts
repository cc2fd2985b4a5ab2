// What the others say of n8n, of the language models and of source limits, turned into causes; and how work goes on
// without them. It must never ask anybody itself.
import type { Turn } from '../kernel/agent.ts';
import type { LadderState, ModelConsultation } from '../shared/domain/model.ts';
import type { SourceStatus } from '../shared/domain/source-status.ts';
import type { WorkflowServerStatus } from '../shared/domain/workflow.ts';
import { causeKey, parseCause } from './cause-kinds.ts';
import type { IncidentBook } from './incident-book.ts';
import { maxNameLength } from './limits.ts';
import { type LadderMemory, remember } from './memory.ts';
import type { OutsideView } from './playbooks/playbook.ts';

/** How the house's own sources say that they are told to wait. */
const limitWords = /HTTP 4(?:29|18)|rate.?limit|told to wait|closed to us until|quota/i;
const singleRow = 'only';

export class OutsideWatch implements OutsideView {
  readonly #book: IncidentBook;
  readonly #workflowServer: string | undefined;
  readonly #runner: 'auto' | 'n8n' | undefined;
  readonly #providers: readonly string[];
  #ladder: LadderMemory = { resting: [] };

  constructor(
    book: IncidentBook,
    workflows: { readonly server: string; readonly runner: 'auto' | 'n8n' } | undefined,
    providers: readonly string[],
  ) {
    this.#book = book;
    this.#workflowServer = workflows?.server;
    this.#runner = workflows?.runner;
    this.#providers = providers;
  }

  restore(ladder: LadderMemory | undefined): void {
    this.#ladder = ladder ?? { resting: [] };
  }

  /** What is no longer configured cannot be down. */
  dropUnconfigured(turn: Turn): void {
    for (const { cause } of this.#book.active()) {
      const { kind, subject } = parseCause(cause);
      const gone =
        (kind === 'workflow_down' && subject !== this.#workflowServer) ||
        (kind === 'model_down' && !this.#providers.includes(subject));
      if (gone) this.#book.clear(cause, turn.now);
    }
  }

  workflow({ server, ok, health, detail }: WorkflowServerStatus, turn: Turn): void {
    const cause = causeKey('workflow_down', server.slice(0, maxNameLength));
    if (ok && health >= 1) this.#book.clear(cause, turn.now);
    else this.#book.raise(cause, turn.now, 'info', detail);
  }

  /** A provider that failed is left alone by the ladder for a while; one whose plan is used up is not down. */
  ladder({ rungs }: LadderState, turn: Turn): void {
    const resting: string[] = [];
    for (const { provider, state, detail, failures } of rungs) {
      const cause = causeKey('model_down', provider);
      if (state === 'backing_off') {
        resting.push(provider);
        this.#book.raise(cause, turn.now, 'info', `${detail || 'no answer'}, ${failures} failure(s)`);
      } else this.#book.clear(cause, turn.now);
    }
    if (resting.join() === this.#ladder.resting.join()) return;
    this.#ladder = { resting };
    remember(turn, 'ladder', singleRow, this.#ladder);
  }

  /** One failed call tells before the ladder does. */
  consulted({ provider, verdict, code }: ModelConsultation, turn: Turn): void {
    const cause = causeKey('model_down', provider);
    if (verdict === 'failed') this.#book.raise(cause, turn.now, 'info', `a call failed: ${code}`);
    else if (verdict === 'accepted' || verdict === 'rejected') this.#book.clear(cause, turn.now);
  }

  source({ source, state, detail }: SourceStatus, turn: Turn): void {
    const cause = causeKey('rate_limited', source.slice(0, maxNameLength));
    const limited = state !== 'live' && limitWords.test(detail);
    if (limited) this.#book.raise(cause, turn.now, 'warning', detail);
    else this.#book.clear(cause, turn.now);
  }

  get nativeRunners(): string | undefined {
    return this.#runner === 'auto' ? 'the agents do its work natively' : undefined;
  }

  nextRung(provider: string): string | undefined {
    const next = this.#providers.find((one) => one !== provider && !this.#isDown(one));
    return next === undefined ? 'the policy decides alone' : `${next} is asked instead`;
  }

  #isDown(provider: string): boolean {
    return this.#ladder.resting.includes(provider) || this.#book.isActive(causeKey('model_down', provider));
  }
}
