// The best few, as sorting all of them would give.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BestCandidates } from './best-candidates.ts';

test('whatever is offered in whatever order, the best are kept, best last', () => {
  const values = fc.uniqueArray(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { maxLength: 60 });
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 20 }), (offered, keep) => {
      const best = new BestCandidates(keep);
      for (const [subject, value] of offered.entries()) best.offer(subject, value);
      const order = [...offered.keys()].sort((a, b) => (offered[a] ?? 0) - (offered[b] ?? 0));
      expect(best.subjects).toEqual(order.slice(-keep));
    }),
  );
});

test('of equals the later one is popped first', () => {
  const best = new BestCandidates(3);
  for (const subject of [7, 8]) best.offer(subject, 1);
  expect(best.subjects).toEqual([7, 8]);
});
