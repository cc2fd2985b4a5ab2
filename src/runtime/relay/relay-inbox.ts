// Messages of agents in other processes. Each is committed together with the fact that it was heard: a repetition is recognised
// by its number, a gap is asked for again, and one that kills this process time after time becomes a dead letter.
import type { KernelInput } from '../../kernel/kernel.ts';
import type { AnyPut, RelayInboxRow } from '../../shared/bus/collections.ts';
import type { AgentName } from '../../shared/domain/agent-name.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import type { RelayLag } from '../../shared/domain/vitals.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { Relay, RelayDelivery } from '../../shared/ports/relay.ts';
import {
  type Envelope,
  type MessageEnvelope,
  readEnvelope,
  relayDeadLetter,
  relayedInput,
} from './envelope.ts';

/** A message begun this often without being committed is not begun again. */
const maxAttempts = 3;
/** Acknowledgements of one link share a message when they come this close together. */
const acknowledgeAfterMs = 20;

export interface RelayInboxOptions {
  readonly relay: Relay;
  readonly rows: ReadonlyMap<string, RelayInboxRow>;
  readonly now: () => EpochMs;
  readonly post: (input: KernelInput) => void;
  /** Resolves when the input and the rows are committed together. */
  readonly postRelayed: (input: KernelInput, receipts: readonly AnyPut[]) => Promise<unknown>;
  /** Resolves when the rows are committed. */
  readonly keep: (puts: readonly AnyPut[]) => Promise<void>;
  readonly heard: (envelope: Extract<Envelope, { kind: 'heard' }>) => void;
  readonly restartSource: (source: string, reason: string) => void;
  /** Every message that is taken, before the kernel hears it. */
  readonly observe: (input: KernelInput) => void;
  readonly log: Log;
}

const nothing = { commit: Promise.resolve() };

interface Link {
  last: number;
  /** Everything up to here is committed. */
  committed: number;
  trying: number | null;
  attempts: number;
  reply: AgentName;
  missed: boolean;
  acknowledging: NodeJS.Timeout | undefined;
  /** When each message was taken whose commit is under way; at most one batch of a reader. */
  readonly takenAt: number[];
}

export class RelayInbox {
  readonly #options: RelayInboxOptions;
  readonly #links = new Map<string, Link>();
  #lastAt = 0;

  constructor(options: RelayInboxOptions) {
    this.#options = options;
    for (const [link, { last, trying, attempts }] of options.rows)
      this.#links.set(link, {
        last,
        committed: last,
        trying,
        attempts,
        reply: 'orchestrator_ai',
        missed: false,
        acknowledging: undefined,
        takenAt: [],
      });
  }

  stop(): void {
    for (const { acknowledging } of this.#links.values()) clearTimeout(acknowledging);
  }

  /** What was taken and is not committed. */
  get lag(): RelayLag {
    const now = performance.now();
    let messages = 0;
    let oldest_ms = 0;
    for (const { takenAt } of this.#links.values()) {
      messages += takenAt.length;
      oldest_ms = Math.max(oldest_ms, now - (takenAt[0] ?? now));
    }
    return { messages, oldest_ms: Math.round(oldest_ms) };
  }

  /** The handler of every queue of this process. */
  async receive(deliveries: readonly RelayDelivery[]): Promise<ReadonlyMap<string, string>> {
    const refused = new Map<string, string>();
    const commits: Promise<unknown>[] = [];
    for (const delivery of deliveries) {
      const read = readEnvelope(delivery.body);
      if ('reason' in read) {
        refused.set(delivery.id, read.reason);
        this.#refuse(delivery, read.reason);
      } else if (read.envelope.kind === 'heard') this.#options.heard(read.envelope);
      else if (read.envelope.kind === 'restart_source')
        this.#options.restartSource(read.envelope.source, read.envelope.reason);
      else {
        // Alone and with its attempt written down first: perhaps it is what ended this process before.
        if (delivery.redelivered) await Promise.all(commits.splice(0));
        const { commit } = await this.#message(read.envelope, delivery.redelivered);
        commits.push(commit);
        if (delivery.redelivered) await commit;
      }
    }
    await Promise.all(commits);
    return refused;
  }

  #refuse({ id, body }: RelayDelivery, reason: string): void {
    const { post, now, log } = this.#options;
    log.warn({ id, reason }, 'a message from the relay cannot be read');
    post(
      relayDeadLetter(
        { id, message_type: 'relay', data: body.slice(0, 500) },
        `from the relay: ${reason}`,
        now(),
      ),
    );
  }

  /** Takes the message; its commit is under way when this resolves. */
  async #message(
    envelope: MessageEnvelope,
    redelivered: boolean,
  ): Promise<{ readonly commit: Promise<void> }> {
    const { link: name, n, base, reply } = envelope;
    const link = this.#link(name, base, reply);
    if (n <= link.last) {
      this.#acknowledge(name, link);
      return nothing;
    }
    if (n > link.last + 1) {
      link.missed = true;
      this.#acknowledge(name, link);
      return nothing;
    }
    const deadly = redelivered && (await this.#tooOften(name, link, n));
    const { now, postRelayed, observe } = this.#options;
    // Never backwards, also when the clock is set back: inputs are ordered by it.
    this.#lastAt = Math.max(this.#lastAt, now());
    const input = deadly
      ? relayDeadLetter(envelope.message, `begun ${maxAttempts} times without an end`, this.#lastAt)
      : relayedInput(envelope.message, this.#lastAt);
    link.last = n;
    link.trying = null;
    link.attempts = 0;
    observe(input);
    link.takenAt.push(performance.now());
    const commit = postRelayed(input, [rowOf(name, link)]).then(() => {
      link.takenAt.shift();
      link.committed = Math.max(link.committed, n);
      this.#acknowledge(name, link);
    });
    return { commit };
  }

  #link(name: string, base: number, reply: AgentName): Link {
    let link = this.#links.get(name);
    if (link === undefined) {
      link = {
        last: base,
        committed: base,
        trying: null,
        attempts: 0,
        reply,
        missed: false,
        acknowledging: undefined,
        takenAt: [],
      };
      this.#links.set(name, link);
    }
    link.reply = reply;
    if (base > link.last) {
      // Acknowledged, so an earlier state of this store had heard them: it was set back to a backup.
      this.#options.log.warn(
        { link: name, from: link.last, to: base },
        'messages heard before are not known here',
      );
      link.last = base;
      link.committed = base;
    }
    return link;
  }

  async #tooOften(name: string, link: Link, n: number): Promise<boolean> {
    link.attempts = link.trying === n ? link.attempts + 1 : 1;
    link.trying = n;
    if (link.attempts > maxAttempts) return true;
    await this.#options.keep([rowOf(name, link)]);
    return false;
  }

  /** Soon, so that one word tells of many. */
  #acknowledge(name: string, link: Link): void {
    link.acknowledging ??= setTimeout(() => {
      link.acknowledging = undefined;
      const heard: Envelope = { kind: 'heard', link: name, n: link.committed, missed: link.missed };
      link.missed = false;
      const id = `${name}/heard/${link.committed}/${this.#options.now()}`;
      // Lost words are made up for: the sender sends again, and is told again.
      this.#options.relay.send(link.reply, [{ id, body: JSON.stringify(heard) }]).catch(() => undefined);
    }, acknowledgeAfterMs);
  }
}

function rowOf(name: string, link: Link): AnyPut {
  const value = { link: name, last: link.last, trying: link.trying, attempts: link.attempts };
  return { collection: 'relay_inbox', key: name, value };
}
