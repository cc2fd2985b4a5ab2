import { expect, test } from 'vitest';
import type { ExitPlan } from './exit-plan.ts';
import { type FlaggedCandle, replayExits } from './exit-replay.ts';

const plan: ExitPlan = {
  stop: 0.1,
  targets: [{ after_minutes: 0, profit: 0.1 }],
  trailing: null,
  break_even: null,
  time_limit_minutes: null,
  signal_exit: true,
  candle_model: 'intracandle',
  fee: 0,
  leverage: 1,
};

/** Candles from `open high low close flags`; flags are L and l for entering and leaving long, S and s for short. */
function candles(...rows: string[]): FlaggedCandle[] {
  return rows.map((row, index) => {
    const [open = 0, high = 0, low = 0, close = 0] = row.split(' ').map(Number);
    const flags = row.split(' ')[4] ?? '';
    const [enter_long, exit_long, enter_short, exit_short] = [...'LlSs'].map((flag) => flags.includes(flag));
    return {
      index,
      open,
      high,
      low,
      close,
      enter_long: enter_long === true,
      exit_long: exit_long === true,
      enter_short: enter_short === true,
      exit_short: exit_short === true,
    };
  });
}

const flat = '100 101 99 100';
const story = (rows: FlaggedCandle[], change: Partial<ExitPlan> = {}) =>
  replayExits({ ...plan, ...change }, rows, 60).map(
    (trade) =>
      `${trade.side} ${trade.open_index}-${trade.close_index} ${trade.exit_reason} ${trade.profit_ratio}`,
  );

test('a flag is acted on at the next open; what is left leaves at the last open', () => {
  expect(story(candles(`${flat} L`, flat, flat, '103 104 102 103'))).toEqual(['long 1-3 force_exit 0.03']);
  expect(story(candles(`${flat} L`, flat, `${flat} l`, '103 104 102 103', flat))).toEqual([
    'long 1-3 exit_signal 0.03',
  ]);
  expect(story(candles(flat, `${flat} L`, flat)), 'nothing is entered on the last candle').toEqual([]);
});

test('contradicting flags mean nothing', () => {
  expect(story(candles(`${flat} LS`, flat, flat))).toEqual([]);
  expect(story(candles(`${flat} Ll`, flat, flat))).toEqual([]);
  expect(story(candles(`${flat} L`, `${flat} Ll`, flat, flat))).toEqual(['long 1-3 force_exit 0']);
  expect(story(candles(`${flat} L`, `${flat} s`, flat, flat)), 'of the other side').toEqual([
    'long 1-3 force_exit 0',
  ]);
  expect(story(candles(`${flat} L`, `${flat} l`, flat, flat), { signal_exit: false })).toEqual([
    'long 1-3 force_exit 0',
  ]);
});

test('a candle that closes a position may open the other side, not the same one', () => {
  const stopped = '100 100 85 90';
  expect(story(candles(`${flat} L`, `${flat} S`, stopped, flat))).toEqual([
    'long 1-2 stop_loss -0.1',
    'short 2-2 roi 0.1',
  ]);
  expect(story(candles(`${flat} L`, `${flat} L`, stopped, flat))).toEqual(['long 1-2 stop_loss -0.1']);
  expect(story(candles(`${flat} L`, flat, `${stopped} L`, flat, flat))).toEqual([
    'long 1-2 stop_loss -0.1',
    'long 3-4 force_exit 0',
  ]);
});

test('the exit signal comes before stop and target, the stop before the target, the target before a trailing stop', () => {
  const wide = '100 120 80 100';
  expect(story(candles(`${flat} L`, `${flat} l`, wide, flat))).toEqual(['long 1-2 exit_signal 0']);
  expect(story(candles(`${flat} L`, flat, wide, flat))).toEqual(['long 1-2 stop_loss -0.1']);
  const trailing = {
    kind: 'percent',
    distance: 0.1,
    positive: 0.02,
    offset: 0.05,
    only_after_offset: true,
  } as const;
  expect(story(candles(`${flat} L`, flat, '100 120 91 100', flat), { trailing })).toEqual([
    'long 1-2 roi 0.1',
  ]);
  expect(story(candles(`${flat} L`, flat, '100 108 91 100', flat), { trailing })).toEqual([
    'long 1-2 trailing_stop_loss 0.0584',
  ]);
  expect(story(candles(`${flat} L`, '100 108 91 100', flat), { trailing }), 'entry candle').toEqual([
    'long 1-1 trailing_stop_loss 0.03',
  ]);
  expect(
    story(candles(`${flat} L`, flat, '104 108 106.5 107', '90.5 97 90.5 91', flat), { trailing }),
  ).toEqual(['long 1-3 trailing_stop_loss -0.095']);
});

test.each([
  [{ 0: 0.1, 60: -1 }, 0, 'a step on the open uses the open'],
  [{ 0: 0.1, 30: -1 }, -0.01, 'one inside the candle before uses the worst price'],
  [{ 0: 0.1, 60: 0 }, 0.002, 'zero is a target like any other'],
  [{ 60: 0.005 }, 0.005, 'no target before the first step'],
])('minimal profit by age %j: %d', (table, profit, why) => {
  const targets = Object.entries(table).map(([age, ratio]) => ({
    after_minutes: Number(age),
    profit: ratio,
  }));
  const third = profit === 0.002 ? '100.2 101 99 100' : flat;
  const [first] = story(candles(`${flat} L`, '100 100.4 99 100', third, flat), { targets });
  expect(first, why).toBe(`long 1-2 roi ${profit}`);
});

test('fees are paid twice and leverage multiplies profit and divides the stop', () => {
  const fees = story(candles(`${flat} L`, flat, '100 120 99 100', flat), { fee: 0.001 });
  expect(fees).toEqual(['long 1-2 roi 0.1']);
  const stop = story(candles(`${flat} L`, flat, '100 100 80 85', flat), { fee: 0.001 });
  expect(Number(stop[0]?.split(' ').at(-1))).toBeCloseTo((90 * 0.999) / (100 * 1.001) - 1, 7);
  expect(story(candles(`${flat} L`, flat, '100 100 94 95', flat), { leverage: 2 })).toEqual([
    'long 1-2 stop_loss -0.1',
  ]);
});
