import { expect, test } from 'vitest';
import type { SourceState, SourceStatus } from '../../shared/domain/source-status.ts';
import { SourceStates } from './source-states.ts';

function status(source: string, state: SourceState): SourceStatus {
  return { source, state, health: 0, detail: '', latencyMs: null, lastDataAt: null, at: 0 };
}

test('an error is counted when a source stops working, not for as long as it does not', () => {
  const states = new SourceStates();
  const said = (['degraded', 'live', 'live', 'blind', 'stale', 'unreachable', 'live', 'stale'] as const).map(
    (state) => states.note(status('a', state)),
  );
  expect(said).toEqual([true, true, false, true, true, true, true, true]);
  expect(states.errors('a')).toBe(2);
  expect(states.status('a')?.state).toBe('stale');
  states.note(status('b', 'unreachable'));
  expect([states.errors('b'), states.errors('c')]).toEqual([1, 0]);
  expect(states.all().map(({ source }) => source)).toEqual(['a', 'b']);
});
