// The orchestrator's one row about itself: what is written comes back, and what an older version did not write has a default.
import { expect, test } from 'vitest';
import { orchestratorTurn } from '../../test/support/orchestrator-turn.ts';
import { StateMirror } from '../kernel/state-mirror.ts';
import { ControlState } from './control-state.ts';

const now = Date.parse('2026-03-04T10:00:00Z');

test('what is kept is written as one row, and a restored state equals it', () => {
  const [control, turn, rows] = [new ControlState(), orchestratorTurn(now), new StateMirror()];
  control.restore(rows);
  expect(control.memory).toMatchObject({ mode: 'standby', paused: false, begun_at: null, decisions: 0 });
  control.change({ paused: true });
  expect(turn.puts, 'a change alone is not yet durable').toEqual([]);
  control.keep(turn, { decisions: 1, begun_at: now });
  expect(turn.puts).toHaveLength(1);
  for (const put of turn.puts) rows.apply(put);
  const restored = new ControlState();
  restored.restore(rows);
  expect(restored.memory).toEqual(control.memory);
  expect(restored.memory).toMatchObject({ paused: true, decisions: 1, begun_at: now });
});

test('a row of an earlier version is completed, and a restore forgets what was never written', () => {
  const [control, rows] = [new ControlState(), new StateMirror()];
  const value = { mode: 'crypto', decisions: 7 };
  rows.apply({
    collection: 'agent_memory',
    key: 'orchestrator_ai/control',
    value: { agent: 'orchestrator_ai', value },
  });
  control.change({ pending_cause: 'lost with the process' });
  control.restore(rows);
  expect(control.memory).toMatchObject({ ...value, pending_cause: null, paused_kinds: [] });
});
