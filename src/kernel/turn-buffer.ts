// One handler call's staged outputs. They count only when the handler returns; a throw discards them all.
import type { MessageDataByType, MessageType } from '../shared/bus/catalogue.ts';
import {
  type AlarmRow,
  type AnyPut,
  type ClosingWords,
  type CollectionName,
  type CollectionRows,
  collectionLoading,
} from '../shared/bus/collections.ts';
import type { AnyEffect, EffectDataByKind, EffectKind } from '../shared/bus/effects.ts';
import type { AnyMessage } from '../shared/bus/message.ts';
import type { AgentName, Recipient } from '../shared/domain/agent-name.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import type { Random } from '../shared/ports/random.ts';
import type { Turn } from './agent.ts';
import { alarmKey } from './alarm-clock.ts';
import { contentId } from './content-id.ts';
import { randomStream } from './random-stream.ts';

/** Counters shared by all handler calls of one input, so that ids are unique within it. */
export interface TurnCounters {
  messages: number;
  effects: number;
}

export class TurnBuffer implements Turn {
  readonly messages: AnyMessage[] = [];
  readonly effects: AnyEffect[] = [];
  readonly puts: AnyPut[] = [];
  readonly now: EpochMs;
  readonly #agent: AgentName;
  readonly #cause: AnyMessage;
  readonly #sequence: number;
  readonly #seed: number;
  readonly #counters: TurnCounters;

  constructor(
    agent: AgentName,
    cause: AnyMessage,
    now: EpochMs,
    sequence: number,
    seed: number,
    counters: TurnCounters,
  ) {
    this.#agent = agent;
    this.#cause = cause;
    this.now = now;
    this.#sequence = sequence;
    this.#seed = seed;
    this.#counters = counters;
  }

  emit<Type extends MessageType>(
    type: Type,
    data: MessageDataByType[Type],
    options?: { to?: Recipient; correlationId?: string },
  ): string {
    const id = `m${this.#sequence}.${++this.#counters.messages}`;
    const message = {
      id,
      from: this.#agent,
      to: options?.to ?? 'all',
      message_type: type,
      data: Object.freeze(data),
      at: this.now,
      correlation_id: options?.correlationId ?? this.#cause.correlation_id,
      causation_id: this.#cause.id,
      schema: 1,
    };
    this.messages.push(Object.freeze(message) as unknown as AnyMessage);
    return id;
  }

  effect<Kind extends EffectKind>(
    kind: Kind,
    data: EffectDataByKind[Kind],
    options?: { correlationId?: string },
  ): string {
    const id = `e${this.#sequence}.${++this.#counters.effects}`;
    const correlation_id = options?.correlationId ?? this.#cause.correlation_id;
    this.effects.push({
      id,
      kind,
      agent: this.#agent,
      data,
      correlation_id,
      at: this.now,
    } as unknown as AnyEffect);
    return id;
  }

  put<Name extends CollectionName>(
    collection: Name,
    key: string,
    value: CollectionRows[Name],
    closedBy?: ClosingWords,
  ): void {
    if (closedBy === undefined) this.puts.push({ collection, key, value } as unknown as AnyPut);
    else if (collectionLoading[collection] !== 'open' || (value as Partial<ClosingWords>).open !== false)
      throw new Error(`${collection}/${key} is not closed`);
    else this.puts.push({ collection, key, value, closedBy } as unknown as AnyPut);
  }

  remove(collection: CollectionName, key: string): void {
    this.puts.push({ collection, key, value: null } as AnyPut);
  }

  setAlarm(name: string, at: EpochMs): void {
    // At least a millisecond ahead, so that an agent can never keep one instant busy for ever.
    const row: AlarmRow = { owner: this.#agent, name, due_at: Math.max(Math.ceil(at), this.now + 1) };
    this.put('alarms', alarmKey(this.#agent, name), row);
  }

  cancelAlarm(name: string): void {
    this.remove('alarms', alarmKey(this.#agent, name));
  }

  random(name: string): Random {
    return randomStream(this.#seed, this.#agent, name, this.#sequence);
  }

  id(prefix: string, ...parts: readonly (string | number)[]): string {
    return contentId(prefix, ...parts);
  }
}
