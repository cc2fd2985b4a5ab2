// GET /markets/sessions over the real server.
import { afterEach, expect, test } from 'vitest';
import { facts } from '../../test/support/api-views.ts';
import { type ApiWorld, apiWorld } from '../../test/support/api-world.ts';
import { sessionsBody } from './schemas/session-bodies.ts';

let world: ApiWorld;
afterEach(() => world.app.close());

async function get(query: string) {
  world = await apiWorld();
  const response = await world.app.inject({
    url: `/markets/sessions${query}`,
    headers: { host: 'localhost:8080' },
  });
  return { status: response.statusCode, body: response.json() };
}

test('says what is open, what overlaps and what changes next', async () => {
  const { status, body } = await get('?at=2026-03-11T12:30:00Z');
  expect(status).toBe(200);
  expect(sessionsBody.parse(body)).toEqual({
    at: '2026-03-11T12:30:00.000Z',
    open: ['london', 'newyork'],
    overlaps: [
      {
        sessions: ['london', 'newyork'],
        from: '2026-03-11T12:00:00.000Z',
        until: '2026-03-11T17:00:00.000Z',
      },
    ],
    market: 'open',
    holiday: null,
    next_change: {
      at: '2026-03-11T17:00:00.000Z',
      in_seconds: 16_200,
      opens: [],
      closes: ['london'],
      open: ['newyork'],
      market: 'open',
    },
  });
});

test('speaks of now when no instant is named', async () => {
  const { body } = await get('');
  expect(body.at).toBe(new Date(facts().now).toISOString());
});

test.each([
  '?at=yesterday',
  '?at=2026-13-01T00:00:00Z',
  '?at=2026-02-30T00:00:00Z',
  '?at=2026-03-11T12:30:00',
  '?at=1200-01-01T00:00:00Z',
  '?at=9999-01-01T00:00:00Z',
  '?at=',
])('refuses %s', async (query) => {
  const { status, body } = await get(query);
  expect(status).toBe(400);
  expect(body.errors?.[0]?.message ?? body.detail).toMatch(/ISO 8601|between/);
});
