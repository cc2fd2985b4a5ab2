// The relay between processes as health sees it: what is told, what is tried, when it counts as mended, and when a person is called.
import { expect, test } from 'vitest';
import type { AgentSettings } from '../shared/domain/agent-settings.ts';
import { minuteMs, secondMs } from '../shared/domain/time.ts';
import type { ProbeResult, RelayVitals, SystemVitals } from '../shared/domain/vitals.ts';
import { relayBufferMessages } from './limits.ts';
import { HealthWorld, settings } from './testing/health-world.ts';

const part: Partial<AgentSettings> = {
  agents: ['orchestrator_ai', 'health_ai'],
  relay: { server: 'redis', needed: true },
  healing: { process_restart: true, create_index: false, database: 'postgres' },
};
const vitalsEveryMs = 5 * secondMs;

function relayOf(ok: boolean, messages: number, oldest_ms = ok ? 50 : 1_000 * messages): RelayVitals {
  return {
    server: 'redis',
    ok,
    latency_ms: ok ? 1 : null,
    detail: ok ? 'redis answers' : 'connect ECONNREFUSED',
    sent: [{ agent: 'analyst_ai', messages, oldest_ms }],
    received: { messages: 0, oldest_ms: 0 },
  };
}

/** Reports for so long, as the running process does; `relay` by the seconds since. */
function report(
  world: HealthWorld,
  forMs: number,
  relay: (elapsedMs: number) => RelayVitals,
  changes: Partial<SystemVitals> = {},
): void {
  for (let elapsed = 0; elapsed < forMs; elapsed += vitalsEveryMs) {
    world.vitals({ ...changes, relay: relay(elapsed) });
    world.wait(vitalsEveryMs);
  }
}

function worldWith(answer: (probe: string) => Partial<ProbeResult> = () => ({})): HealthWorld {
  return new HealthWorld(part, ({ probe, target }, at) => {
    const usual = { probe, target, ok: true, latency_ms: 1, value: null, detail: 'well', at };
    return { ...usual, ...answer(probe) };
  });
}

const actions = (world: HealthWorld) => world.requested('heal.act').map(({ action }) => action);

test('a relay that is gone: told once, dialled anew, kept in the database, mended only when what waited is gone', () => {
  let up = false;
  const world = worldWith((probe) => (probe === 'relay' ? { ok: up, detail: 'connect ECONNREFUSED' } : {}));
  world.trading(1, 0);
  report(world, 40 * secondMs, (elapsed) => relayOf(false, 300 + elapsed / 100));
  expect(world.alerts()).toEqual(['opened relay_down:redis']);
  expect(world.emitted('health.incident')[0]).toMatchObject({
    severity: 'warning',
    summary: expect.stringContaining('The relay redis does not answer'),
    consequence: expect.stringContaining('none is lost; 1 position is open'),
  });
  expect(actions(world)).toEqual(['relay.reconnect', 'relay.resend']);
  expect(world.heals()).toEqual([
    'relay_down redis started 1',
    'relay_down redis failed 1',
    'relay_down redis started 2',
  ]);
  // It answers again, and 5,000 messages still wait: that is not mended yet.
  up = true;
  report(world, 20 * secondMs, () => relayOf(true, 5_000, 15_000));
  expect(world.heals().at(-1)).toBe('relay_down redis started 2');
  report(world, 10 * secondMs, () => relayOf(true, 3));
  expect(world.heals().at(-1)).toBe('relay_down redis verified 2');
  const record = world.emitted('health.heal').at(-1);
  expect(record?.before).toContain('message(s) still wait');
  expect(record?.after).toContain('it is gone');
  report(world, 3 * minuteMs, () => relayOf(true, 0));
  expect(world.alerts()).toEqual(['opened relay_down:redis', 'resolved relay_down:redis']);
});

test('a relay that stays away: every step once, then a person is called once, with what waits and what to do', () => {
  const world = worldWith((probe) => (probe === 'relay' ? { ok: false, detail: 'gone' } : {}));
  report(world, 40 * minuteMs, (elapsed) => relayOf(false, 1_000 + elapsed / 1_000));
  expect(actions(world)).toEqual(['relay.reconnect', 'relay.resend', 'relay.reconnect']);
  expect(world.heals().filter((one) => one.includes('failed'))).toHaveLength(4);
  const people = world.requested('alert.send').filter(({ audience }) => audience !== 'log');
  expect(people.map(({ phase, severity }) => `${phase} ${severity}`)).toEqual([
    'opened warning',
    'updated critical',
  ]);
  expect(people[1]?.text).toMatch(
    /relay_down did not help in 4 attempts; a person is needed: \d+ message\(s\) wait in the database; none is lost/,
  );
  expect(people[1]?.text).toContain('Please act: start or repair the relay server');
});

test('a relay that goes again before its incident is over is treated with the next step, not told anew', () => {
  let up = false;
  const world = worldWith((probe) => (probe === 'relay' ? { ok: up, detail: 'gone' } : {}));
  report(world, 15 * secondMs, () => relayOf(false, 300));
  up = true;
  report(world, 20 * secondMs, () => relayOf(true, 0));
  expect(world.heals()).toEqual(['relay_down redis started 1', 'relay_down redis verified 1']);
  up = false;
  report(world, 15 * secondMs, () => relayOf(false, 300));
  expect(world.heals().at(-1)).toBe('relay_down redis started 2');
  up = true;
  report(world, 5 * minuteMs, () => relayOf(true, 0));
  expect(world.heals().at(-1)).toBe('relay_down redis verified 2');
  expect(world.alerts()).toEqual(['opened relay_down:redis', 'resolved relay_down:redis']);
});

test('a full buffer calls a person at once, whatever is left to try', () => {
  const world = worldWith((probe) => (probe === 'relay' ? { ok: false, detail: 'gone' } : {}));
  report(world, 40 * secondMs, () => relayOf(false, 1_000));
  report(world, 20 * secondMs, () => relayOf(false, relayBufferMessages));
  const [, update] = world.requested('alert.send').filter(({ audience }) => audience !== 'log');
  expect(update).toMatchObject({ phase: 'updated', severity: 'critical' });
  expect(update?.text).toContain(`the buffer of ${relayBufferMessages} messages is full; a person is needed`);
  const tried = actions(world).length;
  report(world, 30 * minuteMs, () => relayOf(false, relayBufferMessages));
  expect(actions(world)).toHaveLength(tried);
});

test('what a dead relay shows elsewhere is explained by it: a thousand symptoms are one page and one end', () => {
  const world = worldWith((probe) =>
    probe === 'relay'
      ? { ok: false, detail: 'gone' }
      : probe === 'relay_lag'
        ? { facts: { messages: 900, oldest_ms: 90_000 } }
        : {},
  );
  for (let symptom = 0; symptom < 1_000; symptom++) {
    world.vitals({ relay: relayOf(false, 900) });
    world.wait(secondMs);
  }
  expect(world.alerts().filter((one) => one.startsWith('opened'))).toEqual(['opened relay_down:redis']);
  expect(world.emitted('health.incident').at(-1)?.cause).toBe('relay_down:redis');
});

test('messages that wait although the relay answers: dialled anew, sent again, and not while an order is unknown', () => {
  const world = worldWith();
  world.trading(1, 1);
  report(world, minuteMs, () => relayOf(true, 400, 60_000));
  expect(world.heals()).toEqual(['relay_down sent refused 1']);
  expect(world.emitted('health.heal').at(-1)?.after).toContain('no_unknown_orders');
  world.trading(1, 0);
  report(world, minuteMs, () => relayOf(true, 400, 60_000));
  expect(actions(world)).toEqual(['relay.reconnect', 'relay.resend']);
  report(world, minuteMs, () => relayOf(true, 0));
  expect(world.heals().at(-1)).toBe('relay_down sent verified 2');
});

test('a relay that does not answer is dialled also while an order is unknown: its answer may have to come that way', () => {
  const world = worldWith((probe) => (probe === 'relay' ? { ok: false, detail: 'gone' } : {}));
  world.trading(1, 1);
  report(world, 20 * secondMs, () => relayOf(false, 10));
  expect(actions(world)).toEqual(['relay.reconnect']);
});

test('a dry run says every step, and does none', () => {
  const world = worldWith((probe) => (probe === 'relay' ? { ok: false, detail: 'gone' } : {}));
  world.vitals({ relay: relayOf(false, 7) });
  world.send('operator', 'operator.command', { command: 'auto_heal', dry_run: true } as never);
  const [record] = world.emitted('health.heal');
  expect(record).toMatchObject({ playbook: 'relay_down', target: 'redis', outcome: 'dry_run' });
  expect(record?.after).toBe(
    'would dial the relay anew, then keep up to 100000 messages in the database and send again what was not acknowledged, ' +
      'then dial it once more, then go on with messages in the database until it is back and they are gone',
  );
  expect(actions(world)).toEqual([]);
});

test('an agent of another process that failed explains what waits for it; the probe that finds it away opens nothing', () => {
  const world = worldWith((probe) => (probe === 'agent' ? { ok: false, detail: 'analyst_ai is down' } : {}));
  const failed = { agent: 'analyst_ai', error: 'no sign of life', message_id: 'm', failures: 1 } as const;
  world.send('kernel', 'kernel.agent_failed', { ...failed, restart_at: world.now + 30 * minuteMs });
  report(world, 2 * minuteMs, () => relayOf(true, 50, 60_000));
  expect(world.alerts()).toEqual(['opened agent_failed:analyst_ai']);
  const deadline_at = world.now + minuteMs;
  const task = { task_id: 't', kind: 'probe-round', target: null, parameters: {}, deadline_at };
  world.send('orchestrator_ai', 'task.assigned', task as never);
  world.wait(minuteMs);
  const [done] = world.emitted('task.completed');
  expect(done?.result.summary).toContain('agent analyst_ai: analyst_ai is down');
  expect(world.emitted('health.incident').map(({ cause }) => cause)).toEqual(['agent_failed:analyst_ai']);
  expect(actions(world)).toEqual([]);
});

test('a relay that the settings name and nothing rests on is worth knowing, and no more', () => {
  const world = new HealthWorld(
    { relay: { server: 'redis', needed: false }, healing: part.healing! },
    ({ probe, target }, at) => ({
      ...{ probe, target, ok: probe !== 'relay', latency_ms: null, value: null, detail: 'gone', at },
    }),
  );
  world.send('system', 'probe.result', {
    ...{
      probe: 'relay',
      target: 'redis',
      ok: false,
      latency_ms: null,
      value: null,
      detail: 'gone',
      at: world.now,
    },
  });
  world.wait(minuteMs);
  expect(world.emitted('health.incident')).toMatchObject([{ cause: 'relay_down:redis', severity: 'info' }]);
  expect(world.heals()).toEqual([]);
});

test('after a move into one process nothing of the relay is left open', () => {
  const world = worldWith((probe) => (probe === 'relay' ? { ok: false, detail: 'gone' } : {}));
  report(world, 30 * secondMs, () => relayOf(false, 500));
  expect(world.alerts()).toContain('opened relay_down:redis');
  world.send('kernel', 'kernel.started', {
    ...{ run_mode: 'paper', seed: 1, version: 'test', first_start: false },
    agent_settings: { ...settings } as unknown as Record<string, unknown>,
  });
  world.wait(5 * minuteMs);
  expect(world.alerts().at(-1)).toBe('resolved relay_down:redis');
});
