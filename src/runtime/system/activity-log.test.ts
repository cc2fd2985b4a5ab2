// The activity log: what the agents did is there once, under its correlation id; ticks and quotes are not.
import { expect, test } from 'vitest';
import {
  candle,
  decision,
  heal,
  incident,
  order,
  position,
  refusal,
  signal,
  startAt,
  task,
} from '../../../test/support/api-rows.ts';
import { message } from '../../../test/support/api-world.ts';
import { writeActivity } from './activity-log.ts';

function written(messages: Parameters<typeof writeActivity>[1]): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  writeActivity({ info: (fields: object) => lines.push({ ...fields }) } as never, messages);
  return lines;
}

test('one line each, with type, origin, correlation and the words of it', () => {
  const lines = written([
    message('decision', decision()),
    message('signal', signal()),
    message('trading.refused', refusal()),
    message('trading.order_changed', order({ state: 'filled' })),
    message('trading.position_changed', position()),
    message('task.changed', task({ state: 'running' })),
    message('health.incident', incident()),
    message('health.heal', heal()),
    message('operator.command', { command: 'halt', by: 'Ann', reason: 'news', symbol: null, dry_run: false }),
  ]);
  expect(lines).toHaveLength(9);
  expect(lines.every((line) => typeof line.correlation_id === 'string' && line.from === 'kernel')).toBe(true);
  expect(lines.map((line) => line.type)).toContain('trading.refused');
  expect(lines[0]).toMatchObject({
    decision_id: 'd1',
    reasoning: 'London is open and crypto is calm',
    tasks: 1,
  });
  expect(lines[3]).toMatchObject({ order_id: 'o1', state: 'filled', signal_id: 's1' });
  expect(lines[8]).toMatchObject({ command: 'halt', by: 'Ann', reason: 'news' });
});

test('market data and measurements are left out', () => {
  const event = { source: 's', kind: 'live', candle: candle(startAt), happened_at: 1, known_at: 1 } as const;
  expect(written([message('market.candle', event)])).toEqual([]);
  expect(written([message('market.quotes', { source: 's', quotes: [], known_at: 1 })])).toEqual([]);
});
