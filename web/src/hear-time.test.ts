import { expect, test } from 'vitest';
import { hearTime } from './hear-time.ts';
import { emptyDashboard } from './store.ts';

const browserNow = Date.parse('2026-01-01T00:00:00Z');
const ahead = (data: unknown, from = emptyDashboard) =>
  hearTime(from, data, browserNow).connection.serverAheadMs;

test('an event from the browser’s future moves the server’s clock on, an older one leaves it', () => {
  expect(ahead({ symbol: 'BTCUSDT', happened_at: '2026-01-01T01:00:00.000Z' })).toBe(3_600_000);
  expect(ahead({ at: '2026-01-01T00:00:05.000Z' })).toBe(5_000);
  const moved = hearTime(emptyDashboard, { at: '2026-01-01T00:00:05.000Z' }, browserNow);
  expect(hearTime(moved, { at: '2026-01-01T00:00:04.000Z' }, browserNow)).toBe(moved);
});

test.each([undefined, null, 7, 'x', [], {}, { at: null }, { at: 'never' }, { happened_at: {} }])(
  'an event that tells no time changes nothing: %j',
  (data) => {
    expect(hearTime(emptyDashboard, data, browserNow)).toBe(emptyDashboard);
  },
);
