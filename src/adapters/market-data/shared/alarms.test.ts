import { expect, test } from 'vitest';
import { ManualClock } from '../../../../test/contract/market-data-support/manual-clock.ts';
import { Alarms } from './alarms.ts';

test('alarms share one wake-up, ring once in time order, and can be replaced and cancelled', () => {
  const clock = new ManualClock(0);
  const alarms = new Alarms(clock);
  const rung: string[] = [];
  alarms.set('b', 20, () => rung.push(`b${clock.now()}`));
  alarms.set('a', 10, () => rung.push(`a${clock.now()}`));
  alarms.set('c', 15, () => rung.push('never'));
  alarms.cancel('c');
  alarms.set('d', 5, () => rung.push('never'));
  alarms.set('d', 30, () => rung.push(`d${clock.now()}`));
  clock.advance(100);
  expect(rung).toEqual(['a10', 'b20', 'd30']);
  alarms.set('e', 200, () => rung.push('never'));
  alarms.cancelAll();
  clock.advance(1_000);
  expect(rung).toHaveLength(3);
  expect(clock.pendingWakeAt).toBe(undefined);
});

test('an alarm may cancel another that is due at the same moment', () => {
  const clock = new ManualClock(0);
  const alarms = new Alarms(clock);
  const rung: string[] = [];
  alarms.set('first', 10, () => {
    rung.push('first');
    alarms.cancel('second');
  });
  alarms.set('second', 10, () => rung.push('second'));
  clock.advance(10);
  expect(rung).toEqual(['first']);
});

test('a sleep ends with the clock or with its signal', async () => {
  const clock = new ManualClock(0);
  const alarms = new Alarms(clock);
  const abort = new AbortController();
  const slept = alarms.sleep(1_000, new AbortController().signal);
  const aborted = alarms.sleep(1_000_000, abort.signal);
  clock.advance(1_000);
  await slept;
  abort.abort();
  await aborted;
  expect(clock.pendingWakeAt).toBe(undefined);
});
