// What an agent is to the kernel: state restored from rows, and one synchronous handler.
// An agent must never read the clock, draw ambient randomness, wait, or touch the outside world.
import type { MessageDataByType, MessageType } from '../shared/bus/catalogue.ts';
import type { ClosingWords, CollectionName, CollectionRows } from '../shared/bus/collections.ts';
import type { EffectDataByKind, EffectKind } from '../shared/bus/effects.ts';
import type { AnyMessage } from '../shared/bus/message.ts';
import type { AgentName, Recipient } from '../shared/domain/agent-name.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import type { Random } from '../shared/ports/random.ts';

/** Durable rows as of the last handled message. */
export interface StateReader {
  get<Name extends CollectionName>(collection: Name, key: string): CollectionRows[Name] | undefined;
  /** All restored rows of a collection, ordered by key. */
  all<Name extends CollectionName>(collection: Name): Iterable<readonly [string, CollectionRows[Name]]>;
}

/** One agent's hands while it handles one message. Nothing takes effect until the handler returns. */
export interface Turn {
  readonly now: EpochMs;
  /** Sends a message; correlation defaults to the handled message's. Returns its id. */
  emit<Type extends MessageType>(
    type: Type,
    data: MessageDataByType[Type],
    options?: { to?: Recipient; correlationId?: string },
  ): string;
  /** Requests an effect, released after commit. Returns its id. */
  effect<Kind extends EffectKind>(
    kind: Kind,
    data: EffectDataByKind[Kind],
    options?: { correlationId?: string },
  ): string;
  /**
   * `closedBy`: data of a message of this turn that says all by which the row, closed by it, differs from the row before;
   * the journal then does not repeat the row. Throws Error when the row is not closed.
   */
  put<Name extends CollectionName>(
    collection: Name,
    key: string,
    value: CollectionRows[Name],
    closedBy?: ClosingWords,
  ): void;
  remove(collection: CollectionName, key: string): void;
  /** Sets or moves this agent's named alarm; it comes back as `kernel.alarm`. */
  setAlarm(name: string, at: EpochMs): void;
  cancelAlarm(name: string): void;
  /** Named stream that depends only on seed, name and the input's sequence. */
  random(name: string): Random;
  /** Deterministic id derived from content: prefix plus a hash of the parts. */
  id(prefix: string, ...parts: readonly (string | number)[]): string;
}

export interface Agent {
  readonly name: AgentName;
  /** Broadcast types this agent hears; messages addressed to it by name always arrive. */
  readonly subscriptions: readonly MessageType[];
  /** Rebuilds memory from durable rows; called once before the first message and after each restart. */
  restore(state: StateReader): void;
  handle(message: AnyMessage, turn: Turn): void;
}

export type AgentFactory = () => Agent;

export type AgentFactories = Readonly<Partial<Record<AgentName, AgentFactory>>>;

/** Builds the agents from the secret-free settings that a `kernel.started` input carries. */
export type AgentBuilder = (settings: Readonly<Record<string, unknown>>) => AgentFactories;
