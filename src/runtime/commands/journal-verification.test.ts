// What a person reads when the journal and the program that replays it do not belong together.
import { expect, test } from 'vitest';
import { MemoryStore } from '../../adapters/store/memory/memory-store.ts';
import type { Agent } from '../../kernel/agent.ts';
import { Kernel, type KernelInput } from '../../kernel/kernel.ts';
import { loadSettings, SettingsError } from '../../shared/config/load-settings.ts';
import type { ReadOnlyStore } from '../../shared/ports/store.ts';
import { verifyJournal } from './journal-verification.ts';

const silent: Agent = { name: 'analyst_ai', subscriptions: [], restore: () => {}, handle: () => {} };
const settings = loadSettings({ folder: '/nowhere', environment: {} });

/** A journal of one start, made by a program whose agents say nothing. */
async function journalOf(strategy: string): Promise<ReadOnlyStore> {
  const store = new MemoryStore();
  await store.open();
  const started: KernelInput = {
    from: 'kernel',
    message_type: 'kernel.started',
    data: {
      run_mode: 'simulation',
      seed: 1,
      version: '0.0.1-other',
      agent_settings: { strategy, universe: ['BTCUSDT'], sources: [], starting_cash: 1_000 },
      first_start: true,
    },
    at: 1_700_000_000_000,
  };
  const kernel = new Kernel({ build: () => ({ analyst_ai: () => silent }) });
  const { entry, record } = kernel.process(started);
  await store.commit({ entries: [entry], puts: record.puts, effects: [], settledEffectIds: [] });
  return store;
}

test('a strategy that is not loaded is named with the fix, not shown as a difference', async () => {
  const failure = await verifyJournal(await journalOf('mine'), settings, () => {}).catch(
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(SettingsError);
  expect(String(failure)).toMatch(/input 1 ran the strategy "mine".*Fix: set ATO_STRATEGY_FILE/);
});

test('a difference says which version recorded and which replayed', async () => {
  const report = await verifyJournal(await journalOf('trend-breakout'), settings, () => {});
  expect(report.reproduces).toBe(false);
  expect(report.lines.join('\n')).toMatch(/Nothing agreed before it.*\n.*version 0\.0\.1-other, replayed by/);
});

test('a journal that ends before the stored state does is not called whole', async () => {
  const store = await journalOf('trend-breakout');
  const shortened: ReadOnlyStore = Object.assign(store, { async *journal() {} });
  const report = await verifyJournal(shortened, settings, () => {});
  expect(report.first_difference).toMatchObject({
    part: 'end',
    recorded: expect.stringContaining('input 1'),
  });
});
