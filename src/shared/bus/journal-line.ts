// The text of one journalled turn. A row that is the very object of an emitted message is written once and referred to,
// because most rows are announced by a message in the same turn.
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

/** A put as written: with its value, or with the id of the emitted message whose data it is. */
type WrittenPut =
  | AnyPut
  | { readonly collection: AnyPut['collection']; readonly key: string; readonly of: string };

interface WrittenTurn {
  readonly n: number;
  readonly i: AnyMessage;
  readonly o?: readonly AnyMessage[];
  readonly e?: readonly AnyEffect[];
  readonly p?: readonly WrittenPut[];
}

/** Canonical text of a turn; empty parts are left out so that a quiet tick stays short. */
export function writeJournalLine(turn: JournalledTurn): string {
  const line: Record<string, unknown> = { n: turn.sequence, i: turn.input };
  if (turn.emitted.length > 0) line.o = turn.emitted;
  if (turn.effects.length > 0) line.e = turn.effects;
  if (turn.puts.length > 0) line.p = turn.emitted.length > 0 ? referringPuts(turn) : turn.puts;
  return JSON.stringify(line);
}

function referringPuts(turn: JournalledTurn): WrittenPut[] {
  const messageIds = new Map<unknown, string>();
  for (const message of turn.emitted) messageIds.set(message.data, message.id);
  return turn.puts.map((put) => {
    const of = put.value === null ? undefined : messageIds.get(put.value);
    return of === undefined ? put : { collection: put.collection, key: put.key, of };
  });
}

/** The turn of a journal line, every row with its value; undefined when the text is no journal line. */
export function readJournalLine(text: string): JournalledTurn | undefined {
  let written: Partial<WrittenTurn> | null;
  try {
    written = JSON.parse(text) as Partial<WrittenTurn> | null;
  } catch {
    return undefined;
  }
  if (typeof written?.n !== 'number' || typeof written.i !== 'object') return undefined;
  const emitted = written.o ?? [];
  const puts: AnyPut[] = [];
  for (const put of written.p ?? []) {
    const resolved = resolvePut(put, emitted);
    if (resolved === undefined) return undefined;
    puts.push(resolved);
  }
  return { sequence: written.n, input: written.i, emitted, effects: written.e ?? [], puts };
}

function resolvePut(put: WrittenPut, emitted: readonly AnyMessage[]): AnyPut | undefined {
  if (!('of' in put)) return put;
  const source = emitted.find((message) => message.id === put.of);
  if (source === undefined) return undefined;
  return { collection: put.collection, key: put.key, value: source.data } as AnyPut;
}

const putsMark = ',"p":[';

/** Rows that a journal line changed; cheap for lines that changed none. Throws when the text is no journal line. */
export function putsOfJournalLine(text: string): readonly AnyPut[] {
  if (!text.includes(putsMark)) return [];
  const turn = readJournalLine(text);
  if (turn === undefined) throw new Error('not a journal line');
  return turn.puts;
}
