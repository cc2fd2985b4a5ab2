// One look at everything: asks all probes, collects the answers until the last or the deadline, then reports.
// It must never report an effect as observed that was not: every probe has to have answered.
import type { Turn } from '../kernel/agent.ts';
import type { TaskAssignment } from '../shared/bus/catalogue.ts';
import type { HealRecord } from '../shared/domain/incident.ts';
import { type ProbeName, wholeSystemTarget } from '../shared/domain/probe-names.ts';
import type { TaskResult } from '../shared/domain/task.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import type { ProbeResult } from '../shared/domain/vitals.ts';
import { checkMarginMs, checkTimeoutMs, maxConcurrentChecks, maxDetailLength } from './limits.ts';
import { type CheckState, type ProbeRequest, remember } from './memory.ts';

const systemProbes = [
  'store',
  'clock',
  'disk',
  'event_loop',
  'heap',
  'agent',
] as const satisfies readonly ProbeName[];
const maxNamedProblems = 8;

export class HealthChecks {
  readonly #running = new Map<string, CheckState>();

  restore(states: Iterable<CheckState>): void {
    for (const state of states) this.#running.set(state.id, state);
  }

  get busy(): boolean {
    return this.#running.size > 0;
  }

  /** Runs the `health-monitor-check` task; a task already running is not begun again. */
  assign(task: TaskAssignment, sources: readonly string[], correlationId: string, turn: Turn): void {
    const latest = Math.max(turn.now + checkMarginMs, task.deadline_at - checkMarginMs);
    const deadline_at = Math.min(latest, turn.now + checkTimeoutMs);
    const { task_id } = task;
    const begun = { id: task_id, task_id, correlation_id: correlationId, deadline_at, before: '' };
    this.#begin(begun, sources, turn);
  }

  /** Runs the same look for an operator; its result is a heal record named diagnosis. */
  diagnose(sources: readonly string[], before: string, correlationId: string, turn: Turn): void {
    const id = turn.id('heal', 'diagnosis', correlationId, turn.now);
    const deadline_at = turn.now + checkTimeoutMs;
    const begun = { id, task_id: null, correlation_id: correlationId, deadline_at, before };
    if (this.#begin(begun, sources, turn))
      publishDiagnosis({ id, before, outcome: 'started', after: null, at: turn.now }, turn);
  }

  /** Hands an answer, with the problem it showed, to every check that waits for it. */
  answer(result: ProbeResult, problem: string | undefined, turn: Turn): void {
    for (const check of this.#sorted()) {
      const pending = check.pending.filter(
        (request) => request.probe !== result.probe || request.target !== result.target,
      );
      if (pending.length === check.pending.length) continue;
      const problems = problem === undefined ? check.problems : [...check.problems, problem];
      const next: CheckState = { ...check, pending, problems, answered: check.answered + 1 };
      if (pending.length === 0) this.#finish(next, turn);
      else this.#set(next, turn);
    }
  }

  /** Ends the checks whose deadline has come. */
  sweep(turn: Turn): void {
    for (const check of this.#sorted()) if (check.deadline_at <= turn.now) this.#finish(check, turn);
  }

  nextDeadline(): EpochMs | undefined {
    let earliest: EpochMs | undefined;
    for (const { deadline_at: at } of this.#running.values())
      if (earliest === undefined || at < earliest) earliest = at;
    return earliest;
  }

  #begin(
    begun: Pick<CheckState, 'id' | 'task_id' | 'correlation_id' | 'deadline_at' | 'before'>,
    sources: readonly string[],
    turn: Turn,
  ): boolean {
    if (this.#running.has(begun.id)) return false;
    if (this.#running.size >= maxConcurrentChecks) this.#finishOldest(turn);
    const pending: ProbeRequest[] = [
      ...sources.map((source) => ({ probe: 'source', target: source })),
      ...systemProbes.map((probe) => ({ probe, target: wholeSystemTarget })),
    ];
    const check: CheckState = {
      id: begun.id,
      task_id: begun.task_id,
      correlation_id: begun.correlation_id,
      started_at: turn.now,
      deadline_at: begun.deadline_at,
      pending,
      answered: 0,
      problems: [],
      before: begun.before,
    };
    this.#set(check, turn);
    for (const request of pending) turn.effect('probe.run', request);
    return true;
  }

  /** By id, so that nothing depends on the order in which checks began or were restored. */
  #sorted(): CheckState[] {
    return [...this.#running.values()].sort((left, right) => (left.id < right.id ? -1 : 1));
  }

  #finishOldest(turn: Turn): void {
    const [oldest] = this.#sorted().sort((left, right) => left.started_at - right.started_at);
    if (oldest !== undefined) this.#finish(oldest, turn);
  }

  #finish(check: CheckState, turn: Turn): void {
    this.#running.delete(check.id);
    remember(turn, 'check', check.id, null);
    const result = resultOf(check);
    const { correlation_id: correlationId } = check;
    if (check.task_id === null) {
      const outcome = result.effect_observed ? 'verified' : 'failed';
      const after = result.error === null ? result.summary : `${result.summary}; ${result.error}`;
      publishDiagnosis(
        { id: check.id, before: check.before, outcome, after, at: check.started_at },
        turn,
        correlationId,
      );
      return;
    }
    const data = {
      task_id: check.task_id,
      kind: 'health-monitor-check',
      succeeded: check.answered > 0,
      result,
    } as const;
    turn.emit('task.completed', data, { to: 'orchestrator_ai', correlationId });
  }

  #set(check: CheckState, turn: Turn): void {
    this.#running.set(check.id, check);
    remember(turn, 'check', check.id, check);
  }
}

function resultOf(check: CheckState): TaskResult {
  const { answered, problems, pending } = check;
  const asked = answered + pending.length;
  const named = problems.slice(0, maxNamedProblems).join('; ').slice(0, maxDetailLength);
  const found = problems.length === 0 ? 'no problem' : `${problems.length} problem(s): ${named}`;
  const silent = pending.map(({ probe, target }) => `${probe} ${target}`).join(', ');
  return {
    effect_observed: pending.length === 0,
    looked_at: answered,
    found: problems.length,
    summary: `${answered} of ${asked} probes answered, ${found}`,
    error: pending.length === 0 ? null : `no answer from ${silent.slice(0, maxDetailLength)}`,
  };
}

function publishDiagnosis(
  diagnosis: Pick<HealRecord, 'id' | 'before' | 'outcome' | 'after' | 'at'>,
  turn: Turn,
  correlationId?: string,
): void {
  const { id, before, after, outcome, at } = diagnosis;
  const record: HealRecord = {
    id,
    playbook: 'diagnosis',
    target: wholeSystemTarget,
    incident_id: null,
    before,
    after,
    outcome,
    attempt: 1,
    at,
    finished_at: outcome === 'started' ? null : turn.now,
  };
  turn.put('heals', record.id, record);
  turn.emit('health.heal', record, correlationId === undefined ? {} : { correlationId });
}
