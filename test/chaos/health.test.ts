// The health campaign in small: every fault once, what happens when nothing helps, and that its judge sees.
import { describe, expect, test } from 'vitest';
import { healthChaos, runHealthChaos } from '../../src/runtime/chaos/chaos-health.ts';
import { healthFaultNames } from '../../src/simulator/chaos-health/faults.ts';
import { detectionTargetMs, missesOf } from '../../src/simulator/chaos-health/report.ts';

const longTestTimeoutMs = 120_000;

test(
  'every fault is seen in time, mended by its playbook and told once, and nothing is lost',
  () => {
    const report = healthChaos({
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

test('the same seed is the same run', () => {
  expect(runHealthChaos(5, 'database_bloated')).toEqual(runHealthChaos(5, 'database_bloated'));
});

describe('when no action helps', () => {
  test.each(['database_runaway', 'disk_full', 'source_rate_limited'] as const)(
    '%s calls a person, with one page and one update',
    (fault) => {
      const run = runHealthChaos(3, fault, true);
      expect(run.healed_after_ms).toBeNull();
      expect(run.escalated_after_ms).not.toBeNull();
      expect(run.attempts).toBeGreaterThan(1);
      expect(run.pages_of_one_cause).toBe(1);
      expect(run.pages).toBe(2);
      expect(run.resolved).toBe(false);
    },
  );
});

test('an agent without anything to do that throws at whatever it hears is met in time', () => {
  for (const seed of [6, 19, 45, 71, 84, 123]) {
    const { detected_after_ms: seen } = runHealthChaos(seed, 'agent_throws');
    expect(seen, `seed ${seed}`).toBeLessThanOrEqual(detectionTargetMs);
  }
});

test.each(healthFaultNames)('seen from the injection within the target: %s', (fault) => {
  for (const seed of [100, 101]) {
    const run = runHealthChaos(seed, fault);
    const seen = fault === 'model_down' ? run.detected_after_visible_ms : run.detected_after_ms;
    expect(seen, `seed ${seed}`).toBeLessThanOrEqual(detectionTargetMs);
  }
});

test('the judge names what a run misses', () => {
  const run = runHealthChaos(0, 'n8n_down');
  expect(missesOf(run)).toEqual([]);
  expect(missesOf({ ...run, detected_after_ms: null })).toEqual(['not detected']);
  expect(missesOf({ ...run, detected_after_ms: 16_000 }), 'from the injection').toEqual([
    'detected after 16 s',
  ]);
  expect(missesOf({ ...run, bypassed_after_ms: null, over_by_itself: false, resolved: false })).toEqual([
    'neither healed nor escalated',
  ]);
  const unasked = { ...runHealthChaos(11, 'model_down'), detected_after_ms: 500_000 };
  expect(missesOf(unasked), 'nobody can meet a model before it is asked').toEqual([]);
  expect(missesOf({ ...unasked, detected_after_visible_ms: 16_000 })).toEqual(['detected after 16 s']);
  expect(
    missesOf({ ...run, pages_of_one_cause: 2, orders_lost: 1, orders_doubled: 3, messages_lost: 4 }),
  ).toEqual(['2 pages for one cause', '4 messages lost', '1 orders lost', '3 orders doubled']);
});
