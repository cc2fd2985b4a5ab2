// The loop on a store that fails, a clock that jumps and a stop in the middle. Time is a number here; nothing waits.
import { expect, test } from 'vitest';
import { MemoryStore } from '../adapters/store/memory/memory-store.ts';
import type { AnyPut } from '../shared/bus/collections.ts';
import type { AnyEffect } from '../shared/bus/effects.ts';
import type { AnyMessage } from '../shared/bus/message.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { CommitBatch } from '../shared/ports/store.ts';
import type { Agent, Turn } from './agent.ts';
import { Kernel, type KernelInput } from './kernel.ts';
import { KernelLoop } from './kernel-loop.ts';

class HandClock implements Clock {
  at = 1_000;
  #wake: { readonly at: number; readonly run: () => void } | undefined;

  now(): number {
    return this.at;
  }

  wakeAt(at: number, run: () => void): void {
    this.#wake = { at, run };
  }

  cancelWake(): void {
    this.#wake = undefined;
  }

  /** Sets the time, as a corrected wall clock would, and fires what has become due. */
  jump(at: number): void {
    this.at = at;
    const wake = this.#wake;
    if (wake === undefined || wake.at > at) return;
    this.#wake = undefined;
    wake.run();
  }
}

/** Asks for an alert per command and rings every minute. */
const ringer = (): Agent => ({
  name: 'health_ai',
  subscriptions: ['kernel.started', 'operator.command'],
  restore: () => {},
  handle(message: AnyMessage, turn: Turn) {
    if (message.message_type !== 'operator.command') turn.setAlarm('minute', turn.now + 60_000);
    else turn.effect('alert.send', { incident_id: 'incident', severity: 'info', text: 'x', phase: 'opened' });
  },
});

function command(at: number): KernelInput {
  const data = { command: 'start', by: 'test', reason: 'test', symbol: null, dry_run: false } as const;
  return { from: 'operator', message_type: 'operator.command', data, at };
}

const started: KernelInput = {
  from: 'kernel',
  message_type: 'kernel.started',
  data: { run_mode: 'simulation', seed: 1, version: 'test', agent_settings: {}, first_start: true },
  at: 1_000,
};

function world(failures: (attempt: number) => boolean = () => false, beside?: () => readonly AnyPut[]) {
  const clock = new HandClock();
  const kernel = new Kernel({ build: () => ({ health_ai: ringer }) });
  const store = new MemoryStore();
  const inputs: AnyMessage[] = [];
  const released: AnyEffect[] = [];
  const committed: CommitBatch[] = [];
  const fatal: Error[] = [];
  let attempts = 0;
  const loop = new KernelLoop({
    kernel,
    clock,
    store: Object.assign(store, {
      commit: async (batch: CommitBatch) => {
        if (failures(++attempts)) throw new Error('the disk is full');
        committed.push(batch);
      },
    }),
    release: (effect) => released.push(effect),
    committed: (records) => inputs.push(...records.map((record) => record.input)),
    fatal: (error) => fatal.push(error),
    ...(beside === undefined ? {} : { beside }),
    commitPauseMs: 0,
    sleep: async () => {},
  });
  loop.post(started);
  loop.start();
  return { clock, loop, kernel, inputs, released, committed, fatal };
}

const alarmsIn = (inputs: readonly AnyMessage[]) =>
  inputs.filter((input) => input.message_type === 'kernel.alarm').map((input) => input.at);

test('a commit that fails is tried again, and its effects leave once, after it', async () => {
  const { loop, released, committed, fatal } = world((attempt) => attempt === 2 || attempt === 3);
  await loop.postAndWait(command(1_010));
  expect(released.map((effect) => effect.kind)).toEqual(['alert.send']);
  loop.settle(released[0]?.id ?? '');
  await loop.stop();
  expect(committed.map((batch) => batch.entries.length)).toEqual([1, 1, 0]);
  expect(committed.at(-1)?.settledEffectIds).toEqual([released[0]?.id]);
  expect(fatal).toEqual([]);
});

test('a store that keeps failing ends the loop: nothing leaves, who waits is told, later inputs are refused', async () => {
  const { loop, kernel, committed, released, fatal } = world((attempt) => attempt > 1);
  const firstHash = () => committed[0]?.entries[0]?.hash;
  await expect(loop.postAndWait(command(1_010))).rejects.toThrow('shutting down');
  expect(fatal.map((error) => error.message)).toEqual(['the disk is full']);
  expect(released).toEqual([]);
  expect(kernel.sequence, 'the kernel has worked on').toBe(2);
  expect(loop.committed, 'but nobody is told of what is not durable').toEqual({
    sequence: 1,
    hash: firstHash(),
  });
  loop.post(command(1_020));
  expect(loop.inboxDepth).toBe(0);
  await expect(loop.postAndWait(command(1_030))).rejects.toThrow('shutting down');
  await loop.stop();
});

test('what waits in the inbox when the stop comes is still committed; what comes later is refused', async () => {
  const { loop, inputs } = world();
  const waiting = [1_001, 1_002, 1_003].map((at) => loop.postAndWait(command(at)));
  const stopped = loop.stop();
  await expect(loop.postAndWait(command(1_004))).rejects.toThrow('shutting down');
  expect((await Promise.all(waiting)).map((record) => record.sequence)).toEqual([2, 3, 4]);
  await stopped;
  expect(inputs).toHaveLength(4);
});

test('after the clock jumps a day ahead each alarm rings once; set back an hour, time inside stands still', async () => {
  const { clock, loop, inputs, kernel } = world();
  await loop.postAndWait(command(1_000));
  clock.jump(86_401_000);
  await loop.postAndWait(command(86_401_000));
  expect(alarmsIn(inputs)).toEqual([86_401_000]);
  clock.jump(82_801_000);
  const { input } = await loop.postAndWait(command(82_801_000));
  expect(input.at).toBe(86_401_000);
  expect(kernel.nextAlarmAt).toBe(86_461_000);
  clock.jump(86_461_000);
  await loop.postAndWait(command(86_461_000));
  expect(alarmsIn(inputs)).toEqual([86_401_000, 86_461_000]);
  await loop.stop();
});

function linkAt(last: number): AnyPut {
  const value = { link: 'l', to: 'trading_ai', last, acknowledged: 0 } as const;
  return { collection: 'relay_links', key: 'trading_ai', value };
}

test('rows kept in the same commit as a turn are older than the rows of that turn', async () => {
  let last = 0;
  const { loop, committed } = world(undefined, () => [linkAt(++last)]);
  await loop.postAndWait(command(1_010));
  // An acknowledgement that was written down before the next message got its number.
  const kept = loop.keep([linkAt(last)]);
  await Promise.all([loop.postAndWait(command(1_020)), kept]);
  await loop.stop();
  const puts = committed.flatMap((batch) =>
    batch.puts.filter(({ collection }) => collection === 'relay_links'),
  );
  expect(puts.at(-1)?.value).toMatchObject({ last });
});

test('what came over the relay keeps its order, and is committed with the rows that say it was heard', async () => {
  const { loop, inputs, committed } = world();
  await loop.postAndWait(command(1_010));
  const relayed: KernelInput = {
    from: 'orchestrator_ai',
    to: 'trading_ai',
    message_type: 'trading.tighten',
    data: { state: 'reducing', reason: 'x' },
    at: 1_020,
  };
  const heard = loop.postRelayed(relayed, [linkAt(7)]);
  // Of the same moment and of a lower rank: still later.
  await Promise.all([heard, loop.postRelayed({ ...command(1_020), to: 'trading_ai' }, [linkAt(8)])]);
  await loop.stop();
  expect(inputs.slice(-2).map(({ message_type }) => message_type)).toEqual([
    'trading.tighten',
    'operator.command',
  ]);
  const batch = committed.find(({ puts }) => puts.some(({ collection }) => collection === 'relay_links'));
  expect(batch?.entries.length).toBeGreaterThan(0);
  await expect(loop.keep([])).rejects.toThrow('shutting down');
});

test('who waits for rows to be kept is told when they cannot be', async () => {
  const { loop } = world((attempt) => attempt > 1);
  await expect(loop.keep([linkAt(1)])).rejects.toThrow('could not be committed');
});
