// What the probes say of the relay: sums and words per way, and a server that is named although nothing rests on it.
import { expect, test } from 'vitest';
import {
  createStandardProbes,
  type StandardProbeParts,
} from '../../adapters/probe/standard/standard-probes.ts';
import type { Settings } from '../../shared/config/settings.ts';
import { agentNames } from '../../shared/domain/agent-name.ts';
import { looksAtNamedServer, looksThrough } from './relay-looks.ts';

const part = {
  AGENTS: ['health_ai'],
  DATABASE_SCHEMA: 'ai',
  RELAY: 'redis',
  RELAY_URL: 'redis://127.0.0.1:1',
};
const settings = part as unknown as Settings;
const bridge = {
  check: async () => ({ ok: true, latencyMs: 2, detail: 'redis answers' }),
  vitals: async () => ({
    ...{ server: 'redis', ok: true, latency_ms: 2, detail: '', received: { messages: 4, oldest_ms: 900 } },
    sent: [
      { agent: 'analyst_ai', messages: 3, oldest_ms: 1_000 },
      { agent: 'trading_ai', messages: 40, oldest_ms: 61_000 },
      { agent: 'orchestrator_ai', messages: 0, oldest_ms: 0 },
    ] as const,
  }),
};
const installation = {
  relayLag: async (own: string) => {
    expect(own).toBe('ai_health');
    return [
      { from: 'ai_analyst', to: 'health_ai', messages: 7, saidAt: 1_000 },
      { from: 'ai_trading', to: 'health_ai', messages: 1, saidAt: null },
    ];
  },
};

test('each way is summed, and the oldest is named first', async () => {
  const { lag } = looksThrough(bridge, installation, settings, () => 31_000);
  expect(await lag?.('sent')).toEqual({
    messages: 43,
    oldest_ms: 61_000,
    detail: 'to trading_ai: 40, oldest 61 s; to analyst_ai: 3, oldest 1 s',
  });
  expect(await lag?.('received')).toEqual({
    messages: 4,
    oldest_ms: 900,
    detail: 'received here: 4, oldest 1 s',
  });
  expect(await lag?.('elsewhere')).toEqual({
    messages: 8,
    oldest_ms: 30_000,
    detail: 'ai_analyst -> health_ai: 7, oldest 30 s; ai_trading -> health_ai: 1, oldest 0 s',
  });
});

test('the probes answer with latency, age and facts; a way that nobody knows and an installation of one process with nothing', async () => {
  const looks = looksThrough(bridge, installation, settings, () => 31_000);
  const asked = {
    now: () => 7,
    relayCheck: looks.check,
    relayLag: looks.lag,
  } as unknown as StandardProbeParts;
  const probes = createStandardProbes(asked);
  expect(await probes.get('relay')?.run('redis')).toMatchObject({ ok: true, latency_ms: 2, target: 'redis' });
  expect(await probes.get('relay_lag')?.run('sent')).toMatchObject({
    ...{ ok: true, value: 61_000, latency_ms: null },
    facts: { messages: 43, oldest_ms: 61_000 },
  });
  expect(await probes.get('relay_lag')?.run('sideways')).toMatchObject({ ok: true, value: null });
  const alone = createStandardProbes({ now: () => 7 } as unknown as StandardProbeParts);
  expect(await alone.get('relay')?.run('redis')).toMatchObject({ ok: true, detail: 'none is configured' });
});

test('a server that the settings name is looked at where all agents are here, and nowhere else', async () => {
  expect(looksAtNamedServer(settings)).toBeUndefined();
  const whole = { ...settings, AGENTS: agentNames };
  expect(looksAtNamedServer({ ...whole, RELAY: 'memory' })).toBeUndefined();
  const looks = looksAtNamedServer(whole);
  expect(await looks?.check()).toMatchObject({ ok: false, latencyMs: null });
  await looks?.close?.();
});
