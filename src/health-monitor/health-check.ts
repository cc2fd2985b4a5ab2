// One look at everything: asks all probes, collects the answers until the last or the deadline, then reports.
// It must never report an effect as observed that was not: every probe has to have answered.
import type { Turn } from '../kernel/agent.ts';
import type { TaskAssignment } from '../shared/bus/catalogue.ts';
import { agentNames } from '../shared/domain/agent-name.ts';
import type { AgentSettings } from '../shared/domain/agent-settings.ts';
import type { HealRecord } from '../shared/domain/incident.ts';
import { type ProbeName, relayWays, wholeSystemTarget } from '../shared/domain/probe-names.ts';
import type { TaskResult } from '../shared/domain/task.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import type { ProbeResult } from '../shared/domain/vitals.ts';
import { checkMarginMs, checkTimeoutMs, maxConcurrentChecks, maxDetailLength } from './limits.ts';
import { type CheckProgress, type CheckState, type ProbeRequest, remember } from './memory.ts';

/** What vitals do not tell every few seconds anyway. */
const outsideProbes = ['store', 'clock'] as const satisfies readonly ProbeName[];
const systemProbes = [
  'store',
  'clock',
  'disk',
  'event_loop',
  'heap',
  'agent',
] as const satisfies readonly ProbeName[];
const maxNamedProblems = 8;

/** A check under way: what it is, and what it has heard so far. */
interface RunningCheck {
  readonly state: CheckState;
  readonly progress: CheckProgress;
}

export class HealthChecks {
  readonly #besides: readonly ProbeRequest[];
  readonly #running = new Map<string, RunningCheck>();

  /** `besides`: what else to ask than sources and the system itself. */
  constructor(besides: readonly ProbeRequest[] = []) {
    this.#besides = besides;
  }

  restore(states: Iterable<CheckState>, progresses: Iterable<CheckProgress>): void {
    const progressById = new Map<string, CheckProgress>();
    for (const progress of progresses) progressById.set(progress.id, progress);
    for (const state of states)
      this.#running.set(state.id, { state, progress: progressById.get(state.id) ?? unanswered(state) });
  }

  get busy(): boolean {
    return this.#running.size > 0;
  }

  /** Runs the `health-monitor-check` task, or the shorter `probe-round`; a task already running is not begun again. */
  assign(task: TaskAssignment, sources: readonly string[], correlationId: string, turn: Turn): void {
    const latest = Math.max(turn.now + checkMarginMs, task.deadline_at - checkMarginMs);
    const deadline_at = Math.min(latest, turn.now + checkTimeoutMs);
    const { task_id } = task;
    const ids = { id: task_id, task_id, kind: task.kind, correlation_id: correlationId };
    const begun = { ...ids, deadline_at, before: '' };
    this.#begin(begun, sources, turn);
  }

  /** Runs the same look for an operator; its result is a heal record named diagnosis. */
  diagnose(sources: readonly string[], before: string, correlationId: string, turn: Turn): void {
    const id = turn.id('heal', 'diagnosis', correlationId, turn.now);
    const deadline_at = turn.now + checkTimeoutMs;
    const begun = { id, task_id: null, kind: null, correlation_id: correlationId, deadline_at, before };
    if (this.#begin(begun, sources, turn))
      publishDiagnosis({ id, before, outcome: 'started', after: null, at: turn.now }, turn);
  }

  /** Hands an answer, with the problem it showed, to every check that waits for it. */
  answer(result: ProbeResult, problem: string | undefined, turn: Turn): void {
    for (const { state, progress } of this.#sorted()) {
      const waiting = progress.waiting.filter((place) => {
        const request = state.asked[place];
        return request?.probe !== result.probe || request.target !== result.target;
      });
      if (waiting.length === progress.waiting.length) continue;
      const problems = problem === undefined ? progress.problems : [...progress.problems, problem];
      const next = { id: state.id, waiting, answered: progress.answered + 1, problems };
      if (waiting.length === 0) this.#finish({ state, progress: next }, turn);
      else {
        this.#running.set(state.id, { state, progress: next });
        remember(turn, 'progress', state.id, next);
      }
    }
  }

  /** Ends the checks whose deadline has come. */
  sweep(turn: Turn): void {
    for (const check of this.#sorted()) if (check.state.deadline_at <= turn.now) this.#finish(check, turn);
  }

  nextDeadline(): EpochMs | undefined {
    let earliest: EpochMs | undefined;
    for (const { state } of this.#running.values())
      if (earliest === undefined || state.deadline_at < earliest) earliest = state.deadline_at;
    return earliest;
  }

  #begin(
    begun: Pick<CheckState, 'id' | 'task_id' | 'kind' | 'correlation_id' | 'deadline_at' | 'before'>,
    sources: readonly string[],
    turn: Turn,
  ): boolean {
    if (this.#running.has(begun.id)) return false;
    if (this.#running.size >= maxConcurrentChecks) this.#finishOldest(turn);
    const probes: readonly ProbeName[] = begun.kind === 'probe-round' ? outsideProbes : systemProbes;
    const asked: ProbeRequest[] = [
      ...sources.map((source) => ({ probe: 'source', target: source })),
      ...probes.map((probe) => ({ probe, target: wholeSystemTarget })),
      ...this.#besides,
    ];
    const state: CheckState = {
      id: begun.id,
      task_id: begun.task_id,
      kind: begun.kind,
      correlation_id: begun.correlation_id,
      started_at: turn.now,
      deadline_at: begun.deadline_at,
      asked,
      before: begun.before,
    };
    this.#running.set(state.id, { state, progress: unanswered(state) });
    remember(turn, 'check', state.id, state);
    for (const request of asked) turn.effect('probe.run', request);
    return true;
  }

  /** By id, so that nothing depends on the order in which checks began or were restored. */
  #sorted(): RunningCheck[] {
    const running = [...this.#running.values()];
    if (running.length < 2) return running;
    return running.sort(({ state: left }, { state: right }) => (left.id < right.id ? -1 : 1));
  }

  #finishOldest(turn: Turn): void {
    const [oldest] = this.#sorted().sort((left, right) => left.state.started_at - right.state.started_at);
    if (oldest !== undefined) this.#finish(oldest, turn);
  }

  #finish(check: RunningCheck, turn: Turn): void {
    const { id, task_id, kind, before, started_at, correlation_id: correlationId } = check.state;
    this.#running.delete(id);
    remember(turn, 'check', id, null);
    remember(turn, 'progress', id, null);
    const result = resultOf(check);
    if (task_id === null) {
      const outcome = result.effect_observed ? 'verified' : 'failed';
      const after = result.error === null ? result.summary : `${result.summary}; ${result.error}`;
      publishDiagnosis({ id, before, outcome, after, at: started_at }, turn, correlationId);
      return;
    }
    const succeeded = check.progress.answered > 0;
    const data = { task_id, kind: kind ?? 'health-monitor-check', succeeded, result };
    turn.emit('task.completed', data, { to: 'orchestrator_ai', correlationId });
  }
}

function unanswered({ id, asked }: CheckState): CheckProgress {
  return { id, waiting: asked.map((_, place) => place), answered: 0, problems: [] };
}

function resultOf({ state, progress }: RunningCheck): TaskResult {
  const { answered, problems, waiting } = progress;
  const asked = answered + waiting.length;
  const named = problems.slice(0, maxNamedProblems).join('; ').slice(0, maxDetailLength);
  const found = problems.length === 0 ? 'no problem' : `${problems.length} problem(s): ${named}`;
  const silent = state.asked
    .filter((_, place) => waiting.includes(place))
    .map(({ probe, target }) => `${probe} ${target}`)
    .join(', ');
  return {
    effect_observed: waiting.length === 0,
    looked_at: answered,
    found: problems.length,
    summary: `${answered} of ${asked} probes answered, ${found}`,
    error: waiting.length === 0 ? null : `no answer from ${silent.slice(0, maxDetailLength)}`,
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

/** What to ask in a check besides sources and the system itself. */
export function besidesOf(settings: AgentSettings, providers: readonly string[]): ProbeRequest[] {
  const { workflows, healing, relay, agents } = settings;
  const besides: ProbeRequest[] = providers.map((target) => ({ probe: 'model', target }));
  if (workflows !== undefined) besides.push({ probe: 'workflow', target: workflows.server });
  if (healing?.database === 'postgres') besides.push({ probe: 'database', target: wholeSystemTarget });
  if (relay !== undefined) besides.push({ probe: 'relay', target: relay.server });
  if (relay?.needed === true) besides.push(...relayWays.map((target) => ({ probe: 'relay_lag', target })));
  const elsewhere = agentNames.filter((agent) => agents?.includes(agent) === false);
  besides.push(...elsewhere.map((target) => ({ probe: 'agent', target })));
  return besides;
}
