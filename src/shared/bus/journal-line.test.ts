import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type JournalledTurn, putsOfJournalLine, readJournalLine, writeJournalLine } from './journal-line.ts';

const at = 1_767_571_200_000;
const text = fc.constantFrom('all', 'analyst_ai', 'm7', 'c1', 'x"y\\');
const data = fc.oneof(
  fc.record({ id: fc.constantFrom('a', 'b'), state: text, result: fc.option(text), open: fc.boolean() }),
  fc.record({ id: fc.constantFrom('a', 'b'), of: text, with: fc.array(fc.nat()) }),
  fc.record({ open: fc.boolean(), state: text }),
);

const turns: fc.Arbitrary<JournalledTurn> = fc
  .record({
    correlation_id: text,
    to: text,
    emitted: fc.array(fc.record({ data, to: text, correlation_id: text, causation_id: fc.option(text) }), {
      maxLength: 6,
    }),
    effects: fc.array(fc.record({ data, correlation_id: text }), { maxLength: 2 }),
    puts: fc.array(fc.record({ key: text, value: fc.option(data), of: fc.option(fc.nat(5)) }), {
      maxLength: 6,
    }),
  })
  .map(({ correlation_id, to, emitted, effects, puts }) => {
    const shared = { message_type: 'task.changed', at, schema: 1 };
    const messages = emitted.map((message, index) => ({
      ...shared,
      ...message,
      id: `m7.${index}`,
      from: 'health_ai',
    }));
    return {
      sequence: 7,
      input: {
        ...shared,
        id: 'm7',
        from: 'kernel',
        to,
        data: { id: 'a' },
        correlation_id,
        causation_id: null,
      },
      emitted: messages,
      effects: effects.map((effect, index) => ({
        ...effect,
        id: `e7.${index}`,
        kind: 'probe.run',
        agent: 'health_ai',
        at,
      })),
      puts: puts.map(({ key, value, of }) => ({
        collection: 'tasks',
        key,
        value: of === null ? value : (messages[of]?.data ?? value),
      })),
    } as unknown as JournalledTurn;
  });

test('a journal line gives back its turn, every message and row in full', () => {
  fc.assert(
    fc.property(turns, (turn) => {
      const line = writeJournalLine(turn);
      expect(readJournalLine(line)).toEqual(turn);
      expect(putsOfJournalLine(line)).toEqual(turn.puts);
      expect(JSON.stringify(readJournalLine(line)?.puts)).toBe(JSON.stringify(turn.puts));
    }),
    { numRuns: 500 },
  );
});

test('what a turn says twice is written once', () => {
  const reason = 'a long reason '.repeat(20);
  const running = { id: 't1', kind: 'x', state: 'running', reason, open: true };
  const done = { ...running, state: 'succeeded', open: false };
  const message = (id: string, from: string) => ({
    id,
    from,
    to: 'all',
    message_type: 'task.changed',
    at,
    correlation_id: 'm1',
    causation_id: 'm1',
    schema: 1,
  });
  const turn = {
    sequence: 1,
    input: { ...message('m1', 'kernel'), data: {}, causation_id: null },
    emitted: [
      { ...message('m1.1', 'orchestrator_ai'), data: running },
      { ...message('m1.2', 'orchestrator_ai'), data: done },
    ],
    effects: [],
    puts: [{ collection: 'tasks', key: 't1', value: done }],
  } as unknown as JournalledTurn;
  const line = writeJournalLine(turn);
  expect(line.split(reason)).toHaveLength(2);
  expect(readJournalLine(line)).toEqual(turn);
});

test('a reference to nothing is no journal line', () => {
  const input = '"i":{"id":"m1","from":"kernel","message_type":"kernel.alarm","data":{},"at":1}';
  expect(readJournalLine(`{"n":1,${input}}`)).toBeDefined();
  expect(
    readJournalLine(`{"n":1,${input},"p":[{"collection":"tasks","key":"t","of":"m1.1"}]}`),
  ).toBeUndefined();
  expect(readJournalLine(`{"n":1,${input},"o":[{"id":"m1.2","of":"m1.1","with":{}}]}`)).toBeUndefined();
  expect(readJournalLine('{"n":1}')).toBeUndefined();
  expect(readJournalLine('[')).toBeUndefined();
  expect(() => putsOfJournalLine('{"n":1,"p":[')).toThrow('not a journal line');
});
