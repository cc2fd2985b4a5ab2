import fc from 'fast-check';
import { expect, test } from 'vitest';
import { curveOf, marksOf } from './chart-data.ts';
import type { Palette } from './chart-theme.ts';
import { countByCode } from './fold.ts';
import { candleSchema, equitySchema, fillSchema, refusalSchema, signalSchema } from './rows.ts';

const palette: Palette = {
  text: 't',
  grid: 'g',
  up: 'up',
  down: 'down',
  accent: 'accent',
  accentSoft: 's',
  accentNone: 'n',
  warn: 'w',
};
const minute = 60_000;
const candles = [10, 11, 12, 13].map((at) =>
  candleSchema.parse({ openTime: at * minute, open: 1, high: 1, low: 1, close: 1 }),
);

function signal(at: number, action = 'BUY') {
  return signalSchema.parse({ signal_id: String(at), issued_at: at, action });
}

test('signals and fills stand on the candle in which they happened', () => {
  const fill = fillSchema.parse({ id: 'f', at: 12 * minute + 30_000, side: 'sell', quantity: '0.04' });
  const marks = marksOf(candles, [signal(11 * minute + 1), signal(13 * minute, 'CLOSE')], [fill], palette);
  expect(marks.map((mark) => [mark.time, mark.shape, mark.position, mark.color])).toEqual([
    [660, 'circle', 'belowBar', 'accent'],
    [720, 'arrowDown', 'aboveBar', 'down'],
    [780, 'square', 'aboveBar', 'accent'],
  ]);
});

test('what happened before the shown candles or long after them is left out', () => {
  const marks = marksOf(candles, [signal(9 * minute), signal(15 * minute), signal(60 * minute)], [], palette);
  expect(marks.map((mark) => mark.time)).toEqual([780]);
  expect(marksOf([], [signal(1)], [], palette)).toEqual([]);
});

test('the curve rises strictly in whole seconds and keeps the last word of each', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20_000)), (instants) => {
      const points = instants
        .sort((left, right) => left - right)
        .map((at, index) => equitySchema.parse({ at, equity: index }));
      const curve = curveOf(points, (point) => point.equity);
      for (const [index, point] of curve.entries()) {
        if (index > 0) expect(Number(point.time)).toBeGreaterThan(Number(curve[index - 1]?.time));
      }
      expect(curve.at(-1)?.value).toBe(points.at(-1)?.equity);
    }),
  );
});

test('refusals are counted by code', () => {
  const refusal = (id: string, code: string) => refusalSchema.parse({ id, code });
  const refusals = [refusal('1', 'cooldown'), refusal('2', 'drawdown'), refusal('3', 'cooldown')];
  expect(countByCode(refusals)).toEqual({ cooldown: 2, drawdown: 1 });
});
