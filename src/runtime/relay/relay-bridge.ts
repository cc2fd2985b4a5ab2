// Joins this process's kernel loop to the relay: what its agents say to agents elsewhere, and what those say to them.
import { setTimeout as delay } from 'node:timers/promises';
import type { TurnRecord } from '../../kernel/journal.ts';
import type { KernelInput } from '../../kernel/kernel.ts';
import type { AnyPut } from '../../shared/bus/collections.ts';
import { type AgentName, agentNames } from '../../shared/domain/agent-name.ts';
import type { SourceStatus } from '../../shared/domain/source-status.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import type { RelayVitals } from '../../shared/domain/vitals.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { Relay, RelayHealth } from '../../shared/ports/relay.ts';
import type { LoadedState, StoreReader } from '../../shared/ports/store.ts';
import { RelayInbox, type RelayInboxOptions } from './relay-inbox.ts';
import { RelayOutbox } from './relay-outbox.ts';
import { RelayWatch } from './relay-watch.ts';

/** A relay that does not answer is left behind: what it has not acknowledged comes again. */
const stopTimeoutMs = 6_000;

/** Agents beside whose process market sources run. */
const sourceKeepers: readonly AgentName[] = ['analyst_ai', 'trading_ai'];

export interface RelayBridgeOptions
  extends Pick<RelayInboxOptions, 'post' | 'postRelayed' | 'keep' | 'restartSource'> {
  readonly relay: Relay;
  readonly here: readonly AgentName[];
  readonly process: string;
  readonly loaded: LoadedState;
  readonly reader: StoreReader;
  readonly now: () => EpochMs;
  /** Hears what sources of another process say of themselves. */
  readonly sourceStatus: (status: SourceStatus) => void;
  readonly log: Log;
}

export class RelayBridge {
  readonly #options: RelayBridgeOptions;
  readonly #outbox: RelayOutbox;
  readonly #inbox: RelayInbox;
  readonly #relayed = new WeakSet<KernelInput>();
  readonly #readers: (() => Promise<void>)[] = [];
  readonly #watch: RelayWatch;

  constructor(options: RelayBridgeOptions) {
    this.#options = options;
    const { relay, here, process, loaded, reader, keep, log } = options;
    this.#watch = new RelayWatch(relay, log, (health) => this.#tell(health));
    this.#outbox = new RelayOutbox({
      relay,
      here,
      process,
      links: loaded.rows.relay_links,
      readRow: (key) => reader.get('relay_outbox', key),
      keep,
      log,
    });
    this.#inbox = new RelayInbox({
      ...options,
      rows: loaded.rows.relay_inbox,
      heard: (envelope) => this.#outbox.heard(envelope),
      observe: (input) => this.#observe(input),
    });
  }

  /** The relay as it was last seen, and what waits on either side of it. */
  async vitals(): Promise<RelayVitals> {
    const { ok, latencyMs: latency_ms, detail } = this.#watch.health;
    const sent = await this.#outbox.lag(this.#options.now());
    return { server: this.#options.relay.kind, ok, latency_ms, detail, sent, received: this.#inbox.lag };
  }

  /** Asks the relay now. */
  check(): Promise<RelayHealth> {
    return this.#watch.look();
  }

  /** For healing: dials anew; rejects when the relay does not answer. */
  async reconnect(): Promise<string> {
    await this.#options.relay.reconnect();
    const { latencyMs } = await this.#watch.look();
    return `dialled anew, it answers in ${Math.round(latencyMs ?? 0)} ms`;
  }

  /** For healing: what is not acknowledged is sent again as soon as the relay takes it. */
  resend(): string {
    const again = this.#outbox.resend();
    const { unacknowledged } = this.#outbox;
    return `${unacknowledged} message(s) kept in the database, ${again} of them had left and are sent again`;
  }

  /** Rows to be committed with these turns. */
  outgoing(records: readonly TurnRecord[], inputs: readonly KernelInput[]): readonly AnyPut[] {
    return this.#outbox.plan(records, inputs, (input) => this.#relayed.has(input));
  }

  /** After the commit: what was planned may leave. */
  committed(): void {
    this.#outbox.released();
  }

  async start(): Promise<void> {
    this.#outbox.start();
    this.#watch.start();
    for (const agent of this.#options.here)
      this.#readers.push(
        await this.#options.relay.receive(agent, (deliveries) => this.#inbox.receive(deliveries)),
      );
  }

  /** Hears no more; what is unfinished comes again at the next start. */
  async stop(): Promise<void> {
    this.#inbox.stop();
    this.#watch.stop();
    const ended = Promise.all([...this.#readers.splice(0).map((stop) => stop()), this.#outbox.stop()]);
    await Promise.race([ended, delay(stopTimeoutMs, undefined, { ref: false })]);
  }

  /** Asks the processes that keep market sources to restart one; they may not be there, then nothing happens. */
  async restartSource(source: string, reason: string): Promise<void> {
    const body = JSON.stringify({ kind: 'restart_source', source, reason });
    const id = `restart/${source}/${this.#options.now()}`;
    const away = sourceKeepers.filter((agent) => !this.#options.here.includes(agent));
    await Promise.all(away.map((agent) => this.#options.relay.send(agent, [{ id, body }])));
  }

  /** At once when it falls silent and when it is back: the vitals would tell seconds later. */
  #tell({ ok, latencyMs: latency_ms, detail }: RelayHealth): void {
    const at = this.#options.now();
    const data = {
      probe: 'relay',
      target: this.#options.relay.kind,
      ok,
      latency_ms,
      value: null,
      detail,
      at,
    };
    this.#options.post({ from: 'system', message_type: 'probe.result', data, at });
  }

  #observe(input: KernelInput): void {
    this.#relayed.add(input);
    if (input.message_type === 'market.source_status') this.#options.sourceStatus(input.data as SourceStatus);
  }
}

/** Which parts of the outside world this process looks after. */
export interface Duties {
  readonly keepsSources: boolean;
  /** Tells the other agents what its sources say of themselves, and brings news and candidates. */
  readonly speaksForSources: boolean;
  readonly trades: boolean;
  readonly decides: boolean;
}

export function dutiesOf(here: readonly AgentName[]): Duties {
  return {
    keepsSources: sourceKeepers.some((agent) => here.includes(agent)),
    speaksForSources: here.includes('analyst_ai'),
    trades: here.includes('trading_ai'),
    decides: here.includes('orchestrator_ai'),
  };
}

export function isWhole(here: readonly AgentName[]): boolean {
  return here.length === agentNames.length;
}
