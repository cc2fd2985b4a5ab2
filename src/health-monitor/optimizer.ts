// Watches what work costs and how long it takes, proposes changes of settings with the gain expected, applies only safe
// ones, measures them and takes back what made things worse. It must never change what is decided or traded.
import type { Turn } from '../kernel/agent.ts';
import type { Proposal, UsageRow } from '../shared/domain/health-report.ts';
import type { ModelConsultation } from '../shared/domain/model.ts';
import type { Task } from '../shared/domain/task.ts';
import { type EpochMs, hourMs } from '../shared/domain/time.ts';
import { type MetricBaseline, remember, type TrialState } from './memory.ts';
import { type Finding, type Observed, proposalRules, trialMetric } from './proposal-rules.ts';

/** Weight of a new run in the mean. */
const runWeight = 0.1;
const maxUsages = 64;
const maxProposals = 32;
/** How often the rules are asked. */
const reviewEveryMs = hourMs;
/** Windows of five minutes that a change is measured for. */
const trialWindows = 3;
/** A change is kept when what it should lower fell by a tenth, and nothing else suffered. */
const keptFactor = 0.9;
const sufferedFactor = 2;
const sufferedInputs = 50;
/** What was taken back is not tried again for this long. */
const retryAfterMs = 24 * hourMs;
const singleRow = 'only';

export class Optimizer {
  readonly #usages = new Map<string, UsageRow>();
  readonly #proposals = new Map<string, Proposal>();
  #trial: TrialState | undefined;

  restore(usages: Iterable<UsageRow>, proposals: Iterable<Proposal>, trial: TrialState | undefined): void {
    for (const usage of usages) this.#usages.set(usage.name, usage);
    for (const proposal of proposals) this.#proposals.set(proposal.knob, proposal);
    this.#trial = trial;
  }

  /** One ended attempt of a task. */
  task(task: Task, turn: Turn): void {
    if (task.open || task.started_at === null || task.finished_at === null) return;
    const effective = task.result?.effect_observed === true;
    const failed = task.state !== 'succeeded';
    this.#count(`task:${task.kind}`, task.finished_at - task.started_at, { failed, effective }, turn);
  }

  /** One question to a model. */
  consulted(
    { provider, verdict, latency_ms, input_tokens, output_tokens, micro_usd }: ModelConsultation,
    turn: Turn,
  ): void {
    if (verdict === 'cached') return;
    const effective = verdict === 'accepted';
    const cost = { tokens: input_tokens + output_tokens, micro_usd };
    this.#count(`model:${provider}`, latency_ms, { failed: verdict === 'failed', effective, ...cost }, turn);
  }

  /** A window of a metric ended: it may end a trial, and once an hour the rules are asked. */
  folded(
    metrics: ReadonlyMap<string, MetricBaseline>,
    changed: MetricBaseline,
    mayAct: boolean,
    turn: Turn,
  ): void {
    if (changed.name !== trialMetric) return;
    if (this.#trial !== undefined && this.#trial.knob !== null) this.#measure(changed.latest, metrics, turn);
    else this.#review(metrics, mayAct, turn);
  }

  #count(
    name: string,
    tookMs: number,
    run: {
      readonly failed: boolean;
      readonly effective: boolean;
      readonly tokens?: number;
      readonly micro_usd?: number;
    },
    turn: Turn,
  ): void {
    const known = this.#usages.get(name);
    if (known === undefined && this.#usages.size >= maxUsages) return;
    const before = known ?? {
      name,
      runs: 0,
      failures: 0,
      mean_ms: tookMs,
      worst_ms: 0,
      effective: 0,
      tokens: 0,
      micro_usd: 0,
      since: turn.now,
    };
    const usage: UsageRow = {
      ...before,
      runs: before.runs + 1,
      failures: before.failures + (run.failed ? 1 : 0),
      mean_ms: Math.round((before.mean_ms + runWeight * (tookMs - before.mean_ms)) * 10) / 10,
      worst_ms: Math.max(before.worst_ms, tookMs),
      effective: before.effective + (run.effective ? 1 : 0),
      tokens: before.tokens + (run.tokens ?? 0),
      micro_usd: before.micro_usd + (run.micro_usd ?? 0),
    };
    this.#usages.set(name, usage);
    remember(turn, 'usage', name, usage);
  }

  #review(metrics: ReadonlyMap<string, MetricBaseline>, mayAct: boolean, turn: Turn): void {
    if (this.#trial !== undefined && turn.now - this.#trial.reviewed_at < reviewEveryMs) return;
    this.#saveTrial({ knob: null, reviewed_at: turn.now, windows: [], backlog: 0 }, turn);
    const observed: Observed = { usages: [...this.#usages.values()].sort(byName), metrics };
    for (const rule of proposalRules) {
      const finding = rule.find(observed);
      const standing = this.#proposals.get(rule.knob);
      if (finding === undefined) {
        if (standing?.state === 'proposed')
          this.#save({ ...standing, state: 'withdrawn', decided_at: turn.now }, turn);
      } else if (this.#isNew(standing, turn.now)) this.#propose(rule.knob, finding, metrics, mayAct, turn);
    }
  }

  #isNew(standing: Proposal | undefined, now: EpochMs): boolean {
    if (standing === undefined || standing.state === 'withdrawn') return true;
    return standing.state === 'rolled_back' && now - (standing.decided_at ?? 0) >= retryAfterMs;
  }

  #propose(
    knob: string,
    { remedy, measured, ...finding }: Finding,
    metrics: ReadonlyMap<string, MetricBaseline>,
    mayAct: boolean,
    turn: Turn,
  ): void {
    const proposal: Proposal = {
      id: turn.id('proposal', knob, turn.now),
      knob,
      ...finding,
      safe: remedy !== undefined,
      state: 'proposed',
      before: measured,
      after: null,
      at: turn.now,
      decided_at: null,
    };
    if (remedy === undefined || !mayAct || this.#trial?.knob != null) {
      this.#save(proposal, turn);
      return;
    }
    turn.effect('heal.act', { heal_id: proposal.id, action: remedy.apply, target: 'system' });
    this.#save({ ...proposal, state: 'applied', decided_at: turn.now }, turn);
    const backlog = metrics.get('inbox_depth')?.latest ?? 0;
    this.#saveTrial({ knob, reviewed_at: turn.now, windows: [], backlog }, turn);
  }

  /** Collects windows until there are enough, then keeps or takes back. */
  #measure(latest: number, metrics: ReadonlyMap<string, MetricBaseline>, turn: Turn): void {
    const trial = this.#trial;
    const proposal = trial?.knob == null ? undefined : this.#proposals.get(trial.knob);
    if (trial === undefined || proposal === undefined) return;
    const windows = [...trial.windows, latest];
    if (windows.length < trialWindows) {
      this.#saveTrial({ ...trial, windows }, turn);
      return;
    }
    const after = round(windows.reduce((total, value) => total + value, 0) / windows.length);
    const backlog = metrics.get('inbox_depth')?.latest ?? 0;
    const suffered = backlog > sufferedFactor * trial.backlog + sufferedInputs;
    const better = after <= keptFactor * (proposal.before ?? 0) && !suffered;
    const remedy = proposalRules.find(({ knob }) => knob === proposal.knob)?.remedy;
    if (!better && remedy !== undefined)
      turn.effect('heal.act', { heal_id: proposal.id, action: remedy.revert, target: 'system' });
    this.#save({ ...proposal, after, state: better ? 'kept' : 'rolled_back', decided_at: turn.now }, turn);
    this.#saveTrial({ knob: null, reviewed_at: turn.now, windows: [], backlog: 0 }, turn);
  }

  #save(proposal: Proposal, turn: Turn): void {
    if (!this.#proposals.has(proposal.knob) && this.#proposals.size >= maxProposals) return;
    this.#proposals.set(proposal.knob, proposal);
    remember(turn, 'proposal', proposal.knob, proposal);
    turn.emit('health.proposal', proposal);
  }

  #saveTrial(trial: TrialState, turn: Turn): void {
    this.#trial = trial;
    remember(turn, 'trial', singleRow, trial);
  }
}

function byName(left: UsageRow, right: UsageRow): number {
  return left.name < right.name ? -1 : 1;
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000 + 0;
}
