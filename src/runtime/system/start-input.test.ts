// The recorded settings: they build the agents again in a replay, and hold nothing that may not be written down.
import { expect, test } from 'vitest';
import { ManualClock } from '../../../test/contract/market-data-support/manual-clock.ts';
import { environmentSchema, type Settings, secretSettings } from '../../shared/config/settings.ts';
import type { LoadedState } from '../../shared/ports/store.ts';
import { absentBroker } from '../broker/absent-broker.ts';
import { wireModels } from '../models/model-ladder.ts';
import { selectWorkflows } from '../workflows/workflow-selection.ts';
import type { Foundation } from './foundation.ts';
import { agentSettingsOf, startedInput } from './start-input.ts';

const now = Date.parse('2026-03-04T10:00:00Z');
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function ground(settings: Settings, sequence = 0): Foundation {
  const clock = new ManualClock(now);
  const market = {
    ...{ sources: [], clock: () => clock, baseTimeframe: '1m', universe: ['BTCUSDT'], kind: 'simulated' },
    ...{ unreachable: [], clockSkewMs: () => null, clockAheadMs: () => 0 },
  } as const;
  return {
    ...{ settings, log, clock, market, loaded: { sequence } as LoadedState },
    strategies: { all: [], active: 'some' },
    trading: absentBroker(settings),
    models: wireModels(settings),
    workflows: selectWorkflows(settings, clock, log),
  } as unknown as Foundation;
}

const settings = environmentSchema.parse({});

test('no secret is recorded, whatever is set', () => {
  const secret = 'never-to-be-written-down';
  const set = Object.fromEntries([...secretSettings].map((name) => [name, secret]));
  const all = { ...settings, ...set, N8N_BASE_URL: 'http://127.0.0.1:5678' } as Settings;
  const recorded = JSON.stringify(startedInput(ground(all)));
  expect(recorded).not.toContain(secret);
  expect(recorded, 'a model is configured by its key').toContain('"models":');
});

test('a first start is one before any input', () => {
  const first = (sequence: number) =>
    (startedInput(ground(settings, sequence)).data as { first_start: boolean }).first_start;
  expect([first(0), first(1)]).toEqual([true, false]);
});

test('a price counts as fresh for at least one and a half bars', () => {
  const hourly = ground(settings);
  const ofHours = { ...hourly, market: { ...hourly.market, baseTimeframe: '1h' as const } };
  expect(agentSettingsOf(ofHours).risk.quote_stale_ms).toBe(5_400_000);
  const patient = ground(environmentSchema.parse({ ATO_QUOTE_STALE_SECONDS: '600' }));
  expect(agentSettingsOf(patient).risk.quote_stale_ms).toBe(600_000);
});

test('nothing heals in a hurried market, and a part of the agents is told who is there', () => {
  const hurried = environmentSchema.parse({ ATO_MARKET_SPEED: '60' });
  expect(agentSettingsOf(ground(settings))).toHaveProperty('healing');
  expect(agentSettingsOf(ground(hurried))).not.toHaveProperty('healing');
  expect(agentSettingsOf(ground(settings))).not.toHaveProperty('agents');
  const part = ground({ ...settings, AGENTS: ['analyst_ai'] });
  expect(agentSettingsOf(part).agents).toEqual(['analyst_ai']);
});
