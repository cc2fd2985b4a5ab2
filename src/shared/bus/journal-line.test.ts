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

/** Rows that are written short, and some that only look like them. */
const shortRows = fc.oneof(
  fc.record({
    collection: fc.constant('agent_memory'),
    key: fc.constantFrom('health_ai/a', 'health_ai/a/b', 'health_ai', 'other/a', ''),
    value: fc.option(
      fc.record({
        agent: fc.constant('health_ai'),
        value: fc.constantFrom(null, 0, '', [], { memory: 'x' }, { due_at: 1 }),
      }),
    ),
  }),
  fc.record({
    collection: fc.constant('alarms'),
    key: fc.constantFrom('health_ai/a', 'health_ai/a/b', 'health_ai/', 'x'),
    value: fc.option(
      fc.record({
        owner: fc.constant('health_ai'),
        name: fc.constantFrom('a', 'a/b', 'b', ''),
        due_at: fc.nat(),
      }),
    ),
  }),
);

test('rows of memory and alarms come back as they were, also under keys that are not theirs', () => {
  fc.assert(
    fc.property(turns, fc.array(shortRows, { maxLength: 5 }), (turn, rows) => {
      const puts = [...turn.puts, ...rows] as JournalledTurn['puts'];
      const read = readJournalLine(writeJournalLine({ ...turn, puts }));
      expect(JSON.stringify(read?.puts)).toBe(JSON.stringify(puts));
    }),
    { numRuns: 500 },
  );
});

test('a candle comes back with its names, wherever it is addressed to', () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
  fc.assert(
    fc.property(fc.array(number, { minLength: 5, maxLength: 5 }), text, (values, to) => {
      const [open, high, low, close, volume] = values;
      const candle = { symbol: 'BTCUSDT', timeframe: '1m', openTime: at, open, high, low, close, volume };
      const event = { source: 'tape', kind: 'recorded', candle, happened_at: at + 1, known_at: at + 2 };
      const input = { id: 'm7', from: 'market', to, message_type: 'market.candle', data: event, at };
      const whole = { ...input, correlation_id: 'm7', causation_id: null, schema: 1 };
      const turn = { sequence: 7, input: whole, emitted: [], effects: [], puts: [] };
      const line = writeJournalLine(turn as unknown as JournalledTurn);
      expect(JSON.stringify(readJournalLine(line)?.input)).toBe(JSON.stringify(whole));
    }),
  );
});

test('a row that a message closes is not repeated, and is read as closed', () => {
  const said = { id: 'd1', outcome: 'good', open: false } as const;
  const input = { id: 'm1', from: 'kernel', to: 'all', message_type: 'kernel.alarm', data: {}, at };
  const shared = { correlation_id: 'm1', causation_id: null, schema: 1 };
  const scored = { ...input, ...shared, id: 'm1.1', message_type: 'decision.scored', data: said };
  const row = { id: 'd1', reasoning: 'a long reason', outcome: 'good', open: false };
  const put = { collection: 'decisions', key: 'd1', value: row, closedBy: said };
  const turn = { sequence: 1, input: { ...input, ...shared }, emitted: [scored], effects: [], puts: [put] };
  const line = writeJournalLine(turn as unknown as JournalledTurn);
  expect(line).not.toContain('a long reason');
  expect(putsOfJournalLine(line)).toEqual([{ collection: 'decisions', key: 'd1', value: said }]);
  const untold = writeJournalLine({ ...turn, emitted: [] } as unknown as JournalledTurn);
  expect(putsOfJournalLine(untold)).toEqual([{ collection: 'decisions', key: 'd1', value: row }]);
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
  expect(
    readJournalLine(`{"n":1,${input},"p":[{"collection":"tasks","key":"t","closed_by":"m1.1"}]}`),
  ).toBeUndefined();
  expect(readJournalLine(`{"n":1,${input},"o":[{"id":"m1.2","of":"m1.1","with":{}}]}`)).toBeUndefined();
  expect(readJournalLine('{"n":1}')).toBeUndefined();
  expect(readJournalLine('[')).toBeUndefined();
  expect(() => putsOfJournalLine('{"n":1,"p":[')).toThrow('not a journal line');
});
