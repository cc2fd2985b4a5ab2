// Alerts of other monitors: as bad as they say themselves, under a cause of their own.
import { expect, test } from 'vitest';
import type { Severity } from '../shared/domain/incident.ts';
import { externalAlertProbe } from '../shared/domain/probe-names.ts';
import { minuteMs } from '../shared/domain/time.ts';
import { HealthWorld } from './testing/health-world.ts';

function say(world: HealthWorld, target: string, ok: boolean, severity?: Severity): void {
  const answer = { probe: externalAlertProbe, target, ok, latency_ms: null, value: null, detail: 'full' };
  world.send('system', 'probe.result', {
    ...{ ...answer, at: world.now },
    ...(severity === undefined ? {} : { severity }),
  });
}

/** What Alertmanager said last, told again whenever health asks. */
function told(severity: Severity | undefined): HealthWorld {
  return new HealthWorld({}, ({ probe, target }, at) => {
    const answer = { probe, target, ok: false, latency_ms: null, value: null, detail: 'full', at };
    return severity === undefined ? answer : { ...answer, severity };
  });
}

test.each<[Severity, number]>([
  ['info', 0],
  ['warning', 1],
  ['critical', 1],
])('one that says %s is so here, and reaches %i person', (severity, people) => {
  const world = told(severity);
  say(world, 'DiskFull@db1', false, severity);
  world.wait(minuteMs);
  const [incident, ...others] = world.emitted('health.incident');
  expect(incident).toMatchObject({ cause: 'external_alert:DiskFull@db1', severity });
  expect(others).toEqual([]);
  expect(incident?.summary).toBe('Alertmanager tells of DiskFull@db1: full');
  expect(world.requested('alert.send').filter(({ audience }) => audience !== 'log')).toHaveLength(people);
});

test('nobody is told that it is treated here', () => {
  const world = told('warning');
  say(world, 'DiskFull', false, 'warning');
  world.wait(minuteMs);
  expect(world.requested('alert.send').map(({ text }) => text)).toEqual([
    expect.stringMatching(/nor is it treated here; .* Look at it when it suits\.$/),
  ]);
});

test('one that gets worse is told once more; one that is over is over', () => {
  let said: Severity = 'warning';
  const world = new HealthWorld({}, ({ probe, target }, at) => ({
    ...{ probe, target, ok: false, latency_ms: null, value: null, detail: 'full', at, severity: said },
  }));
  say(world, 'DiskFull', false, said);
  world.wait(minuteMs);
  said = 'critical';
  world.wait(minuteMs);
  say(world, 'DiskFull', true, said);
  world.wait(5 * minuteMs);
  expect(world.alerts()).toEqual([
    'opened external_alert:DiskFull',
    'updated external_alert:DiskFull',
    'resolved external_alert:DiskFull',
  ]);
});

test('until Alertmanager repeats it after a start it is as bad as it was', () => {
  const world = told(undefined);
  say(world, 'DiskFull', false, 'critical');
  world.wait(minuteMs);
  expect(world.emitted('health.incident')).toMatchObject([{ severity: 'critical', open: true }]);
  expect(world.alerts()).toEqual(['opened external_alert:DiskFull']);
});
