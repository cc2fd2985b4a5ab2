// The health campaign in small: every fault once, what happens when nothing helps, and that its judge sees.
import { describe, expect, test } from 'vitest';
import { MemoryStore } from '../../src/adapters/store/memory/memory-store.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import { healthChaos, missingBetween, runHealthChaos } from '../../src/runtime/chaos/chaos-health.ts';
import { healthFaultNames } from '../../src/simulator/chaos-health/faults.ts';
import { detectionTargetMs, missesOf } from '../../src/simulator/chaos-health/report.ts';
import { textOf } from '../../src/simulator/chaos-health/said.ts';

const longTestTimeoutMs = 120_000;

test(
  'every fault is seen in time, mended by its playbook and told once, and nothing is lost',
  async () => {
    const report = await healthChaos({
      firstSeed: 0,
      seeds: healthFaultNames.length,
      progress: () => undefined,
    });
    expect(report.misses).toEqual([]);
    expect(report.false_alarms).toBe(0);
    expect(report.faults.map(({ fault }) => fault)).toEqual([...healthFaultNames]);
    const orders = report.faults.reduce((total, one) => total + one.orders, 0);
    expect(orders, 'runs without orders prove nothing about orders').toBeGreaterThan(0);
    for (const one of report.faults) {
      expect(one.detected, one.fault).toBe(1);
      // What ends by itself is never counted as healed.
      expect([one.verified, one.over_by_itself], one.fault).toEqual(
        one.ends_by === 'healing' ? [1, 0] : [0, 1],
      );
      const counted =
        one.target_counts_from === 'injection' ? one.detected_after_ms : one.detected_after_visible_ms;
      expect(counted.max ?? Number.POSITIVE_INFINITY, one.fault).toBeLessThanOrEqual(detectionTargetMs);
    }
    for (const name of ['model_down', 'n8n_down']) {
      const around = report.faults.find(({ fault }) => fault === name);
      expect(around?.bypassed, `${name} is led around`).toBe(1);
    }
  },
  longTestTimeoutMs,
);

test('the same seed is the same run', async () => {
  expect(await runHealthChaos(5, 'database_bloated')).toEqual(await runHealthChaos(5, 'database_bloated'));
});

describe('when no action, restart or new connection helps', () => {
  const lasting = healthFaultNames.filter((name) => !['clock_jump', 'model_down', 'n8n_down'].includes(name));
  test.each(lasting.filter((name) => name !== 'relay_away'))(
    '%s calls a person, and opens no second page',
    async (fault) => {
      const run = await runHealthChaos(3, fault, { deaf: true });
      expect(run).toMatchObject({ healed_after_ms: null, resolved: false, still_ill: true });
      expect(run.escalated_after_ms).not.toBeNull();
      expect(run.attempts).toBeGreaterThan(1);
      // Malformed rows are worth knowing and wake nobody until healing gives up.
      expect(run.pages_opened).toBe(fault === 'source_garbage' ? 0 : 1);
      expect(run.pages).toBeGreaterThanOrEqual(1);
      expect(missesOf(run)).toEqual([]);
    },
  );
});

test('messages are counted at the port and in the journal that is read back', async () => {
  const store = new MemoryStore({ keepRows: false });
  const kernel = new Kernel({ build: () => ({}) });
  const given = [1, 2, 3].map((now) => {
    const data = { server: 'n8n', ok: true, health: 1, detail: 'well', latency_ms: now, at: now };
    const input = { from: 'workflow', message_type: 'workflow.status', data, at: now } as const;
    store.commitNow({ entries: [kernel.process(input).entry], puts: [], effects: [], settledEffectIds: [] });
    return { text: textOf(input), at: now };
  });
  expect(await missingBetween(given, store)).toEqual({ messages_lost: 0, messages_doubled: 0 });
  const unwritten = { text: textOf({ message_type: 'workflow.status', data: { at: 4 } }), at: 4 };
  expect(await missingBetween([...given, unwritten], store)).toEqual({
    messages_lost: 1,
    messages_doubled: 0,
  });
  expect(await missingBetween(given.slice(1), store)).toEqual({ messages_lost: 0, messages_doubled: 1 });
});

test('an agent without anything to do that throws at whatever it hears is met in time', async () => {
  for (const seed of [6, 19, 45, 71, 84, 123]) {
    const { detected_after_ms: seen } = await runHealthChaos(seed, 'agent_throws');
    expect(seen, `seed ${seed}`).toBeLessThanOrEqual(detectionTargetMs);
  }
});

test.each(healthFaultNames)('seen from the injection within the target: %s', async (fault) => {
  for (const seed of [100, 101]) {
    const run = await runHealthChaos(seed, fault);
    const seen = fault === 'model_down' ? run.detected_after_visible_ms : run.detected_after_ms;
    expect(seen, `seed ${seed}`).toBeLessThanOrEqual(detectionTargetMs);
  }
});

test('the judge names what a run misses', async () => {
  const run = await runHealthChaos(0, 'n8n_down');
  expect(missesOf(run)).toEqual([]);
  expect(missesOf({ ...run, detected_after_ms: null })).toEqual(['not detected']);
  expect(missesOf({ ...run, detected_after_ms: 16_000 }), 'from the injection').toEqual([
    'detected after 16 s',
  ]);
  expect(missesOf({ ...run, bypassed_after_ms: null, over_by_itself: false, resolved: false })).toEqual([
    'neither healed nor escalated',
  ]);
  const unasked = { ...(await runHealthChaos(11, 'model_down')), detected_after_ms: 500_000 };
  expect(missesOf(unasked), 'nobody can meet a model before it is asked').toEqual([]);
  expect(missesOf({ ...unasked, detected_after_visible_ms: 16_000 })).toEqual(['detected after 16 s']);
  expect(
    missesOf({ ...run, orders_lost: 1, orders_doubled: 3, messages_lost: 4, messages_doubled: 5 }),
  ).toEqual(['4 messages lost', '5 messages doubled', '1 orders lost', '3 orders doubled']);
  expect(missesOf({ ...run, pages_opened: 2, pages_resolved: 3 }), 'of whatever cause').toEqual([
    '2 pages for one fault',
    '3 pages that one fault is over',
  ]);
  expect(missesOf({ ...run, false_alarms: 1 })).toEqual(['1 false alarms before the fault']);
  expect(missesOf({ ...run, still_ill: true })).toEqual(['said to be over while it lasts']);
  const mended = await runHealthChaos(3, 'disk_full');
  expect(missesOf(mended)).toEqual([]);
  expect(missesOf({ ...mended, still_ill: true })).toEqual(['said to be over while it lasts']);
  const allClear = { ...mended, healed_after_ms: null, over_by_itself: true, escalated_after_ms: 60_000 };
  expect(missesOf(allClear), 'a false all-clear').toEqual(['said to be over without its playbook']);
});
