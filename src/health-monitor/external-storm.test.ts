// A storm of another monitor's alerts is one page and one end, and never keeps quiet what the house finds itself.
import { expect, test } from 'vitest';
import type { Severity } from '../shared/domain/incident.ts';
import { externalAlertProbe } from '../shared/domain/probe-names.ts';
import { hourMs, minuteMs, secondMs } from '../shared/domain/time.ts';
import { HealthWorld } from './testing/health-world.ts';

function say(world: HealthWorld, target: string, ok: boolean, severity: Severity = 'critical'): void {
  const answer = { probe: externalAlertProbe, target, ok, latency_ms: null, value: null, detail: 'full' };
  world.send('system', 'probe.result', { ...answer, severity, at: world.now });
}

function store(world: HealthWorld, latency_ms: number): void {
  const data = { probe: 'store', target: 'system', ok: true, latency_ms, value: null, detail: '' };
  world.send('system', 'probe.result', { ...data, at: world.now });
}

function storm(world: HealthWorld, count: number, ok = false): void {
  for (let alert = 0; alert < count; alert++) say(world, `Alert${alert}`, ok);
  world.wait(minuteMs);
}

const people = (world: HealthWorld) =>
  world.requested('alert.send').filter(({ audience }) => audience === 'people');
const phases = (world: HealthWorld) => people(world).map(({ phase, severity }) => `${phase} ${severity}`);

test('a thousand critical alerts are one page; an own critical one afterwards pages at once', () => {
  const world = new HealthWorld();
  storm(world, 1_000);
  expect(phases(world)).toEqual(['opened critical']);
  expect(people(world)[0]?.text).toMatch(
    /tells of 129 alerts within 5 min, the worst critical: .* and 124 more\./,
  );
  store(world, 9_000);
  world.wait(20 * secondMs);
  store(world, 9_000);
  world.wait(20 * secondMs);
  expect(phases(world)).toEqual(['opened critical', 'opened critical']);
  expect(people(world)[1]?.text).toContain('store is slow');
  store(world, 1);
  storm(world, 1_000, true);
  world.wait(hourMs);
  expect(phases(world).slice(2).sort()).toEqual(['resolved critical', 'resolved critical']);
  expect(people(world).filter(({ text }) => text.startsWith('All over: Alertmanager'))).toHaveLength(1);
});

test('what joins later is told once, at the end of the window; what is worse at once', () => {
  const world = new HealthWorld();
  say(world, 'First', false, 'warning');
  world.wait(minuteMs);
  for (const target of ['Second', 'Third']) {
    say(world, target, false, 'warning');
    world.wait(10 * secondMs);
  }
  expect(phases(world)).toEqual(['opened warning']);
  world.wait(5 * minuteMs);
  expect(phases(world)).toEqual(['opened warning', 'updated warning']);
  expect(people(world)[1]?.text).toContain('3 alerts within 5 min, the worst warning: First, Second, Third.');
  say(world, 'Other', false, 'warning');
  world.wait(minuteMs);
  say(world, 'Worse', false, 'critical');
  world.wait(10 * secondMs);
  expect(phases(world).slice(2)).toEqual(['opened warning', 'updated critical']);
});

test('other monitors have a small budget; the digest names own causes first, and an end nobody heard begin is silent', () => {
  const sources = ['anchor', 's0', 's1', 's2', 's3', 's4', 's5'];
  const world = new HealthWorld({ sources, alerts: { per_day: 4 } });
  for (let group = 0; group < 3; group++) {
    say(world, `Group${group}`, false);
    world.wait(6 * minuteMs);
  }
  expect(phases(world)).toEqual(['opened critical']);
  world.source('anchor', 'live');
  for (let cause = 0; cause < 6; cause++) {
    world.source(`s${cause}`, 'live');
    world.source(`s${cause}`, 'blind');
    world.wait(20 * secondMs);
  }
  for (let group = 0; group < 3; group++) say(world, `Group${group}`, true);
  world.wait(10 * minuteMs);
  expect(people(world).filter(({ phase }) => phase === 'resolved')).toHaveLength(1);
  world.wait(hourMs);
  const digest = people(world).find(({ phase }) => phase === 'digest')?.text ?? '';
  const lines = digest.split('\n').slice(1);
  expect(lines.at(0)).not.toContain('Alertmanager');
  expect(lines.slice(-2).join()).toMatch(/Group1.*over after.*Group2.*over after/);
});
