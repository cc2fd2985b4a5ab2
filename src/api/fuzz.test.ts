// Whatever comes in, the answer is never a 5xx and every refusal is a problem.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiWorld, apiWorld } from '../../test/support/api-world.ts';
import { problemBody } from './problem.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await apiWorld({ limits: { readsPerMinute: 1e9, commandsPerMinute: 1e9 } });
});
afterAll(() => world.app.close());

const paths = [
  '/health',
  '/status',
  '/decisions',
  '/decisions/d1',
  '/workflows/available',
  '/orchestrator/status',
  '/orchestrator/schedule',
  '/orchestrator/learning',
  '/trading/positions',
  '/trading/orders',
  '/trading/equity',
  '/trading/fills',
  '/trading/refusals',
  '/analyst/signals',
  '/tasks',
  '/health/system',
  '/health/incidents',
  '/health/heals',
  '/markets/sources',
  '/markets/instruments',
  '/markets/candles',
];
const names = [
  'limit',
  'mode',
  'action',
  'before',
  'symbol',
  'state',
  'kind',
  'open',
  'code',
  'timeframe',
  '__proto__',
];
const values = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer().map(String),
  fc.double().map(String),
  fc.constantFrom(
    '',
    'true',
    'null',
    'NaN',
    '1e999',
    '-0',
    '0x10',
    '2026-01-05T10:00:00Z',
    '8640000000000001',
    'hybrid',
    'BTCUSDT',
    '\u0000',
  ),
);

function expectNoFault(response: {
  statusCode: number;
  body: string;
  headers: Record<string, unknown>;
}): void {
  expect(response.statusCode).toBeLessThan(500);
  if (response.statusCode < 400) return;
  expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(problemBody.parse(JSON.parse(response.body)).status).toBe(response.statusCode);
}

test('property: any query on any reading path', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      fc.array(fc.tuple(fc.oneof(fc.constantFrom(...names), fc.string({ unit: 'binary' })), values), {
        maxLength: 4,
      }),
      async (path, query) => {
        const text = query
          .map(
            ([name, value]) =>
              `${encodeURIComponent(name.toWellFormed())}=${encodeURIComponent(value.toWellFormed())}`,
          )
          .join('&');
        expectNoFault(await world.app.inject({ url: `${path}?${text}`, headers: { host: 'localhost' } }));
      },
    ),
    { numRuns: 500 },
  );
});

test('property: any path', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.webPath(),
      fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'),
      async (path, method) => {
        const response = await world.app.inject({
          method: method as 'GET',
          url: path === '' ? '/' : path,
          headers: { host: 'localhost' },
        });
        expect(response.statusCode).toBeLessThan(500);
      },
    ),
    { numRuns: 300 },
  );
});

test('property: any body on any command, and only readable ones become commands', async () => {
  const commands = ['/control/start', '/trading/halt', '/trading/close', '/health/auto-heal?dry_run=true'];
  const bodies = fc.oneof(
    fc.json(),
    fc.string(),
    fc.record({ symbol: values, reason: values }, { requiredKeys: [] }).map((body) => JSON.stringify(body)),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...commands), bodies, async (url, payload) => {
      const before = world.commands.length;
      const headers = { host: 'localhost', 'content-type': 'application/json' };
      const response = await world.app.inject({ method: 'POST', url, headers, payload });
      expectNoFault(response);
      expect(world.commands.length - before).toBe(response.statusCode === 200 ? 1 : 0);
    }),
    { numRuns: 300 },
  );
});

test('property: any headers', async () => {
  const printable = fc.string({ unit: 'grapheme-ascii', maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(
      printable,
      printable,
      printable,
      printable,
      async (host, origin, authorization, site) => {
        const headers = {
          host: host.trim() === '' ? 'localhost' : host,
          origin,
          authorization,
          'sec-fetch-site': site,
        };
        for (const [method, url] of [
          ['GET', '/status'],
          ['POST', '/trading/halt'],
        ] as const)
          expectNoFault(await world.app.inject({ method, url, headers }));
      },
    ),
    { numRuns: 200 },
  );
});
