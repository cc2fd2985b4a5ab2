import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Calibration, priorAtFull, priorAtZero } from './calibration.ts';

const actions = fc.constantFrom('BUY' as const, 'SELL' as const, 'CLOSE' as const);
const conviction = fc.double({ min: 0, max: 1, noNaN: true });

test('untested convictions get the documented prior and no more', () => {
  const calibration = new Calibration();
  expect(calibration.probability('BUY', 0)).toBe(priorAtZero);
  expect(calibration.probability('SELL', 1)).toBe(priorAtFull);
  expect(calibration.summary()).toEqual({ scored: 0, right: null, claimed: null });
});

test('confidence converges to the frequency that comes true, bucket by bucket', () => {
  const calibration = new Calibration();
  for (let index = 0; index < 400; index++) {
    calibration.score('BUY', 0.9, calibration.probability('BUY', 0.9), index % 4 === 0);
    calibration.score('BUY', 0.1, calibration.probability('BUY', 0.1), index % 4 !== 0);
  }
  expect(calibration.probability('BUY', 0.9)).toBeGreaterThan(0.25);
  expect(calibration.probability('BUY', 0.9)).toBeLessThan(0.4);
  expect(calibration.probability('BUY', 0.1)).toBeGreaterThan(0.6);
  expect(calibration.probability('BUY', 0.5)).toBe(0.55);
  expect(calibration.probability('CLOSE', 0.9)).toBe(0.59);
  expect(calibration.summary().scored).toBe(800);
});

test('whatever is scored, probabilities stay inside 0..1, the table stays small and survives its row', () => {
  const outcomes = fc.array(fc.tuple(actions, conviction, fc.boolean()), { maxLength: 300 });
  fc.assert(
    fc.property(outcomes, conviction, (scored, asked) => {
      const calibration = new Calibration();
      for (const [action, strength, right] of scored)
        calibration.score(action, strength, calibration.probability(action, strength), right);
      const probability = calibration.probability('BUY', asked);
      expect(probability).toBeGreaterThan(0);
      expect(probability).toBeLessThan(1);
      const text = JSON.stringify(calibration.table);
      expect(text.length).toBeLessThan(1_000);
      const restored = Calibration.parse(JSON.parse(text));
      expect(restored.table).toEqual(calibration.table);
      expect(restored.probability('BUY', asked)).toBe(probability);
    }),
  );
});

test('a row that is not a table of ours begins untested', () => {
  for (const row of [null, 7, {}, { entry: [], exit: [] }, { entry: 'x' }])
    expect(Calibration.parse(row).probability('BUY', 0.5)).toBe(0.55);
});
