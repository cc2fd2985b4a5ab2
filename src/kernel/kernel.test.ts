import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AnyMessage } from '../shared/bus/message.ts';
import type { AgentName } from '../shared/domain/agent-name.ts';
import type { JournalEntry } from '../shared/ports/store.ts';
import { admit } from './admission.ts';
import type { Agent, AgentBuilder, StateReader, Turn } from './agent.ts';
import { Kernel, type KernelInput, maxMessagesPerInput } from './kernel.ts';
import { JournalReplay } from './replay.ts';

interface CounterOptions {
  readonly failOn?: number;
  readonly storm?: boolean;
}

/** A small agent that counts commands durably, draws randomness, sets alarms and can be told to fail. */
class CountingAgent implements Agent {
  readonly name: AgentName;
  readonly subscriptions = [
    'operator.command',
    'kernel.started',
    'kernel.agent_restarted',
    'trading.tighten',
  ] as const;
  readonly #options: CounterOptions;
  #count = 0;

  constructor(name: AgentName, options: CounterOptions) {
    this.name = name;
    this.#options = options;
  }

  restore(state: StateReader): void {
    const row = state.get('agent_memory', this.name);
    this.#count = typeof row?.value === 'number' ? row.value : 0;
  }

  handle(message: AnyMessage, turn: Turn): void {
    if (message.message_type === 'trading.tighten') {
      if (this.#options.storm === true) {
        turn.emit('trading.tighten', message.data);
        turn.emit('trading.tighten', message.data);
      }
      return;
    }
    if (message.message_type !== 'operator.command') return;
    this.#count++;
    turn.put('agent_memory', this.name, { agent: this.name, value: this.#count });
    if (this.#count === this.#options.failOn) throw new Error('poison');
    if (this.#options.storm === true) turn.emit('trading.tighten', { state: 'halted', reason: 'storm' });
    turn.setAlarm('later', turn.now + 1_000 + turn.random('delay').integer(50));
    turn.effect('probe.run', { probe: 'clock', target: turn.id('x', this.#count) });
  }
}

function builder(options: CounterOptions = {}): AgentBuilder {
  return () => ({
    analyst_ai: () => new CountingAgent('analyst_ai', options),
    trading_ai: () => new CountingAgent('trading_ai', {}),
  });
}

function started(at: number, seed = 7): KernelInput {
  return {
    from: 'kernel',
    message_type: 'kernel.started',
    data: { run_mode: 'simulation', seed, version: 'test', agent_settings: {}, first_start: true },
    at,
  };
}

function command(at: number): KernelInput {
  return {
    from: 'operator',
    message_type: 'operator.command',
    data: { command: 'force_decision', by: 'test', reason: '', symbol: null, dry_run: false },
    at,
  };
}

function runAll(kernel: Kernel, inputs: readonly KernelInput[]) {
  return inputs.map((input) => kernel.process(input));
}

test('the same inputs and seed give the same hash, another seed another', () => {
  const inputs = [command(10), command(20), command(30)];
  const first = new Kernel({ build: builder() });
  const second = new Kernel({ build: builder() });
  const other = new Kernel({ build: builder() });
  runAll(first, [started(1), ...inputs]);
  runAll(second, [started(1), ...inputs]);
  runAll(other, [started(1, 8), ...inputs]);
  expect(first.hash).toBe(second.hash);
  expect(first.hash).not.toBe(other.hash);
});

test('time never runs backwards inside the kernel', () => {
  const kernel = new Kernel({ build: builder() });
  runAll(kernel, [started(1_000)]);
  const { record } = kernel.process(command(10));
  expect(record.input.at).toBe(1_000);
});

test('a failing handler leaves nothing behind, goes down, and comes back from its rows', () => {
  const kernel = new Kernel({ build: builder({ failOn: 2 }) });
  runAll(kernel, [started(1), command(10)]);
  const failed = kernel.process(command(20)).record;
  expect(failed.puts.filter((put) => put.collection === 'agent_memory').map((put) => put.key)).toEqual([
    'trading_ai',
  ]);
  expect(failed.puts.some((put) => put.collection === 'dead_letters')).toBe(true);
  expect(failed.emitted.map((message) => message.message_type)).toContain('kernel.agent_failed');
  expect(kernel.supervisor.isDown('analyst_ai')).toBe(true);
  const restartAt = kernel.nextAlarmAt;
  expect(restartAt).toBe(1_020);
  for (const alarm of kernel.dueAlarms(1_020)) kernel.process(alarm);
  expect(kernel.supervisor.isDown('analyst_ai')).toBe(false);
  // The count of the failed call was discarded, so the same poison comes again: twice in a row delays longer.
  kernel.process(command(1_030));
  expect(kernel.supervisor.isDown('analyst_ai')).toBe(true);
  const alarms = kernel
    .dueAlarms(10_000)
    .filter((alarm) => JSON.stringify(alarm.data).includes('kernel:restart'));
  expect(alarms.map((alarm) => (alarm.data as { due_at: number }).due_at)).toEqual([1_030 + 2_000]);
});

test('a storm of messages from one input is cut and kept as a dead letter', () => {
  const kernel = new Kernel({ build: builder({ storm: true }) });
  runAll(kernel, [started(1)]);
  const { record } = kernel.process(command(10));
  expect(record.emitted.length).toBeLessThanOrEqual(maxMessagesPerInput);
  expect(record.puts.filter((put) => put.collection === 'dead_letters')).toHaveLength(1);
});

test('a stale alarm does nothing', () => {
  const kernel = new Kernel({ build: builder() });
  runAll(kernel, [started(1), command(10)]);
  const [alarm] = kernel.dueAlarms(5_000);
  if (alarm === undefined) throw new Error('no alarm');
  kernel.process(command(1_005));
  const moved = kernel.process(alarm).record;
  expect(moved.puts).toEqual([]);
});

test('malformed inputs become dead letters with the reason', () => {
  const bad = { ...command(10), data: { command: 'sell everything' } } as unknown as KernelInput;
  const letter = admit(bad);
  expect(letter.message_type).toBe('kernel.dead_letter');
  const unknown = admit({ ...command(10), message_type: 'signal' } as unknown as KernelInput);
  expect(unknown.data).toMatchObject({ reason: expect.stringContaining('forbidden') });
  expect(admit({ ...command(10), at: Number.NaN }).message_type).toBe('kernel.dead_letter');
  const good = command(10);
  expect(admit(good)).toBe(good);
});

test('any history replays to the same journal, failures and restarts of agents included', () => {
  const step = fc.record({
    wait: fc.integer({ min: -500, max: 3_000 }),
    kind: fc.constantFrom('command', 'alarms', 'restart'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 6 }), (steps, failOn) => {
      const kernel = new Kernel({ build: builder({ failOn }) });
      let now = 1_000;
      const entries = runAll(kernel, [started(now)]).map((result) => result.entry);
      for (const { wait, kind } of steps) {
        now += wait;
        const inputs =
          kind === 'command'
            ? [command(now)]
            : kind === 'restart'
              ? [started(now)]
              : kernel.dueAlarms(Math.max(now, kernel.lastAt));
        entries.push(...runAll(kernel, inputs).map((result) => result.entry));
      }
      const replay = new JournalReplay(builder({ failOn }));
      for (const entry of entries) expect(replay.check(entry), JSON.stringify(replay.difference)).toBe(true);
      expect(replay.hash).toBe(kernel.hash);
    }),
    { numRuns: 200 },
  );
});

test('a replay names the first difference', () => {
  const kernel = new Kernel({ build: builder() });
  const entries = runAll(kernel, [started(1), command(10), command(20)]).map((result) => result.entry);
  const replay = new JournalReplay(builder({ failOn: 2 }));
  expect(entries.map((entry) => replay.check(entry))).toEqual([true, true, false]);
  expect(replay.difference).toMatchObject({ sequence: 3, part: 'messages' });
  const tampered = new JournalReplay(builder());
  const changed = entries.map((entry) =>
    entry.sequence === 2 ? { ...entry, line: entry.line.replace('"x-', '"y-') } : entry,
  );
  expect(changed.map((entry) => tampered.check(entry))).toEqual([true, false, false]);
  expect(tampered.difference).toMatchObject({ sequence: 2, part: 'hash' });
});

test('of a row that one input changes more than once only the last value is recorded', () => {
  const chatty: Agent = {
    name: 'health_ai',
    subscriptions: ['operator.command', 'trading.tighten'],
    restore: () => {},
    handle(message, turn) {
      turn.put('agent_memory', 'passing', { agent: 'health_ai', value: message.message_type });
      turn.put('agent_memory', message.id, { agent: 'health_ai', value: 1 });
      if (message.message_type === 'operator.command')
        turn.emit('trading.tighten', { state: 'halted', reason: 'x' });
      else turn.remove('agent_memory', 'm2');
    },
  };
  const kernel = new Kernel({ build: () => ({ health_ai: () => chatty }) });
  kernel.process({
    from: 'kernel',
    message_type: 'kernel.started',
    data: { run_mode: 'simulation', seed: 1, version: '0', agent_settings: {}, first_start: true },
    at: 1,
  });
  const command = { command: 'start', by: 'x', reason: 'x', symbol: null, dry_run: false } as const;
  const { record } = kernel.process({
    from: 'operator',
    message_type: 'operator.command',
    data: command,
    at: 2,
  });
  expect(
    record.puts.map(({ key, value }) => [key, value === null ? null : 'value' in value && value.value]),
  ).toEqual([
    ['passing', 'trading.tighten'],
    ['m2', null],
    ['m2.1', 1],
  ]);
});

test('an agent whose rows cannot be read goes down alone and is tried again later', () => {
  const fragile = (): Agent => ({
    name: 'trading_ai',
    subscriptions: ['operator.command'],
    restore(state) {
      if (state.get('agent_memory', 'analyst_ai')?.value !== 1) throw new Error('row of an older version');
    },
    handle: () => {},
  });
  const build = () => ({ analyst_ai: () => new CountingAgent('analyst_ai', {}), trading_ai: fragile });
  const kernel = new Kernel({ build });
  const entries: JournalEntry[] = [];
  const feed = (input: KernelInput) => {
    const { record, entry } = kernel.process(input);
    entries.push(entry);
    return record;
  };
  const types = feed(started(1)).emitted.map((message) => message.message_type);
  expect(types).toEqual(['kernel.agent_failed']);
  expect(kernel.supervisor.states().map(({ state }) => state)).toEqual(['running', 'restarting']);
  for (const alarm of kernel.dueAlarms(1_001)) feed(alarm);
  expect(kernel.supervisor.isDown('trading_ai')).toBe(true);
  feed(command(1_002));
  for (const alarm of kernel.dueAlarms(60_000)) feed(alarm);
  expect(kernel.supervisor.isDown('trading_ai')).toBe(false);
  const replay = new JournalReplay(build);
  for (const entry of entries) expect(replay.check(entry), JSON.stringify(replay.difference)).toBe(true);
});
