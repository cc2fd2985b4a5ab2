import { expect, test } from 'vitest';
import { spread } from './figures.ts';

test('the median of an even number lies between the two in the middle', () => {
  expect(spread([4, null, 1, 2, 9])).toEqual({ p50: 3, max: 9 });
  expect(spread([5, 1, 2])).toEqual({ p50: 2, max: 5 });
  expect(spread([null])).toEqual({ p50: null, max: null });
});
