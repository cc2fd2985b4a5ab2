// When the orchestrator asks again what is worth a look: at the next bar, soon after an answer, never after the next decision.
import { expect, test } from 'vitest';
import { orchestratorTurn } from '../../../test/support/orchestrator-turn.ts';
import { testSettings } from '../../../test/support/orchestrator-world.ts';
import { StateMirror } from '../../kernel/state-mirror.ts';
import { defaultLookSettings } from '../../shared/domain/look.ts';
import { minuteMs, secondMs } from '../../shared/domain/time.ts';
import { orchestratorParts } from '../orchestrator-parts.ts';
import { LookAlarm } from './look-alarm.ts';

const now = Date.parse('2026-03-04T10:02:00Z');

/** A first start in crypto mode at which nothing has been looked at. `measured`: prices have come. */
function begun(measured: boolean) {
  const universe = ['BTCUSDT', 'ETHUSDT'];
  const parts = orchestratorParts({ ...testSettings, universe, looks: defaultLookSettings });
  const { control, observed, schedule, tasks, looks, learning, alarms } = parts;
  const rows = new StateMirror();
  for (const part of [control, observed, schedule, tasks, looks, learning, alarms]) part.restore(rows);
  const turn = orchestratorTurn(now);
  control.change({ mode: 'crypto', begun_at: now });
  const activity = measured ? 1 : null;
  observed.seeMarket(turn, {
    ...{ asset_class: 'crypto', volatility: null, activity, instruments: 2, at: now },
  });
  schedule.refresh(turn, looks.admission(control.memory));
  return { ...parts, alarm: new LookAlarm(parts) };
}

test('a first look is due as soon as there are prices, and the alarm says so when it comes back', () => {
  expect(begun(true).alarm.rang(now)).toBe(true);
});

test('before the first prices it is asked again at each bar, until scans are tried without', () => {
  const { alarm, alarms } = begun(false);
  expect(alarm.waitsForPrices(now)).toBe(true);
  expect(alarm.rang(now)).toBe(false);
  const again = alarms.dueAt('looks');
  expect(again).toBeGreaterThan(now);
  expect(again).toBeLessThanOrEqual(now + 5 * minuteMs + 10 * secondMs);
  expect(alarm.waitsForPrices(now + 2 * minuteMs)).toBe(false);
  expect(alarm.rang(now + 2 * minuteMs)).toBe(true);
});

test('what an answer makes worth while is followed up soon; what a decision declined waits for the next bar', () => {
  const { alarm, alarms } = begun(true);
  alarm.followUp(now);
  expect(alarms.dueAt('looks')).toBe(now + 15 * secondMs);
  alarm.decided(now);
  expect(alarms.dueAt('looks')).toBeGreaterThan(now + 15 * secondMs);
});

test('a decision that comes first asks anyway: the alarm is not set', () => {
  const { alarm, alarms } = begun(true);
  alarms.move('decide', now + 15 * secondMs);
  alarm.followUp(now);
  expect(alarms.dueAt('looks')).toBeUndefined();
  alarms.move('decide', now + 16 * secondMs);
  alarm.followUp(now);
  expect(alarms.dueAt('looks')).toBe(now + 15 * secondMs);
});
