// The kernel's core: one input in, everything it caused out. Synchronous, deterministic, free of time and I/O;
// it must never act on the world, only record what should be done.
import {
  type AgentFailure,
  inputTypes,
  type MessageDataByType,
  type MessageType,
} from '../shared/bus/catalogue.ts';
import type { AnyPut } from '../shared/bus/collections.ts';
import type { AnyEffect } from '../shared/bus/effects.ts';
import type { AnyMessage, Message } from '../shared/bus/message.ts';
import type { AgentName, OriginName, Recipient } from '../shared/domain/agent-name.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import type { LoadedState } from '../shared/ports/store.ts';
import type { AgentBuilder, StateReader } from './agent.ts';
import { AgentSupervisor, restartAlarmName } from './agent-supervisor.ts';
import { AlarmClock, alarmKey } from './alarm-clock.ts';
import { genesisHash, journalEntry, type TurnRecord } from './journal.ts';
import { StateMirror } from './state-mirror.ts';
import { TurnBuffer, type TurnCounters } from './turn-buffer.ts';

/** Agents hear each message in this order. */
const agentOrder = [
  'analyst_ai',
  'trading_ai',
  'orchestrator_ai',
  'health_ai',
] as const satisfies readonly AgentName[];

/** More messages than this from one input is a storm: the rest goes to dead letters. */
export const maxMessagesPerInput = 2_000;

/** An input before the kernel has stamped it. */
export interface KernelInput<Type extends MessageType = MessageType> {
  readonly from: OriginName;
  readonly message_type: Type;
  readonly data: MessageDataByType[Type];
  readonly at: EpochMs;
  readonly to?: Recipient;
  readonly correlation_id?: string;
}

export interface KernelOptions {
  readonly build: AgentBuilder;
  /** State to continue from; absent for an empty world. */
  readonly loaded?: LoadedState;
  /** Milliseconds source for turn statistics only; absent in replay and simulation. */
  readonly stopwatch?: () => number;
}

export class Kernel {
  readonly #build: AgentBuilder;
  readonly #mirror: StateMirror;

  /** The durable rows as an agent would be restored from right now; for reading only. */
  get rows(): StateReader {
    return this.#mirror;
  }
  readonly #alarms: AlarmClock;
  readonly #supervisor: AgentSupervisor;
  #sequence: number;
  #hash: string;
  #lastAt: EpochMs;
  #seed = 0;
  #started = false;

  constructor(options: KernelOptions) {
    this.#build = options.build;
    this.#mirror = new StateMirror(options.loaded?.rows);
    this.#alarms = new AlarmClock(this.#mirror.all('alarms'));
    this.#supervisor = new AgentSupervisor(this.#mirror, options.stopwatch);
    this.#sequence = options.loaded?.sequence ?? 0;
    this.#hash = options.loaded?.hash ?? genesisHash;
    this.#lastAt = options.loaded?.lastAt ?? 0;
  }

  get sequence(): number {
    return this.#sequence;
  }

  get hash(): string {
    return this.#hash;
  }

  get lastAt(): EpochMs {
    return this.#lastAt;
  }

  get nextAlarmAt(): EpochMs | undefined {
    return this.#alarms.earliest;
  }

  get supervisor(): AgentSupervisor {
    return this.#supervisor;
  }

  /** Inputs for all alarms due at `now`; each must be processed, in this order, before later inputs. */
  dueAlarms(now: EpochMs): KernelInput[] {
    // Before `kernel.started` nobody could hear them, and a fired alarm is gone.
    if (!this.#started) return [];
    return this.#alarms.due(now).map((row) => ({
      from: 'kernel',
      message_type: 'kernel.alarm',
      data: { owner: row.owner, name: row.name, due_at: row.due_at },
      at: now,
      to: row.owner,
    }));
  }

  /** Handles one input to the end and adds it to the journal chain. Time never runs backwards inside. */
  process(input: KernelInput): {
    readonly record: TurnRecord;
    readonly entry: ReturnType<typeof journalEntry>;
  } {
    const sequence = ++this.#sequence;
    const at = Math.max(input.at, this.#lastAt);
    this.#lastAt = at;
    const id = `m${sequence}`;
    const message = Object.freeze({
      id,
      from: input.from,
      to: input.to ?? 'all',
      message_type: input.message_type,
      data: Object.freeze(input.data),
      at,
      correlation_id: input.correlation_id ?? id,
      causation_id: null,
      schema: 1,
    }) as unknown as AnyMessage;
    const turn = new InputTurn(message, sequence, at);
    this.#kernelPart(message, turn);
    this.#drain(turn);
    const record: TurnRecord = {
      sequence,
      input: message,
      emitted: turn.emitted,
      effects: turn.effects,
      puts: lastOfEachRow(turn.puts),
    };
    const entry = journalEntry(record, this.#hash);
    this.#hash = entry.hash;
    return { record, entry };
  }

  /**
   * Takes over a recorded turn without running it: its rows count, its agents do not. For a replay whose base lies
   * between two starts, until the next `kernel.started` builds the agents.
   */
  adopt(turn: TurnRecord, hash: string): void {
    this.#sequence = turn.sequence;
    this.#hash = hash;
    this.#lastAt = Math.max(turn.input.at, this.#lastAt);
    for (const put of turn.puts) this.#remember(put);
  }

  get started(): boolean {
    return this.#started;
  }

  /** What the kernel itself does with an input before any agent hears it. */
  #kernelPart(message: AnyMessage, turn: InputTurn): void {
    switch (message.message_type) {
      case 'kernel.started': {
        this.#seed = message.data.seed;
        this.#started = true;
        for (const { agent, error } of this.#supervisor.build(this.#build(message.data.agent_settings)))
          this.#agentFailed(agent, message, error, turn);
        break;
      }
      case 'kernel.alarm': {
        const key = alarmKey(message.data.owner, message.data.name);
        const row = this.#alarms.get(key);
        if (row === undefined || row.due_at !== message.data.due_at) {
          turn.queue.length = 0;
          return;
        }
        this.#apply({ collection: 'alarms', key, value: null }, turn);
        if (message.data.name === restartAlarmName) {
          turn.queue.length = 0;
          const error = this.#supervisor.restart(message.data.owner);
          if (error !== undefined) this.#agentFailed(message.data.owner, message, error, turn);
          else turn.queue.push(turn.kernelMessage('kernel.agent_restarted', { agent: message.data.owner }));
        }
        break;
      }
      case 'kernel.dead_letter': {
        this.#apply({ collection: 'dead_letters', key: message.id, value: message.data }, turn);
        break;
      }
      case 'mandate': {
        // An input only where the orchestrator lives in another process: trading must find it again after a restart.
        this.#apply({ collection: 'mandates', key: 'current', value: message.data }, turn);
        break;
      }
      default:
    }
  }

  #drain(turn: InputTurn): void {
    for (let index = 0; index < turn.queue.length; index++) {
      const message = turn.queue[index];
      if (message === undefined) break;
      if (index >= maxMessagesPerInput) {
        this.#deadLetter(message, `storm: more than ${maxMessagesPerInput} messages from one input`, turn);
        break;
      }
      if (message !== turn.input) turn.emitted.push(message);
      if (message.to === 'all')
        for (const agent of this.#supervisor.hearers(message.message_type, agentOrder))
          this.#deliver(agent, message, turn);
      else for (const agent of agentOrder) if (message.to === agent) this.#deliver(agent, message, turn);
      if (message.message_type === 'health.restart_agent') this.#rebuild(message, turn);
    }
  }

  /** Builds a running agent anew from its rows; one that failed has its own alarm for that. */
  #rebuild(message: Message<'health.restart_agent'>, turn: InputTurn): void {
    const { agent } = message.data;
    if (message.from !== 'health_ai' || this.#supervisor.isDown(agent)) return;
    const error = this.#supervisor.restart(agent);
    if (error !== undefined) this.#agentFailed(agent, message, error, turn);
    else turn.queue.push(turn.kernelMessage('kernel.agent_restarted', { agent }));
  }

  #deliver(agent: AgentName, message: AnyMessage, turn: InputTurn): void {
    if (this.#supervisor.isDown(agent)) {
      if (!isSuperseded(message.message_type)) this.#deadLetter(message, `${agent} is down`, turn);
      return;
    }
    const buffer = new TurnBuffer(agent, message, turn.at, turn.sequence, this.#seed, turn.counters);
    const error = this.#supervisor.call(agent, message, buffer);
    if (error !== undefined) {
      this.#agentFailed(agent, message, error, turn);
      return;
    }
    for (const put of buffer.puts) this.#apply(put, turn);
    for (const effect of buffer.effects) turn.effects.push(effect);
    for (const emitted of buffer.messages) turn.queue.push(emitted);
  }

  #agentFailed(agent: AgentName, message: AnyMessage, error: string, turn: InputTurn): void {
    const failure: AgentFailure = this.#supervisor.fail(agent, message.id, error, turn.at);
    this.#deadLetter(message, `${agent} failed: ${error}`, turn);
    const row = { owner: agent, name: restartAlarmName, due_at: failure.restart_at } as const;
    this.#apply({ collection: 'alarms', key: alarmKey(agent, restartAlarmName), value: row }, turn);
    turn.queue.push(turn.kernelMessage('kernel.agent_failed', failure));
  }

  #deadLetter(message: AnyMessage, reason: string, turn: InputTurn): void {
    const letter = {
      id: message.id,
      reason,
      message_type: message.message_type,
      excerpt: JSON.stringify(message.data).slice(0, 500),
      at: turn.at,
    };
    this.#apply(
      { collection: 'dead_letters', key: `${message.id}/${turn.puts.length}`, value: letter },
      turn,
    );
  }

  #apply(put: AnyPut, turn: InputTurn): void {
    turn.puts.push(put);
    this.#remember(put);
  }

  #remember(put: AnyPut): void {
    this.#mirror.apply(put);
    if (put.collection !== 'alarms') return;
    if (put.value === null) this.#alarms.remove(put.key);
    else this.#alarms.set(put.key, put.value);
  }
}

/** Everything gathered while one input is handled. */
class InputTurn {
  readonly input: AnyMessage;
  readonly sequence: number;
  readonly at: EpochMs;
  readonly counters: TurnCounters = { messages: 0, effects: 0 };
  readonly queue: AnyMessage[];
  readonly emitted: AnyMessage[] = [];
  readonly effects: AnyEffect[] = [];
  readonly puts: AnyPut[] = [];

  constructor(input: AnyMessage, sequence: number, at: EpochMs) {
    this.input = input;
    this.sequence = sequence;
    this.at = at;
    this.queue = [input];
  }

  kernelMessage<Type extends MessageType>(type: Type, data: MessageDataByType[Type]): AnyMessage {
    return Object.freeze({
      id: `m${this.sequence}.${++this.counters.messages}`,
      from: 'kernel',
      to: 'all',
      message_type: type,
      data: Object.freeze(data),
      at: this.at,
      correlation_id: this.input.correlation_id,
      causation_id: this.input.id,
      schema: 1,
    }) as unknown as AnyMessage;
  }
}

/** One input's changes take effect together, so of a row written more than once only the last value counts. */
function lastOfEachRow(puts: readonly AnyPut[]): readonly AnyPut[] {
  if (puts.length < 2) return puts;
  const keys = new Set<string>();
  for (const put of puts) keys.add(put.key);
  if (keys.size === puts.length) return puts;
  const rows = new Map<string, AnyPut>();
  for (const put of puts) rows.set(`${put.collection}/${put.key}`, put);
  return [...rows.values()];
}

const inputTypeSet: ReadonlySet<string> = new Set(inputTypes);

/** True for types that the outside may send; everything else is emitted by agents only. */
export function isInputType(type: string): boolean {
  return inputTypeSet.has(type);
}

/** Of these the next one says all that this one said: an agent that was down misses nothing. */
function isSuperseded(type: string): boolean {
  return type.startsWith('market.') || type === 'system.vitals';
}
