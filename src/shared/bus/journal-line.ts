// The text of one journalled turn. What a turn says twice is written once: a row or a message that repeats an earlier
// message of the same turn refers to it, and a message leaves out what it shares with its turn.
import type { AgentName, Recipient } from '../domain/agent-name.ts';
import type { Timeframe } from '../domain/candle.ts';
import type { EpochMs } from '../domain/time.ts';
import type { CandleEvent } from './catalogue.ts';
import type { AnyPut } from './collections.ts';
import type { AnyEffect } from './effects.ts';
import type { AnyMessage } from './message.ts';

/** One input with all that it caused. */
export interface JournalledTurn {
  readonly sequence: number;
  readonly input: AnyMessage;
  readonly emitted: readonly AnyMessage[];
  readonly effects: readonly AnyEffect[];
  readonly puts: readonly AnyPut[];
}

type Data = Readonly<Record<string, unknown>>;

/**
 * A message as written; what is undefined is not in the text. Left out: `to` when it goes to all, the correlation when
 * it is the input's (of the input: its own id), no cause, the version, and the time of all but the input, which they
 * share. Data that repeats an earlier message of the turn except for some fields is that message's id with those fields.
 */
interface WrittenMessage {
  readonly id: string;
  readonly from: AnyMessage['from'];
  readonly to?: Recipient | undefined;
  readonly message_type: AnyMessage['message_type'];
  readonly data?: unknown;
  readonly candle?: WrittenCandle;
  readonly of?: string | undefined;
  readonly with?: Data | undefined;
  readonly at?: EpochMs;
  readonly correlation_id?: string | undefined;
  readonly causation_id?: string | undefined;
}

/** An effect as written: its time is its turn's. */
interface WrittenEffect {
  readonly id: string;
  readonly kind: AnyEffect['kind'];
  readonly agent: AgentName;
  readonly data: unknown;
  readonly correlation_id: string | undefined;
}

/**
 * A put as written: with its value, with the id of the emitted message whose data it is, or, of a row that is closed, with
 * the id of the message that says by what it differs from the row before.
 */
type WrittenPut =
  | Omit<AnyPut, 'closedBy'>
  | (PutName & { readonly of: string })
  | (PutName & { readonly closed_by: string })
  | WrittenMemory
  | WrittenAlarm;

/** Most rows are these two, and their keys begin with the agent's name: without a value or a time the row is gone. */
interface WrittenMemory {
  readonly memory: string;
  readonly value?: unknown;
}
interface WrittenAlarm {
  readonly alarm: string;
  readonly due_at?: EpochMs;
}

type PutName = Pick<AnyPut, 'collection' | 'key'>;

/** A candle as written: most inputs are one, so its fields have places and no names. */
type WrittenCandle = readonly [
  source: string,
  kind: CandleEvent['kind'],
  symbol: string,
  timeframe: Timeframe,
  openTime: EpochMs,
  open: number,
  high: number,
  low: number,
  close: number,
  volume: number,
  happenedAt: EpochMs,
  knownAt: EpochMs,
];

interface WrittenTurn {
  readonly n: number;
  readonly i: WrittenMessage;
  readonly o: readonly WrittenMessage[] | undefined;
  readonly e: readonly WrittenEffect[] | undefined;
  readonly p: readonly WrittenPut[] | undefined;
}

/** Canonical text of a turn; empty parts are left out so that a quiet tick stays short. */
export function writeJournalLine(turn: JournalledTurn): string {
  const { input, emitted, effects, puts } = turn;
  const line: WrittenTurn = {
    n: turn.sequence,
    i: writtenInput(input),
    o: emitted.length === 0 ? undefined : writtenMessages(input, emitted),
    e: effects.length === 0 ? undefined : effects.map((effect) => writtenEffect(input, effect)),
    p: puts.length === 0 ? undefined : writtenPuts(emitted, puts),
  };
  return JSON.stringify(line);
}

function writtenInput(input: AnyMessage): WrittenMessage {
  const { id, from, to, message_type, data, at, correlation_id } = input;
  if (input.message_type === 'market.candle' && to === 'all' && correlation_id === id && input.data.candle)
    return { id, from, message_type, candle: writtenCandle(input.data), at };
  return {
    id,
    from,
    to: to === 'all' ? undefined : to,
    message_type,
    data,
    at,
    correlation_id: correlation_id === id ? undefined : correlation_id,
  };
}

function writtenCandle({ source, kind, candle, happened_at, known_at }: CandleEvent): WrittenCandle {
  const { symbol, timeframe, openTime, open, high, low, close, volume } = candle;
  return [source, kind, symbol, timeframe, openTime, open, high, low, close, volume, happened_at, known_at];
}

function readCandle(written: WrittenCandle): CandleEvent {
  const [source, kind, symbol, timeframe, openTime, open, high, low, close, volume, happened_at, known_at] =
    written;
  const candle = { symbol, timeframe, openTime, open, high, low, close, volume };
  return { source, kind, candle, happened_at, known_at };
}

function writtenMessages(input: AnyMessage, emitted: readonly AnyMessage[]): WrittenMessage[] {
  if (emitted.length === 1) return emitted.map((message) => writtenMessage(input, message, undefined));
  /** First message about each thing of the turn, by the thing's id. */
  const firstAbout = new Map<unknown, AnyMessage>();
  return emitted.map((message) => {
    const subject = (message.data as { readonly id?: unknown }).id;
    const first = subject === undefined ? undefined : firstAbout.get(subject);
    if (subject !== undefined && first === undefined) firstAbout.set(subject, message);
    return writtenMessage(input, message, first);
  });
}

function writtenMessage(
  input: AnyMessage,
  message: AnyMessage,
  first: AnyMessage | undefined,
): WrittenMessage {
  const { to, data, correlation_id } = message;
  const changes = first && changesBetween(first.data as object as Data, data as object as Data);
  return {
    id: message.id,
    from: message.from,
    to: to === 'all' ? undefined : to,
    message_type: message.message_type,
    data: changes === undefined ? data : undefined,
    of: changes === undefined ? undefined : first?.id,
    with: changes,
    correlation_id: correlation_id === input.correlation_id ? undefined : correlation_id,
    causation_id: message.causation_id ?? undefined,
  };
}

/** Fields of `after` that differ, so that { ...before, ...changes } is `after`; undefined when few are the same. */
function changesBetween(before: Data, after: Data): Data | undefined {
  const keys = Object.keys(after);
  const keysBefore = Object.keys(before);
  if (keys.length !== keysBefore.length) return undefined;
  const changes: Record<string, unknown> = {};
  let changed = 0;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] ?? '';
    if (key !== keysBefore[index]) return undefined;
    const value = after[key];
    if (value === before[key]) continue;
    if (value === undefined || ++changed * 2 > keys.length) return undefined;
    changes[key] = value;
  }
  return changes;
}

function writtenEffect(input: AnyMessage, effect: AnyEffect): WrittenEffect {
  const { id, kind, agent, data, correlation_id } = effect;
  const correlation = correlation_id === input.correlation_id ? undefined : correlation_id;
  return { id, kind, agent, data, correlation_id: correlation };
}

function writtenPuts(emitted: readonly AnyMessage[], puts: readonly AnyPut[]): readonly WrittenPut[] {
  if (emitted.length === 0) return puts.map(shortPut);
  const messageIds = new Map<unknown, string>();
  for (const message of emitted) messageIds.set(message.data, message.id);
  return puts.map((put) => {
    const { collection, key, value, closedBy } = put;
    const of = value === null ? undefined : messageIds.get(value);
    if (of !== undefined) return { collection, key, of };
    const closed_by = closedBy === undefined ? undefined : messageIds.get(closedBy);
    return closed_by === undefined ? shortPut(put) : { collection, key, closed_by };
  });
}

function shortPut(put: AnyPut): WrittenPut {
  const { collection, key, value } = put;
  if (collection === 'agent_memory') {
    if (value === null) return { memory: key };
    if (value.value !== undefined && begins(key, value.agent)) return { memory: key, value: value.value };
  } else if (collection === 'alarms') {
    if (value === null) return { alarm: key };
    const { owner, name, due_at } = value;
    if (key.length === owner.length + 1 + name.length && begins(key, owner) && key.endsWith(name))
      return { alarm: key, due_at };
  }
  return { collection, key, value };
}

function begins(key: string, agent: string): boolean {
  return key.startsWith(agent) && key[agent.length] === '/';
}

/**
 * The turn of a journal line, everything in full, except a row that a message closes: of it only what that message says.
 * No start restores such a row. Undefined when the text is no journal line.
 */
export function readJournalLine(text: string): JournalledTurn | undefined {
  let written: Partial<WrittenTurn> | null;
  try {
    written = JSON.parse(text) as Partial<WrittenTurn> | null;
  } catch {
    return undefined;
  }
  if (typeof written?.n !== 'number' || typeof written.i !== 'object' || written.i === null) return undefined;
  const said = written.i.candle === undefined ? written.i.data : readCandle(written.i.candle);
  const input = readMessage(written.i, said, written.i.at, written.i.id);
  const emitted: AnyMessage[] = [];
  const dataById = new Map<string, unknown>();
  for (const message of written.o ?? []) {
    const data =
      message.of === undefined
        ? message.data
        : { ...(dataById.get(message.of) as Data | undefined), ...message.with };
    if (message.of !== undefined && !dataById.has(message.of)) return undefined;
    dataById.set(message.id, data);
    emitted.push(readMessage(message, data, input.at, input.correlation_id));
  }
  const effects = (written.e ?? []).map((effect) => readEffect(effect, input));
  const puts: AnyPut[] = [];
  for (const put of written.p ?? []) {
    const by = 'of' in put ? put.of : 'closed_by' in put ? put.closed_by : undefined;
    if (by !== undefined && !dataById.has(by)) return undefined;
    puts.push(readPut(put, by === undefined ? undefined : dataById.get(by)));
  }
  return { sequence: written.n, input, emitted, effects, puts };
}

function readMessage(
  written: WrittenMessage,
  data: unknown,
  at: EpochMs | undefined,
  correlationId: string,
): AnyMessage {
  return {
    id: written.id,
    from: written.from,
    to: written.to ?? 'all',
    message_type: written.message_type,
    data,
    at,
    correlation_id: written.correlation_id ?? correlationId,
    causation_id: written.causation_id ?? null,
    schema: 1,
  } as AnyMessage;
}

function readEffect({ id, kind, agent, data, correlation_id }: WrittenEffect, input: AnyMessage): AnyEffect {
  const correlation = correlation_id ?? input.correlation_id;
  return { id, kind, agent, data, correlation_id: correlation, at: input.at } as AnyEffect;
}

function readPut(put: WrittenPut, said: unknown): AnyPut {
  if ('memory' in put) {
    const key = put.memory;
    const row = 'value' in put ? { agent: key.slice(0, key.indexOf('/')), value: put.value } : null;
    return { collection: 'agent_memory', key, value: row } as AnyPut;
  }
  if ('alarm' in put) {
    const key = put.alarm;
    const [owner, name] = [key.slice(0, key.indexOf('/')), key.slice(key.indexOf('/') + 1)];
    const row = 'due_at' in put ? { owner, name, due_at: put.due_at } : null;
    return { collection: 'alarms', key, value: row } as AnyPut;
  }
  const { collection, key } = put;
  return { collection, key, value: 'value' in put ? put.value : said } as AnyPut;
}

const putsMark = ',"p":[';

/** Rows that a journal line changed; cheap for lines that changed none. Throws when the text is no journal line. */
export function putsOfJournalLine(text: string): readonly AnyPut[] {
  if (!text.includes(putsMark)) return [];
  const turn = readJournalLine(text);
  if (turn === undefined) throw new Error('not a journal line');
  return turn.puts;
}
