// The text of one journalled turn. What a turn says twice is written once: a row or a message that repeats an earlier
// message of the same turn refers to it, and a message leaves out what it shares with its turn.
import type { AgentName, Recipient } from '../domain/agent-name.ts';
import type { EpochMs } from '../domain/time.ts';
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

/** A put as written: with its value, or with the id of the emitted message whose data it is. */
type WrittenPut =
  | AnyPut
  | { readonly collection: AnyPut['collection']; readonly key: string; readonly of: string };

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

function writtenInput({ id, from, to, message_type, data, at, correlation_id }: AnyMessage): WrittenMessage {
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
  if (emitted.length === 0) return puts;
  const messageIds = new Map<unknown, string>();
  for (const message of emitted) messageIds.set(message.data, message.id);
  return puts.map((put) => {
    const of = put.value === null ? undefined : messageIds.get(put.value);
    return of === undefined ? put : { collection: put.collection, key: put.key, of };
  });
}

/** The turn of a journal line, everything in full; undefined when the text is no journal line. */
export function readJournalLine(text: string): JournalledTurn | undefined {
  let written: Partial<WrittenTurn> | null;
  try {
    written = JSON.parse(text) as Partial<WrittenTurn> | null;
  } catch {
    return undefined;
  }
  if (typeof written?.n !== 'number' || typeof written.i !== 'object' || written.i === null) return undefined;
  const input = readMessage(written.i, written.i.data, written.i.at, written.i.id);
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
    if ('of' in put && !dataById.has(put.of)) return undefined;
    puts.push('of' in put ? resolvedPut(put, dataById.get(put.of)) : put);
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

function resolvedPut(put: Pick<AnyPut, 'collection' | 'key'>, value: unknown): AnyPut {
  return { collection: put.collection, key: put.key, value } as AnyPut;
}

const putsMark = ',"p":[';

/** Rows that a journal line changed; cheap for lines that changed none. Throws when the text is no journal line. */
export function putsOfJournalLine(text: string): readonly AnyPut[] {
  if (!text.includes(putsMark)) return [];
  const turn = readJournalLine(text);
  if (turn === undefined) throw new Error('not a journal line');
  return turn.puts;
}
