import { expect, test } from 'vitest';
import { strategy as meanReversion } from '../../examples/strategies/mean-reversion.ts';
import {
  AnalystWorld,
  analystSettings,
  eager,
  emitted,
  randomCandles,
  scanKinds,
  startTime,
  trade,
} from '../../test/support/analyst-world.ts';
import type { TurnRecord } from '../kernel/journal.ts';
import { closeTimeOf, timeframeMs } from '../shared/domain/candle.ts';
import { backfillCandles, createAnalyst } from './analyst.ts';
import { trendBreakout } from './strategies/trend-breakout.ts';
import type { Strategy, StrategyView } from './strategy.ts';

const settings = analystSettings();

function eagerWorld(
  change: (view: StrategyView) => unknown = () => ({}),
  universe = ['BTCUSDT'],
): AnalystWorld {
  const world = new AnalystWorld(analystSettings({ strategy: 'eager', universe }), [eager(change)]);
  world.start();
  return world;
}

function resultOf(record: TurnRecord) {
  const [completion] = emitted([record], 'task.completed');
  return { succeeded: completion?.succeeded, ...completion!.result };
}

test('a start asks for a bounded backfill of every readable symbol; so does a restart of the analyst only', () => {
  const world = new AnalystWorld(analystSettings({ universe: ['BTCUSDT', 'EURUSD', '???'] }), [
    trendBreakout,
  ]);
  const asked = (record: TurnRecord) => record.effects.map((effect) => [effect.kind, effect.data]);
  const expected = ['BTCUSDT', 'EURUSD'].map((symbol) => [
    'market.backfill',
    { symbol, count: backfillCandles },
  ]);
  expect(asked(world.start())).toEqual(expected);
  const restarted = (agent: 'analyst_ai' | 'trading_ai') =>
    world.process({ from: 'kernel', message_type: 'kernel.agent_restarted', data: { agent }, at: startTime });
  expect(asked(restarted('trading_ai'))).toEqual([]);
  expect(asked(restarted('analyst_ai'))).toEqual(expected);
});

test('an unknown or ambiguous strategy is refused with the names that exist', () => {
  expect(() => createAnalyst(analystSettings({ strategy: 'x' }), [trendBreakout, meanReversion])).toThrow(
    /no strategy "x"; known are: trend-breakout, mean-reversion/,
  );
  expect(() => createAnalyst(settings, [trendBreakout, trendBreakout])).toThrow(/two strategies/);
});

test('a scan before any data, and on stale data, is honest about having seen nothing', () => {
  const world = eagerWorld();
  expect(resultOf(world.scan('crypto-normal-scan'))).toEqual({
    succeeded: true,
    effect_observed: false,
    looked_at: 0,
    found: 0,
    summary: 'Judged 0 of 1 symbols by eager (normal); no signal; not ready: BTCUSDT (no data).',
    error: null,
  });
  const candles = randomCandles(1, 500);
  for (const candle of candles) world.candle(candle);
  const vitals = { source: 'tape', reason: 'late', where: 'test', count: 1 };
  const later = closeTimeOf(candles.at(-1)!) + 600_000;
  world.process({ from: 'market', message_type: 'market.quarantined', data: vitals, at: later });
  expect(resultOf(world.scan('crypto-normal-scan'))).toMatchObject({
    effect_observed: false,
    looked_at: 0,
    summary: expect.stringContaining('BTCUSDT (data 600 s old)'),
  });
});

test('a warmed-up scan emits a complete signal, records it, and answers the orchestrator', () => {
  const world = eagerWorld();
  const candles = randomCandles(2, 500);
  for (const candle of candles) world.candle(candle);
  const record = world.scan('crypto-normal-scan');
  const message = record.emitted.find((one) => one.message_type === 'signal')!;
  const [signal] = emitted([record], 'signal');
  const now = closeTimeOf(candles.at(-1)!);
  expect(signal).toMatchObject({
    action: 'BUY',
    symbol: 'BTCUSDT',
    confidence: 0.55,
    strategy: 'eager',
    timeframe: '15m',
    issued_at: now,
    expires_at: now + 180_000,
    horizon_ms: 3_600_000,
    reference_price: candles.at(-1)!.close,
    task_id: record.input.message_type === 'task.assigned' ? record.input.data.task_id : '',
  });
  expect(signal!.average_true_range).toBeGreaterThan(0);
  for (const { value } of signal!.evidence) expect(signal!.reasoning).toContain(String(value));
  expect(message.to).toBe('all');
  expect(message.correlation_id).toBe(signal!.signal_id);
  expect(record.puts.find((put) => put.collection === 'signals')).toEqual({
    collection: 'signals',
    key: signal!.signal_id,
    value: signal,
  });
  expect(resultOf(record)).toMatchObject({ succeeded: true, effect_observed: true, looked_at: 1, found: 1 });
  expect(record.emitted.at(-1)!.to).toBe('orchestrator_ai');
});

test('the same observation never becomes two signals, not even across a restart', () => {
  const world = eagerWorld();
  const candles = randomCandles(2, 520);
  for (const candle of candles.slice(0, 500)) world.candle(candle);
  expect(resultOf(world.scan('crypto-normal-scan')).found).toBe(1);
  expect(resultOf(world.scan('crypto-normal-scan')).found).toBe(0);
  world.candle(candles[500]!);
  expect(resultOf(world.scan('crypto-normal-scan')).found).toBe(0);

  const again = new AnalystWorld(analystSettings({ strategy: 'eager' }), [eager(() => ({}))], world.loaded());
  again.start(world.kernel.lastAt);
  again.history(candles.slice(0, 501), world.kernel.lastAt);
  expect(resultOf(again.scan('crypto-normal-scan'))).toMatchObject({ looked_at: 1, found: 0 });
  for (const candle of candles.slice(501, 515)) again.candle(candle);
  expect(resultOf(again.scan('crypto-normal-scan')).found).toBe(1);
});

test('history warms up and may tell the market state, but never makes a signal', () => {
  const world = eagerWorld();
  const candles = randomCandles(4, 1_500);
  const record = world.history(candles, closeTimeOf(candles.at(-1)!));
  expect(record.emitted.map((message) => message.message_type)).toEqual(['market.state']);
  expect(emitted([record], 'market.state')[0]!.activity).toBeGreaterThan(0);
  expect(record.puts).toEqual([]);
  expect(resultOf(world.scan('crypto-normal-scan')).found).toBe(1);
});

test('light monitoring only closes, and only what was opened', () => {
  let action = 'BUY';
  const world = eagerWorld(() => ({ action }));
  const candles = randomCandles(5, 600);
  const feed = (from: number, to: number) => {
    for (const candle of candles.slice(from, to)) world.candle(candle);
  };
  feed(0, 450);
  expect(resultOf(world.scan('crypto-light-monitoring'))).toMatchObject({ looked_at: 1, found: 0 });
  action = 'CLOSE';
  expect(resultOf(world.scan('crypto-light-monitoring')).found).toBe(0);
  action = 'BUY';
  expect(resultOf(world.scan('crypto-normal-scan')).found).toBe(1);
  feed(450, 470);
  expect(resultOf(world.scan('crypto-light-monitoring')).found).toBe(0);
  action = 'CLOSE';
  expect(resultOf(world.scan('crypto-light-monitoring')).found).toBe(1);
  feed(470, 500);
  expect(resultOf(world.scan('crypto-light-monitoring')).found).toBe(0);
});

test('intensities judge the timeframes they promise', () => {
  const seen: string[] = [];
  const silent: Strategy = {
    ...trendBreakout,
    warmUpCandles: 5,
    evaluate: (view) => {
      seen.push(`${view.intensity} ${view.entry.timeframe} ${view.higher.timeframe}`);
      return null;
    },
  };
  const world = new AnalystWorld(settings, [silent]);
  world.start();
  for (const candle of randomCandles(6, 500)) world.candle(candle);
  for (const kind of [...scanKinds, 'forex-london-session', 'deep-market-analysis'] as const)
    world.scan(kind);
  expect(seen).toEqual([
    'normal 15m 1h',
    'aggressive 5m 15m',
    'aggressive 15m 1h',
    'light 15m 1h',
    'normal 15m 1h',
    'deep 1h 1h',
    'deep 15m 1h',
    'deep 5m 15m',
  ]);
  const [deep] = emitted(world.records.slice(-1), 'task.completed');
  expect(deep!.result.summary).toMatch(/BTCUSDT: 1m \w+, 5m \w+, 15m \w+, 1h warming up/);
});

test.each([
  [
    'throws',
    () => {
      throw new Error('my bug');
    },
    'my bug',
  ],
  [
    'throws no error',
    () => {
      throw 'text';
    },
    'it threw string',
  ],
  [
    'throws an error that cannot be read',
    () => {
      throw Object.defineProperty(new Error('x'), 'message', {
        get: () => {
          throw new Error('y');
        },
      });
    },
    'unreadable',
  ],
  ['says confidence 7', () => ({ confidence: 7 }), 'confidence 7'],
  ['says NaN', () => ({ confidence: Number.NaN }), 'confidence NaN'],
  ['speaks of another symbol', () => ({ symbol: 'DOGEUSDT' }), 'DOGEUSDT'],
  ['speaks of a timeframe that is not built', () => ({ timeframe: '1d' }), 'no 1d window'],
] as [string, (view: StrategyView) => unknown, string][])(
  'a strategy that %s loses its verdict, and nothing else',
  (_what, change, error) => {
    const world = eagerWorld(
      (view) => (view.symbol === 'BTCUSDT' ? change(view) : {}),
      ['BTCUSDT', 'ETHUSDT'],
    );
    const candles = randomCandles(7, 500);
    for (const candle of candles) {
      world.candle(candle);
      world.candle({ ...candle, symbol: 'ETHUSDT' });
    }
    const record = world.scan('crypto-normal-scan');
    expect(emitted([record], 'signal').map((signal) => signal.symbol)).toEqual(['ETHUSDT']);
    expect(resultOf(record)).toMatchObject({ succeeded: true, effect_observed: true, found: 1 });
    expect(resultOf(record).error).toContain(error);
    expect(emitted(world.records, 'kernel.agent_failed')).toEqual([]);
  },
);

test('a strategy that fails on everything fails the task', () => {
  const world = eagerWorld(() => {
    throw new Error('always');
  });
  for (const candle of randomCandles(7, 500)) world.candle(candle);
  expect(resultOf(world.scan('crypto-normal-scan'))).toMatchObject({
    succeeded: false,
    effect_observed: false,
    looked_at: 0,
    error: expect.stringContaining('always'),
  });
});

test('a task of another agent and a task after its deadline are answered, not run', () => {
  const world = eagerWorld();
  for (const candle of randomCandles(7, 500)) world.candle(candle);
  expect(resultOf(world.scan('health-monitor-check'))).toMatchObject({
    succeeded: false,
    effect_observed: false,
  });
  expect(resultOf(world.scan('crypto-normal-scan', ['BTCUSDT'], -1)).error).toContain('deadline');
  expect(emitted(world.records, 'signal')).toEqual([]);
});

test('market state is null before warm-up, then said every quarter of an hour or when activity changes', () => {
  const world = new AnalystWorld(settings, [trendBreakout]);
  world.start();
  const calm = randomCandles(8, 3_000);
  for (const candle of calm) world.candle(candle);
  const states = emitted(world.records, 'market.state');
  expect(states[0]).toMatchObject({
    asset_class: 'crypto',
    volatility: null,
    activity: null,
    instruments: 1,
  });
  const warm = states.filter((state) => state.activity !== null);
  // One-minute returns of 0.1 % are 0.001 * sqrt(525600) = 72 % a year.
  expect(warm.at(-1)!.volatility).toBeGreaterThan(0.5);
  expect(warm.at(-1)!.volatility).toBeLessThan(1);
  expect(states.length).toBeLessThan(3_000 / 15 + 20);

  const from = closeTimeOf(calm.at(-1)!);
  const before = world.records.length;
  for (const candle of randomCandles(9, 10, { from, volatility: 0.01, price: calm.at(-1)!.close }))
    world.candle(candle);
  const stormy = emitted(world.records.slice(before), 'market.state');
  expect(stormy.length).toBeGreaterThan(1);
  expect(stormy.at(-1)!.activity).toBeGreaterThan(1.5);
});

test('outcomes are scored by candles and change what is claimed next', () => {
  const world = eagerWorld();
  const candles = randomCandles(10, 4_000);
  trade(world, candles, 15);
  const signals = emitted(world.records, 'signal');
  const tables = world.records
    .flatMap((record) => record.puts)
    .filter((put) => put.key.includes('/calibration/'));
  expect(tables.length).toBeGreaterThan(20);
  expect(new Set(signals.map((signal) => signal.confidence)).size).toBeGreaterThan(5);
  expect(tables.every((put) => put.key === 'analyst_ai/calibration/recorded/eager')).toBe(true);
  const rows = world.loaded().rows.agent_memory;
  expect(rows.size).toBe(2);
  expect(JSON.stringify([...rows.values()]).length).toBeLessThan(4_000);
});

test('the built-in strategy speaks both ways and closes, with numbers that are true', () => {
  const world = new AnalystWorld(settings, [trendBreakout]);
  world.start();
  trade(world, randomCandles(11, 20_000, { regimeCandles: 900, volatility: 0.002 }), 10);
  const signals = emitted(world.records, 'signal');
  expect(new Set(signals.map((signal) => signal.action))).toEqual(new Set(['BUY', 'SELL', 'CLOSE']));
  expect(new Set(signals.map((signal) => signal.signal_id)).size).toBe(signals.length);
  for (const signal of signals) {
    for (const { value, at } of signal.evidence) {
      expect(signal.reasoning).toContain(String(value));
      expect(at).toBeLessThanOrEqual(signal.issued_at);
    }
    const numbers = Object.fromEntries(signal.evidence.map(({ name, value }) => [name, value]));
    if (signal.action === 'BUY') expect(numbers.breakout_close).toBeGreaterThan(numbers.channel_level!);
    if (signal.action === 'SELL') expect(numbers.breakout_close).toBeLessThan(numbers.channel_level!);
  }
  expect(emitted(world.records, 'kernel.agent_failed')).toEqual([]);
});

test('the example strategy runs as a user would run it', () => {
  const world = new AnalystWorld(analystSettings({ strategy: 'mean-reversion' }), [
    trendBreakout,
    meanReversion,
  ]);
  world.start();
  trade(world, randomCandles(12, 20_000, { regimeCandles: 1, volatility: 0.002 }), 10);
  const actions = emitted(world.records, 'signal').map((signal) => signal.action);
  expect(actions).toContain('BUY');
  expect(actions).toContain('SELL');
  expect(actions).toContain('CLOSE');
  const errors = emitted(world.records, 'task.completed').map((completion) => completion.result.error);
  expect(new Set(errors)).toEqual(new Set([null]));
});

test('rows of symbols and strategies that are gone are removed at the next start', () => {
  const world = eagerWorld(() => ({}), ['BTCUSDT', 'ETHUSDT']);
  for (const candle of randomCandles(14, 900)) {
    world.candle(candle);
    world.candle({ ...candle, symbol: 'ETHUSDT' });
    if (candle.openTime % 900_000 === 0) world.scan('crypto-normal-scan');
  }
  const next = new AnalystWorld(analystSettings(), [trendBreakout], world.loaded());
  const removed = next.start(world.kernel.lastAt).puts.filter((put) => put.value === null);
  expect(removed.map((put) => put.key).sort()).toEqual([
    'analyst_ai/calibration/recorded/eager',
    'analyst_ai/instrument/ETHUSDT',
  ]);
});

test('what was learned and said on simulated prices does not speak for live ones', () => {
  const world = eagerWorld();
  const simulated = randomCandles(15, 2_000);
  trade(world, simulated, 15, 0, 'simulated');
  expect(emitted(world.records, 'signal').at(-1)!.confidence).not.toBe(0.55);
  const before = world.records.length;
  const from = closeTimeOf(simulated.at(-1)!);
  trade(world, randomCandles(16, 400, { from, price: 900 }), 15, 0, 'live');
  const after = world.records.slice(before);
  const [first] = emitted(after, 'signal');
  expect(first!.confidence).toBe(0.55);
  expect(first!.issued_at - from).toBeGreaterThanOrEqual(100 * 60_000);
  const keys = after.flatMap((record) => record.puts).map((put) => put.key);
  expect(keys).not.toContain('analyst_ai/calibration/simulated/eager');
  expect(emitted(after, 'task.completed')[0]!.result.summary).toContain('warming up');
});

test.each([
  ['5m', 'BTCUSDT', ['5m', '15m']],
  ['15m', 'ETHUSDT', ['15m']],
  ['1h', 'EURUSD', ['1h']],
  ['1d', 'XAUUSD', ['1d']],
] as const)('a feed of %s candles is judged on what it can build', (base, symbol, expected) => {
  const heard = new Set<string>();
  const listening = eager((view) => {
    heard.add(view.entry.timeframe);
    return {};
  });
  const world = new AnalystWorld(
    analystSettings({ strategy: 'eager', universe: [symbol], base_timeframe: base }),
    [listening],
  );
  world.start();
  trade(world, randomCandles(17, 900, { symbol, base }), 7);
  expect([...heard].sort()).toEqual([...expected].sort());
  const signals = emitted(world.records, 'signal');
  expect(signals.length).toBeGreaterThan(0);
  expect(emitted(world.records, 'market.state').at(-1)!.volatility).toBeGreaterThan(0);
  for (const signal of signals)
    expect(signal.expires_at - signal.issued_at).toBe(base === '5m' ? 600_000 : 2 * timeframeMs[base]);
});
