import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foldEvent } from './event-folds.ts';
import { addCandle, inTime, notRealData, orderRank, upsert } from './fold.ts';
import { candleSchema, orderSchema, sourceSchema } from './rows.ts';
import { candleLimit, createStore, type Dashboard, emptyDashboard, rowLimit } from './store.ts';

function candle(openTime: number, symbol = 'BTCUSDT') {
  return candleSchema.parse({ symbol, openTime, open: 1, high: 2, low: 1, close: 2, volume: 0 });
}

const charting: Dashboard = { ...emptyDashboard, symbol: 'BTCUSDT' };

test('an event of a known row replaces it in place, a new one comes first', () => {
  const first = foldEvent(emptyDashboard, 'decision', { id: 'a', reasoning: 'one' });
  const second = foldEvent(first, 'decision', { id: 'b' });
  const scored = foldEvent(second, 'decision.scored', {
    id: 'a',
    reasoning: 'one',
    outcome: { successful: true },
  });
  expect(scored.decisions.map((row) => [row.id, row.outcome?.successful])).toEqual([
    ['b', undefined],
    ['a', true],
  ]);
});

test('unknown events, broken data and inherited names change nothing', () => {
  for (const name of ['something.else', 'constructor', '__proto__', 'toString']) {
    expect(foldEvent(emptyDashboard, name, { id: 'x' })).toBe(emptyDashboard);
  }
  expect(foldEvent(emptyDashboard, 'signal', { action: 'BUY' })).toBe(emptyDashboard);
  expect(foldEvent(emptyDashboard, 'signal', null)).toBe(emptyDashboard);
});

test('lists never grow beyond their limit', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(400), { maxLength: 600 }), (ids) => {
      let list: number[] = [];
      for (const id of ids) list = upsert(list, id, String);
      expect(list.length).toBeLessThanOrEqual(rowLimit);
      expect(new Set(list).size).toBe(list.length);
    }),
    { numRuns: 20 },
  );
});

test('candles stay strictly rising and bounded, whatever the order of arrival', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 2_000 }), { maxLength: 300 }), (times) => {
      let state = charting;
      for (const time of times) state = addCandle(state, candle(time * 60_000));
      const opens = state.candles.map((row) => row.openTime);
      expect(opens).toEqual(
        [...new Set(times)]
          .sort((a, b) => a - b)
          .slice(-candleLimit)
          .map((time) => time * 60_000),
      );
    }),
    { numRuns: 30 },
  );
});

test('candles of another symbol are not drawn', () => {
  expect(addCandle(charting, candle(60_000, 'ETHUSDT'))).toBe(charting);
});

test('the later row of one instant wins', () => {
  expect(
    inTime(
      [
        { at: 2, v: 'a' },
        { at: 1, v: 'b' },
        { at: 2, v: 'c' },
      ],
      (row) => row.at,
      10,
    ),
  ).toEqual([
    { at: 1, v: 'b' },
    { at: 2, v: 'c' },
  ]);
});

test('a quote marks open positions and the shown price, and nothing else', () => {
  const held = foldEvent(charting, 'trading.position_changed', { id: 'p', symbol: 'BTCUSDT', open: true });
  const marked = foldEvent(held, 'market.quote', { symbol: 'BTCUSDT', bid: 9, ask: 11 });
  expect(marked.positions[0]?.mark_price).toBe(10);
  expect(marked.lastPrice).toBe(10);
  expect(foldEvent(marked, 'market.quote', { symbol: 'BTCUSDT', bid: 9, ask: 11 })).toBe(marked);
  expect(foldEvent(held, 'market.quote', { symbol: 'ETHUSDT', bid: 9, ask: 11 })).toBe(held);
  const changed = foldEvent(marked, 'trading.position_changed', { id: 'p', symbol: 'BTCUSDT', open: true });
  expect(changed.positions[0]?.mark_price).toBe(10);
});

test('commands and trading states are seen at once', () => {
  const stopped = foldEvent(emptyDashboard, 'operator.command', { command: 'stop' });
  expect(stopped.overview.running).toBe(false);
  expect(foldEvent(stopped, 'operator.command', { command: 'force_decision' }).overview.running).toBe(false);
  const halted = foldEvent(stopped, 'trading.state_changed', { state: 'halted', reason: 'asked' });
  expect(halted.overview).toMatchObject({ tradingState: 'halted', tradingReason: 'asked' });
});

test('orders of unknown outcome come before working ones and final ones', () => {
  const states = ['filled', 'accepted', 'unknown', 'cancelled', 'partially_filled'];
  const ranks = states.map((state) => orderRank(orderSchema.parse({ id: state, state })));
  expect(ranks).toEqual([2, 1, 0, 2, 1]);
});

test('data that is not live is said, simulated louder than recorded', () => {
  const source = (name: string, state: string) => sourceSchema.parse({ source: name, state });
  expect(notRealData('live', [source('a', 'live')])).toBeNull();
  expect(notRealData(null, [source('a', 'recorded'), source('b', 'simulated')])).toEqual({
    kind: 'simulated',
    sources: ['b'],
  });
  expect(notRealData('recorded', [])).toEqual({ kind: 'recorded', sources: [] });
});

test('a refusal heard twice counts once', () => {
  const once = foldEvent(emptyDashboard, 'trading.refused', { id: 'r', code: 'cooldown' });
  expect(foldEvent(once, 'trading.refused', { id: 'r', code: 'cooldown' }).refusals.length).toBe(1);
});

test('a source keeps how it was wired when it speaks of itself', () => {
  const wired = { source: 's', kind: 'simulated', symbols: ['A'], state: 'unknown' };
  const state = { ...emptyDashboard, sources: [sourceSchema.parse(wired)] };
  const spoken = foldEvent(state, 'market.source_status', { source: 's', state: 'degraded', health: 0.5 });
  expect(spoken.sources).toMatchObject([{ kind: 'simulated', symbols: ['A'], state: 'degraded' }]);
  expect(notRealData(null, spoken.sources)?.kind).toBe('simulated');
});

test('many changes of one frame are shown once', () => {
  const frames: (() => void)[] = [];
  const store = createStore(0, (run) => frames.push(run));
  let shown = 0;
  const stop = store.subscribe(() => {
    shown += 1;
  });
  for (let change = 0; change < 100; change += 1) store.change((count) => count + 1);
  store.change((count) => count);
  expect(frames.length).toBe(1);
  frames.pop()?.();
  expect([shown, store.read()]).toEqual([1, 100]);
  stop();
  store.change((count) => count + 1);
  frames.pop()?.();
  expect(shown).toBe(1);
});
