// Follows the restarts that the kernel's supervisor does by itself: records, verifies and escalates them.
// It must never restart an agent; there is one supervisor and it owns the back-off.
import type { Turn } from '../../kernel/agent.ts';
import type { AgentFailure } from '../../shared/bus/catalogue.ts';
import type { AgentName } from '../../shared/domain/agent-name.ts';
import { causeKey, parseCause } from '../cause-kinds.ts';
import type { HealLedger } from '../heal-ledger.ts';
import type { IncidentBook } from '../incident-book.ts';
import { agentRestartGraceMs, agentVerifyMs, maxDetailLength, restartAttemptLimit } from '../limits.ts';
import type { HealState } from '../memory.ts';

const playbook = 'restart_agent';

/** True for the cause that a restart mends. */
export function isRestarted(cause: string): boolean {
  return parseCause(cause).kind === 'agent_failed';
}

export class AgentRestarts {
  readonly #book: IncidentBook;
  readonly #ledger: HealLedger;

  constructor(book: IncidentBook, ledger: HealLedger) {
    this.#book = book;
    this.#ledger = ledger;
  }

  /** An agent failed: its cause holds until it runs again. */
  raise(failure: AgentFailure, turn: Turn): void {
    const { agent, error } = failure;
    const cause = causeKey('agent_failed', agent);
    if (this.#book.isActive(cause)) this.#book.pulse(cause, turn.now, levelOf(agent), error);
    else this.#book.raise(cause, turn.now, levelOf(agent), error);
  }

  /** Records the restart that the kernel has planned for `restart_at`; to be called once the incident is open. */
  record(failure: AgentFailure, turn: Turn): void {
    const { agent } = failure;
    const error = failure.error.slice(0, maxDetailLength);
    const cause = causeKey('agent_failed', agent);
    const known = this.#ledger.get(playbook, agent);
    if (known !== undefined) this.#ledger.finish(known, 'failed', `failed again: ${error}`, turn);
    const attempt = (known?.attempt ?? 0) + 1;
    const next_at = failure.restart_at + agentRestartGraceMs;
    this.#ledger.begin(
      { ...this.#fresh(agent, attempt, turn), phase: 'waiting', next_at, before: error },
      turn,
    );
    if (attempt > restartAttemptLimit)
      this.#book.escalate(cause, `it failed again after ${attempt - 1} restarts; a person is needed`);
  }

  /** The kernel restarted an agent, or a new start of the process built it anew. */
  restarted(agent: AgentName, turn: Turn): void {
    const cause = causeKey('agent_failed', agent);
    const known = this.#ledger.get(playbook, agent);
    this.#book.clear(cause, turn.now);
    const next_at = turn.now + agentVerifyMs;
    if (known !== undefined) {
      if (known.phase !== 'verifying') this.#ledger.set({ ...known, phase: 'verifying', next_at }, turn);
      return;
    }
    // Health itself cannot hear that it failed: its restart is the first it learns of it.
    if (agent !== 'health_ai') return;
    this.#book.pulse(cause, turn.now, 'warning', 'it was restarted by the kernel');
    const before = 'it had failed';
    this.#ledger.begin({ ...this.#fresh(agent, 1, turn), phase: 'verifying', next_at, before }, turn);
  }

  /** A start of the process builds every agent anew. */
  allRestarted(turn: Turn): void {
    for (const state of this.#ledger.all())
      if (state.playbook === playbook && state.phase !== 'done')
        this.restarted(state.target as AgentName, turn);
  }

  step(turn: Turn): void {
    for (const state of this.#ledger.all()) {
      if (state.playbook !== playbook) continue;
      if (state.phase === 'done') {
        if (this.#book.get(state.cause)?.incident == null && !this.#book.isActive(state.cause))
          this.#ledger.drop(state, turn);
        continue;
      }
      if (state.next_at === null || state.next_at > turn.now) continue;
      if (state.phase === 'verifying') {
        const after = this.#ledger.finish(state, 'verified', 'running, without a new failure', turn);
        this.#ledger.set({ ...after, phase: 'done', next_at: null }, turn);
      } else {
        const after = this.#ledger.finish(state, 'failed', 'the kernel did not restart it in time', turn);
        this.#ledger.set({ ...after, phase: 'exhausted', next_at: null }, turn);
        this.#book.escalate(state.cause, 'it was not restarted in time; a person is needed');
      }
    }
  }

  #fresh(agent: AgentName, attempt: number, turn: Turn): HealState {
    const cause = causeKey('agent_failed', agent);
    return {
      playbook,
      target: agent,
      cause,
      phase: 'waiting',
      attempt,
      next_at: null,
      started_at: turn.now,
      record_id: null,
      incident_id: this.#book.get(cause)?.incident?.id ?? null,
      before: '',
    };
  }
}

/** Without trading nobody follows the orders; the other agents can be missed for a while. */
function levelOf(agent: AgentName): 'warning' | 'critical' {
  return agent === 'trading_ai' ? 'critical' : 'warning';
}
