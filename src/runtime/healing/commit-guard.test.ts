// The reflex for commits that hang: it acts once per blockage, tells people once, and the agent hears of it afterwards.
import { expect, test } from 'vitest';
import type { KernelInput } from '../../kernel/kernel.ts';
import type { EffectDataByKind } from '../../shared/bus/effects.ts';
import { CommitGuard } from './commit-guard.ts';

function world(cancel: () => Promise<string>, somebody = true) {
  const told: EffectDataByKind['alert.send'][] = [];
  const posted: KernelInput[] = [];
  const state = { runningMs: 0, steady: 0, cancels: 0 };
  const keep = () => undefined;
  const guard = new CommitGuard({
    commitRunningMs: () => state.runningMs,
    database: {
      cancelRunaways: () => {
        state.cancels++;
        return cancel();
      },
    },
    notifiers: somebody ? [{ name: 'people', send: async (alert) => void told.push(alert) }] : [],
    post: (input) => void posted.push(input),
    clock: { now: () => 50_000 },
    log: { debug: keep, info: keep, warn: keep, error: keep },
    steadyNow: () => state.steady,
  });
  const pass = async (runningMs: number) => {
    state.steady += 2_000;
    state.runningMs = runningMs;
    await guard.check();
  };
  return { state, told, posted, pass };
}

test('what blocks the writer is freed, nobody is woken, and the agent hears of it', async () => {
  const { state, told, posted, pass } = world(async () => {
    state.runningMs = 0;
    return 'ended idle transaction 7 after 12 s';
  });
  await pass(40);
  await pass(7_000);
  expect(state.cancels).toBe(0);
  await pass(9_000);
  expect(state.cancels).toBe(1);
  await pass(0);
  await pass(0);
  expect(told).toEqual([]);
  expect(posted).toHaveLength(1);
  expect(posted[0]?.data).toMatchObject({
    heal_id: 'reflex-50000',
    action: 'database.cancel_runaways',
    ok: true,
  });
  expect(JSON.stringify(posted[0]?.data)).toContain('ended idle transaction 7');
});

test('when nothing helps people are told once, and once when it is over', async () => {
  const { state, told, posted, pass } = world(() => Promise.reject(new Error('timeout')));
  for (let ms = 2_000; ms <= 62_000; ms += 2_000) await pass(ms);
  expect(state.cancels).toBe(3);
  expect(told.map(({ phase }) => phase)).toEqual(['opened']);
  expect(told[0]?.text).toContain('has not taken a commit for 20 s');
  expect(told[0]?.text).toContain('the database server does not answer');
  await pass(0);
  await pass(0);
  expect(told.map(({ phase }) => phase)).toEqual(['opened', 'resolved']);
  expect(posted.map(({ data }) => (data as { heal_id: string }).heal_id)).toEqual([
    'reflex-told',
    'reflex-50000',
  ]);
  expect(posted[0]?.at, 'dated back to where the commit began').toBe(50_000 - 20_000);
});

test('where another process tells, nobody is told here, and the agent hears of what was done', async () => {
  const { told, posted, pass } = world(() => Promise.reject(new Error('timeout')), false);
  for (let ms = 2_000; ms <= 30_000; ms += 2_000) await pass(ms);
  await pass(0);
  expect(told).toEqual([]);
  expect(posted).toHaveLength(1);
});
