import { expect, test } from 'vitest';
import { feature, featureCount } from './features.ts';
import { Learner } from './learner.ts';
import { shippedPrior } from './prior-coefficients.ts';

const perDay = 288;

test('evidence is forgotten by half in sixty days, but never below what the prior is worth', () => {
  const learner = new Learner(shippedPrior, perDay);
  const squares = Array.from({ length: featureCount }, (_, place) => (place === 0 ? 64 : 5));
  learner.load({ ...learner.toState(), squares, bar: 0 });
  for (let day = 1; day <= 60; day += 1) learner.advance(day * perDay);
  expect(learner.toState().squares[0]).toBeCloseTo(32, 9);
  expect(learner.toState().squares[1]).toBe(4);
  for (let day = 61; day <= 600; day += 1) learner.advance(day * perDay);
  expect(learner.toState().squares[0]).toBe(4);
});

test('coefficients are pulled back to the prior by a hundredth a day, and a pause counts as thirty days at most', () => {
  const learner = new Learner(shippedPrior, perDay);
  const prior = learner.live[feature.ownRate] as number;
  const coefficients = learner.toState().coefficients.map((value) => value + 1);
  learner.load({ ...learner.toState(), coefficients, bar: 0 });
  learner.advance(perDay);
  expect(learner.live[feature.ownRate]).toBeCloseTo(prior + 0.99, 9);
  learner.load({ ...learner.toState(), coefficients, bar: 0 });
  learner.advance(1_000 * perDay);
  expect(learner.live[feature.ownRate]).toBeCloseTo(prior + 0.7, 9);
});

test('less than an hour changes nothing', () => {
  const learner = new Learner(shippedPrior, perDay);
  const coefficients = learner.toState().coefficients.map((value) => value + 1);
  learner.load({ ...learner.toState(), coefficients, squares: coefficients.map(() => 9), bar: 0 });
  const before = learner.toState();
  learner.advance(perDay / 24 - 1);
  expect(learner.toState()).toEqual(before);
});
