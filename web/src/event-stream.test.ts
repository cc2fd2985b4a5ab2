import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createEventParser, retryDelayMs, type StreamEvent } from './event-stream.ts';

function parsed(pieces: readonly string[]): StreamEvent[] {
  const events: StreamEvent[] = [];
  const parse = createEventParser((event) => events.push(event));
  for (const piece of pieces) parse(piece);
  return events;
}

test('names, several data lines, comments and ids are read as the standard says', () => {
  const text = ': hello\n\nid: 7\nevent: decision\ndata: {"a":1}\n\ndata: one\ndata: two\n\nevent: empty\n\n';
  expect(parsed([text])).toEqual([
    { name: 'decision', data: '{"a":1}' },
    { name: 'message', data: 'one\ntwo' },
  ]);
});

test('an event that is not finished yet is not told', () => {
  expect(parsed(['event: x\ndata: 1\n'])).toEqual([]);
});

test('how the bytes are cut never changes what is heard', () => {
  const line = fc.constantFrom('event: a', 'data: 1', 'data:2', ': note', '', '', 'id: 3', 'data: é');
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 30 }),
      fc.constantFrom('\n', '\r\n'),
      fc.array(fc.nat(8)),
      (lines, end, cuts) => {
        const text = lines.map((content) => content + end).join('');
        const pieces: string[] = [];
        let rest = text;
        for (const cut of cuts) {
          pieces.push(rest.slice(0, cut));
          rest = rest.slice(cut);
        }
        expect(parsed([...pieces, rest])).toEqual(parsed([text]));
      },
    ),
  );
});

test('an event without end is refused instead of filling the memory', () => {
  const parse = createEventParser(() => {});
  expect(() => {
    for (let piece = 0; piece < 3; piece += 1) parse('x'.repeat(1_000_000));
  }).toThrow('too long');
});

test('pauses grow, stay bounded and differ between pages', () => {
  const delays = Array.from({ length: 12 }, (_, attempt) => retryDelayMs(attempt, 0));
  expect(delays.slice(0, 4)).toEqual([500, 1_000, 2_000, 4_000]);
  expect(Math.max(...delays)).toBe(20_000);
  expect(retryDelayMs(3, 1)).toBe(3_000);
});
