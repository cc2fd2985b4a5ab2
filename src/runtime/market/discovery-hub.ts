// Joins the discovery sources: hands their candidates to the kernel, lets each source look at what another found,
// and remembers what each said of itself. It must never hold up the start, nor speak for the price sources: its
// states are shown, but not sent as market.source_status, because a live token feed is no substitute for prices.
import type { KernelInput } from '../../kernel/kernel.ts';
import type { SourceStatus } from '../../shared/domain/source-status.ts';
import { minuteMs, secondMs } from '../../shared/domain/time.ts';
import type { CandidateSink, CandidateSource } from '../../shared/ports/candidate-source.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Log } from '../../shared/ports/log.ts';
import { QuarantineCounts } from './quarantine-counts.ts';
import { SourceStates } from './source-states.ts';

const reachableTimeoutMs = 3 * secondMs;
/** How often a source that did not answer is tried again. */
const askAgainMs = 5 * minuteMs;

export interface DiscoverySource {
  readonly source: CandidateSource;
  /** False for a source that can only find out by connecting. */
  readonly askFirst: boolean;
}

export interface DiscoveryHubOptions {
  readonly sources: readonly DiscoverySource[];
  /** For this hub alone: a clock has one wake-up. */
  readonly clock: Clock;
  readonly post: (input: KernelInput) => void;
  readonly log: Log;
  /** Start each source only once it answers. */
  readonly onlyWhereReachable: boolean;
}

/** A source with its last word, null before it spoke, and what was kept out of it since the start, by reason. */
export interface DiscoveryFacts {
  readonly name: string;
  readonly status: SourceStatus | null;
  /** Times it stopped working since the start. */
  readonly errors: number;
  readonly quarantined: Readonly<Record<string, number>>;
}

export class DiscoveryHub {
  readonly #options: DiscoveryHubOptions;
  readonly #states = new SourceStates();
  readonly #quarantined = new QuarantineCounts();
  readonly #running = new Set<CandidateSource>();
  #stopped = false;

  constructor(options: DiscoveryHubOptions) {
    this.#options = options;
  }

  get sources(): readonly DiscoveryFacts[] {
    return this.#options.sources.map(({ source }) => ({
      name: source.name,
      status: this.#states.status(source.name) ?? null,
      errors: this.#states.errors(source.name),
      quarantined: this.#quarantined.of(source.name),
    }));
  }

  /** Returns at once; sources begin when they answer. */
  start(): void {
    void this.#open();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#options.clock.cancelWake();
    await Promise.allSettled(this.#options.sources.map(({ source }) => source.stop()));
  }

  async #open(): Promise<void> {
    const waiting = this.#options.sources.filter(({ source }) => !this.#running.has(source));
    await Promise.allSettled(waiting.map((entry) => this.#openOne(entry)));
    if (this.#stopped || this.#running.size === this.#options.sources.length) return;
    const { clock } = this.#options;
    clock.wakeAt(clock.now() + askAgainMs, () => void this.#open());
  }

  async #openOne({ source, askFirst }: DiscoverySource): Promise<void> {
    const { onlyWhereReachable, log } = this.#options;
    const answers = !(onlyWhereReachable && askFirst) || (await source.reachable(reachableTimeoutMs));
    if (this.#stopped) return;
    if (!answers) {
      this.#noteUnreachable(source.name);
      return;
    }
    this.#running.add(source);
    try {
      await source.start(this.#sinkFor(source));
    } catch (error) {
      this.#running.delete(source);
      log.error({ source: source.name, error: String(error) }, 'a discovery source did not start');
    }
  }

  #noteUnreachable(source: string): void {
    this.#noteStatus({
      source,
      state: 'unreachable',
      health: 0,
      detail: `does not answer; asked again every ${askAgainMs / minuteMs} minutes`,
      latencyMs: null,
      lastDataAt: null,
      at: this.#options.clock.now(),
    });
  }

  #noteStatus(status: SourceStatus): void {
    if (!this.#states.note(status)) return;
    const { source, state, detail } = status;
    this.#options.log.info({ source, state, detail }, 'discovery source');
  }

  #sinkFor(source: CandidateSource): CandidateSink {
    const { post, log } = this.#options;
    return {
      candidates: (batch) => {
        post({ from: 'market', message_type: 'market.candidates', data: batch, at: batch.known_at });
        const found = batch.observations.filter(({ origin }) => origin !== null && origin !== 'launch');
        if (found.length === 0) return;
        for (const other of this.#running) if (other !== source) other.watch(found);
      },
      status: (status) => this.#noteStatus(status),
      quarantined: (report) => {
        log.warn({ ...report }, 'discovery data quarantined');
        this.#quarantined.add(report);
      },
    };
  }
}
