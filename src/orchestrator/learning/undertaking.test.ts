// What a decision promises: the worth it leaves unseen counts against its confidence, what it looks at does not.
import { expect, test } from 'vitest';
import { testSettings } from '../../../test/support/orchestrator-world.ts';
import type { LookRecord } from '../../shared/domain/look.ts';
import { sessionCalendar } from '../../shared/domain/sessions.ts';
import { Observations } from '../observations.ts';
import { takeSnapshot, universeOf } from '../snapshot.ts';
import { Learning } from './learning.ts';
import { undertakingOf } from './undertaking.ts';

const now = Date.parse('2026-03-04T10:00:00Z');
const snapshot = takeSnapshot(
  ...([new Observations(), universeOf(testSettings), sessionCalendar(), 0, now, 'none'] as const),
);
const insight = new Learning({ influences: true, hindsightMs: 1 }).insight(snapshot, 'crypto');
const lookable = {
  accountable: ['crypto'] as const,
  waiting: new Map([
    ['BTCUSDT', 0.4],
    ['ETHUSDT', 0.3],
  ]),
  classOf: () => 'crypto' as const,
};
const look = (symbol: string) => ({ symbol }) as LookRecord;

test('only what is waiting at symbols that no task looks at is left unseen', () => {
  const inputsFor = (left: number) => insight.inputs(['crypto-normal-scan'], left, 0);
  const under = (...symbols: string[]) =>
    undertakingOf(
      insight,
      snapshot,
      [{ kind: 'crypto-normal-scan', looks: symbols.map((symbol) => look(symbol)) }],
      lookable,
    );
  expect(under().inputs).toEqual(inputsFor(0.7));
  expect(under('BTCUSDT').inputs).toEqual(inputsFor(0.3));
  expect(under('BTCUSDT', 'ETHUSDT').inputs).toEqual(inputsFor(0));
  expect(inputsFor(0), 'what is left unseen matters').not.toEqual(inputsFor(0.7));
});

test('a decision to run nothing is accountable for what it could have looked at', () => {
  const { kinds, looks, accountable } = undertakingOf(insight, snapshot, [], lookable);
  expect({ kinds, looks, accountable }).toEqual({ kinds: [], looks: [], accountable: ['crypto'] });
});
