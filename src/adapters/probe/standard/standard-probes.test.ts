// Every probe over looks that succeed, fail, throw or never answer: always a result, never an exception.
import { expect, test } from 'vitest';
import { probeNames } from '../../../shared/domain/probe-names.ts';
import type { SourceState } from '../../../shared/domain/source-status.ts';
import { guardedProbe } from './guarded-probe.ts';
import { createStandardProbes, type StandardProbeParts } from './standard-probes.ts';

const parts: StandardProbeParts = {
  now: () => 7,
  sourceStatus: () => undefined,
  storeCheck: async () => ({ ok: true, latencyMs: 3, detail: 'ready', kind: 'memory' }),
  diskSpace: async () => ({ freeBytes: 10, totalBytes: 20 }),
  eventLoopDelayMs: () => 5,
  heap: () => ({ usedBytes: 1, limitBytes: 4 }),
  agents: () => [
    { agent: 'analyst_ai', state: 'running' },
    { agent: 'trading_ai', state: 'restarting' },
  ],
};

async function run(
  name: (typeof probeNames)[number],
  changes: Partial<StandardProbeParts> = {},
  target = 'system',
) {
  const probe = createStandardProbes({ ...parts, ...changes }).get(name);
  if (probe === undefined) throw new Error(`no probe ${name}`);
  return probe.run(target);
}

test('there is one probe of every name, and each answers for its target', async () => {
  const probes = createStandardProbes(parts);
  expect([...probes.keys()]).toEqual([...probeNames]);
  for (const [name, probe] of probes)
    expect(await probe.run('x')).toMatchObject({ probe: name, target: 'x', at: 7 });
});

test('a source is well while it delivers, even degraded', async () => {
  const look = (state: SourceState) =>
    run('source', {
      sourceStatus: (source) => ({
        source,
        state,
        health: 0.4,
        detail: 'd',
        latencyMs: 9,
        lastDataAt: null,
        at: 1,
      }),
    });
  expect(await look('degraded')).toMatchObject({
    ok: true,
    value: 0.4,
    latency_ms: 9,
    detail: 'degraded: d',
  });
  for (const state of ['stale', 'blind', 'unreachable'] as const) expect((await look(state)).ok).toBe(false);
  expect(await run('source')).toMatchObject({ ok: false, detail: 'it never reported' });
});

test('what cannot be measured is said, not claimed', async () => {
  expect(await run('clock')).toMatchObject({ ok: true, value: null, detail: 'not measurable offline' });
  expect(await run('clock', { clockSkewMs: async () => -40 })).toMatchObject({ ok: true, value: -40 });
  expect(await run('disk', { diskSpace: async () => ({ freeBytes: null, totalBytes: null }) })).toMatchObject(
    {
      ok: true,
      value: null,
    },
  );
});

test('agents that do not run are named', async () => {
  expect(await run('agent')).toMatchObject({ ok: false, value: 1, detail: 'trading_ai is restarting' });
});

test('a look that throws, rejects, hangs or answers no number is a result', async () => {
  const thrown = () => {
    throw new Error('broken');
  };
  expect(await run('event_loop', { eventLoopDelayMs: thrown })).toMatchObject({
    ok: false,
    detail: 'broken',
  });
  expect(await run('store', { storeCheck: () => Promise.reject(new Error('gone')) })).toMatchObject({
    ok: false,
    detail: 'gone',
  });
  const silent = guardedProbe({
    name: 'store',
    now: () => 7,
    look: () => new Promise(() => {}),
    timeoutMs: 5,
  });
  expect(await silent.run('system')).toMatchObject({ ok: false, detail: 'no answer within 5 ms' });
  expect(await run('event_loop', { eventLoopDelayMs: () => Number.NaN })).toMatchObject({ value: null });
});
