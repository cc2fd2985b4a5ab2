// Alerts from outside: posted as observations, answered again when asked, believed for a while after a restart.
import { expect, test } from 'vitest';
import type { KernelInput } from '../../kernel/kernel.ts';
import { agentNames } from '../../shared/domain/agent-name.ts';
import type { ExternalAlert } from '../../shared/domain/external-alert.ts';
import { hourMs, minuteMs } from '../../shared/domain/time.ts';
import { alertDoor, ExternalAlerts } from './external-alerts.ts';

function world() {
  const posted: KernelInput[] = [];
  let now = 1_000_000;
  const alerts = new ExternalAlerts({
    clock: { now: () => now } as never,
    postAndWait: async (input) => void posted.push(input),
  });
  const probe = alerts.probe();
  return {
    ...{ posted, alerts, probe },
    later: (milliseconds: number) => {
      now += milliseconds;
    },
    ok: async (target: string) => (await probe.run(target)).ok,
  };
}

const alert = (target: string, firing = true): ExternalAlert => ({
  ...{ target, firing, severity: 'critical', summary: `${target} is unwell`, started_at: 5 },
});

test('each alert is one observation, and the probe says the same until it is over', async () => {
  const { alerts, posted, probe, ok } = world();
  await alerts.take([alert('disk'), alert('fan', false)]);
  expect(posted.map(({ data }) => data)).toMatchObject([
    { probe: 'alertmanager', target: 'disk', ok: false, detail: 'disk is unwell', severity: 'critical' },
    { probe: 'alertmanager', target: 'fan', ok: true },
  ]);
  expect(await probe.run('disk')).toMatchObject({ ok: false, detail: 'disk is unwell' });
  await alerts.take([alert('disk', false)]);
  expect(await ok('disk')).toBe(true);
});

test('an alert of before the start is believed until Alertmanager had its time to repeat it', async () => {
  const { ok, later } = world();
  expect(await ok('disk')).toBe(false);
  later(19 * minuteMs);
  expect(await ok('disk')).toBe(false);
  later(2 * minuteMs);
  expect(await ok('disk')).toBe(true);
});

test('an alert that is not repeated any more is over, and the number of them is bounded', async () => {
  const { alerts, ok, later } = world();
  later(hourMs);
  await alerts.take([alert('disk')]);
  later(11 * hourMs);
  expect(await ok('disk')).toBe(false);
  later(2 * hourMs);
  expect(await ok('disk')).toBe(true);
  await alerts.take(Array.from({ length: 300 }, (_, index) => alert(`a${index}`)));
  expect([await ok('a0'), await ok('a299')]).toEqual([true, false]);
});

test('a process without the health monitor has no door for alerts, and posts nothing', async () => {
  const { alerts, posted } = world();
  expect(alertDoor(alerts, ['orchestrator_ai', 'analyst_ai', 'trading_ai'])).toEqual({});
  for (const agents of [agentNames, ['health_ai'] as const])
    await alertDoor(alerts, agents).externalAlerts?.([alert('disk')]);
  expect(posted).toHaveLength(2);
});
