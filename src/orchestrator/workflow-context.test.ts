// What a workflow is told of the situation: what was measured, and null or a word for what is not known.
import { expect, test } from 'vitest';
import { orchestratorTurn } from '../../test/support/orchestrator-turn.ts';
import { sessionCalendar } from '../shared/domain/sessions.ts';
import { hourMs } from '../shared/domain/time.ts';
import { Observations } from './observations.ts';
import { workflowContext } from './workflow-context.ts';

const now = Date.parse('2026-03-04T10:00:00Z');
const calendar = sessionCalendar();

test('before anything was reported everything is unknown but the sessions', () => {
  expect(workflowContext('standby', new Observations(), calendar, now)).toEqual({
    mode: 'standby',
    sessions_open: ['london'],
    ...{ crypto_activity: null, forex_activity: null, crypto_volatility: null, forex_volatility: null },
    ...{ trading_state: 'unknown', open_positions: 0, equity: null },
  });
});

test('a measurement is told of its own class, and no longer once it is old', () => {
  const observed = new Observations();
  observed.seeMarket(orchestratorTurn(now), {
    ...{ asset_class: 'forex', volatility: 0.2, activity: 1.5, instruments: 1, at: now },
  });
  const told = workflowContext('forex', observed, calendar, now);
  expect(told).toMatchObject({ forex_activity: 1.5, forex_volatility: 0.2, crypto_activity: null });
  expect(workflowContext('forex', observed, calendar, now + 3 * hourMs).forex_activity).toBeNull();
});
