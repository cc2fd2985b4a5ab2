// A candidate source that asks: jobs at their intervals, backing off with jitter where one fails, and one honest
// state made of all of them. What to ask and how to read it is the adapter's part.
import type { SourceStatus } from '../../../shared/domain/source-status.ts';
import { type EpochMs, minuteMs, secondMs, toIso } from '../../../shared/domain/time.ts';
import type {
  CandidateSink,
  CandidateSource,
  TokenReference,
} from '../../../shared/ports/candidate-source.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { Alarms } from './alarms.ts';
import { CandidateGate } from './candidate-gate.ts';
import type { Decoded } from './lenient-json.ts';
import { HttpFault, type PoliteHttp } from './polite-http.ts';
import { StatusReport } from './status-report.ts';
import type { WatchList } from './watch-list.ts';

const statusEveryMs = 30 * secondMs;
const maxBackoffMs = 15 * minuteMs;
const maxDoublings = 6;
/** Intervals without an answer after which the source is blind, not just late. */
const blindAfterIntervals = 4;

export interface CandidateSourceOptions {
  /** For this source alone: a clock has one wake-up. */
  readonly clock: Clock;
  /** Chain names such as `solana`; tokens of other chains are left out. */
  readonly chains: readonly string[];
  readonly baseUrl?: string;
  readonly fetch?: typeof fetch;
  readonly random?: () => number;
}

export interface PollJob {
  readonly name: string;
  /** Group of the budget it draws on. */
  readonly group: string;
  readonly everyMs: number;
  /** One round of asking. Undefined when there was nothing to ask. May throw HttpFault. */
  run(signal: AbortSignal): Promise<Decoded | undefined>;
}

export interface PolledSourceOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly alarms: Alarms;
  readonly http: PoliteHttp;
  readonly jobs: readonly PollJob[];
  /** A cheap path that answers when the service is there. */
  readonly pingPath: string;
  /** Uniform in [0, 1), for the jitter. */
  readonly random: () => number;
  readonly watched: Pick<WatchList, 'add'>;
}

interface JobState {
  readonly job: PollJob;
  failures: number;
  fault: string;
  okAt: EpochMs | undefined;
  /** It had nothing to ask last time, so it says nothing of the service. */
  idle: boolean;
}

export class PolledSource implements CandidateSource {
  readonly name: string;
  readonly #options: PolledSourceOptions;
  #states: JobState[] = [];
  #run = new AbortController();
  #sink: CandidateSink | undefined;
  #gate: CandidateGate | undefined;
  #startedAt: EpochMs = 0;
  #lastDataAt: EpochMs | null = null;
  readonly #status: StatusReport;

  constructor(options: PolledSourceOptions) {
    this.name = options.name;
    this.#options = options;
    this.#status = new StatusReport(options.name);
  }

  reachable(timeoutMs: number): Promise<boolean> {
    return this.#options.http.answers(this.#options.pingPath, timeoutMs);
  }

  async start(sink: CandidateSink): Promise<void> {
    if (this.#sink !== undefined) await this.stop();
    this.#sink = sink;
    this.#gate = new CandidateGate(sink, this.name);
    this.#begin();
  }

  watch(tokens: readonly TokenReference[]): void {
    this.#options.watched.add(tokens);
  }

  async restart(_reason: string): Promise<void> {
    if (this.#sink === undefined) return;
    this.#end();
    this.#begin();
  }

  async stop(): Promise<void> {
    this.#end();
    this.#sink = undefined;
    this.#gate = undefined;
  }

  #begin(): void {
    const { clock, alarms, jobs, random } = this.#options;
    this.#run = new AbortController();
    this.#startedAt = clock.now();
    this.#status.repeat();
    this.#states = jobs.map((job) => ({ job, failures: 0, fault: '', okAt: undefined, idle: false }));
    for (const [index, state] of this.#states.entries()) this.#schedule(state, (index + random()) * secondMs);
    alarms.set('status', clock.now() + statusEveryMs, () => this.#report());
    this.#publishStatus();
  }

  #end(): void {
    this.#run.abort();
    this.#options.alarms.cancelAll();
  }

  #schedule(state: JobState, waitMs: number): void {
    const { clock, alarms } = this.#options;
    alarms.set(`job-${state.job.name}`, clock.now() + waitMs, () => void this.#perform(state));
  }

  async #perform(state: JobState): Promise<void> {
    const { clock, http, random } = this.#options;
    const { signal } = this.#run;
    const { job } = state;
    try {
      const decoded = await job.run(signal);
      if (signal.aborted) return;
      state.idle = decoded === undefined;
      if (decoded !== undefined) {
        if ((this.#gate?.publish(decoded, clock.now()) ?? 0) > 0) this.#lastDataAt = clock.now();
        state.okAt = clock.now();
      }
      state.failures = 0;
      state.fault = '';
    } catch (error) {
      if (signal.aborted) return;
      state.idle = false;
      state.failures += 1;
      state.fault = error instanceof Error ? error.message : String(error);
      if (!(error instanceof HttpFault)) state.fault = `fault of ours: ${state.fault}`;
    }
    const doublings = Math.min(state.failures, maxDoublings);
    const limitMs = Math.min(Math.max(maxBackoffMs, job.everyMs), job.everyMs * 2 ** doublings);
    // Spread over the last quarter, so that many systems do not ask in step.
    const waitMs = state.failures === 0 ? job.everyMs : Math.ceil(limitMs * (0.75 + 0.25 * random()));
    const blockedMs = http.blockedUntil(job.group) - clock.now();
    this.#schedule(state, Math.max(waitMs, blockedMs));
    this.#publishStatus();
  }

  #report(): void {
    this.#status.repeat();
    this.#publishStatus();
    const { clock, alarms } = this.#options;
    alarms.set('status', clock.now() + statusEveryMs, () => this.#report());
  }

  /** Publishes when something changed since the last report. */
  #publishStatus(): void {
    const { clock, http } = this.#options;
    const counts = `; ${http.requests} requests, ${http.errors} errors, ${this.#gate?.dropped ?? 0} dropped`;
    const facts = { latencyMs: http.latencyMs, lastDataAt: this.#lastDataAt };
    this.#status.publish(this.#sink, clock.now(), this.#assess(clock.now()), facts, counts);
  }

  #assess(now: EpochMs): Pick<SourceStatus, 'state' | 'health' | 'detail'> {
    const failing = this.#states.filter(({ failures }) => failures > 0);
    const troubles = failing.map(({ job, fault }) => `${job.name}: ${fault}`).join('; ');
    const asking = this.#states.filter(({ idle }) => !idle);
    if (failing.length === asking.length && failing.length > 0) {
      const blocked = failing.every(({ job }) => this.#options.http.blockedUntil(job.group) > now);
      const until = Math.min(...failing.map(({ job }) => this.#options.http.blockedUntil(job.group)));
      if (blocked)
        return { state: 'stale', health: 0.2, detail: `closed to us until ${toIso(until)}; ${troubles}` };
      return { state: 'unreachable', health: 0, detail: troubles };
    }
    if (failing.length > 0)
      return { state: 'degraded', health: 1 - failing.length / asking.length, detail: troubles };
    const newest = Math.max(this.#startedAt, ...this.#states.map(({ okAt }) => okAt ?? 0));
    const slowestMs = Math.max(...this.#states.map(({ job }) => job.everyMs));
    if (now - newest > blindAfterIntervals * slowestMs)
      return { state: 'blind', health: 0.1, detail: 'no answer for several rounds' };
    if (this.#states.every(({ okAt }) => okAt === undefined))
      return { state: 'degraded', health: 0.5, detail: 'not asked yet' };
    return { state: 'live', health: 1, detail: `${this.#states.length} feeds` };
  }
}
