// The page's files and the OpenAPI document.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ApiWorld, apiWorld } from '../../test/support/api-world.ts';

let world: ApiWorld;
let base: string;
let page: string;
beforeEach(() => {
  base = mkdtempSync(path.join(tmpdir(), 'ato-page-'));
  page = path.join(base, 'dist');
  mkdirSync(path.join(page, 'assets'), { recursive: true });
  writeFileSync(path.join(base, 'secret.txt'), 'secret');
  writeFileSync(path.join(page, '.hidden'), 'hidden');
});
afterEach(async () => {
  await world.app.close();
  rmSync(base, { recursive: true });
});

const get = (url: string) => world.app.inject({ url, headers: { host: 'localhost' } });

function build(): void {
  writeFileSync(path.join(page, 'index.html'), '<!doctype html><title>built</title>');
  writeFileSync(path.join(page, 'assets', 'index-Ab12Cd34.js'), 'export {};');
}

test('without a page the address says how to build it, and the page appears once it is built', async () => {
  world = await apiWorld({ dependencies: { pageFolder: () => page } });
  const missing = await get('/');
  expect(missing.statusCode).toBe(200);
  expect(missing.body).toContain('npm run web:build');
  build();
  const built = await get('/');
  expect(built.body).toContain('<title>built</title>');
  expect(built.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
  });
});

test('hashed files may be kept for ever, a missing one may not', async () => {
  build();
  world = await apiWorld({ dependencies: { pageFolder: page } });
  const script = await get('/assets/index-Ab12Cd34.js');
  expect(script.headers['content-type']).toMatch(/javascript/);
  expect(script.headers['cache-control']).toContain('immutable');
  const gone = await get('/assets/index-Zz99Zz99.js');
  expect(gone.statusCode).toBe(404);
  expect(gone.headers['cache-control']).toBe('no-store');
  expect(gone.json().type).toBe('urn:ato:problem:not-found');
});

test.each([
  '/../secret.txt',
  '/..%2fsecret.txt',
  '/%2e%2e/secret.txt',
  '/assets/..%5c..%5csecret.txt',
  '/.hidden',
  '/assets',
])('nothing outside the folder and nothing hidden is served: %s', async (url) => {
  build();
  world = await apiWorld({ dependencies: { pageFolder: page } });
  const response = await get(url);
  expect(response.statusCode).toBeGreaterThanOrEqual(400);
  expect(response.statusCode).toBeLessThan(500);
  expect(response.body).not.toMatch(/^(secret|hidden)/);
});

interface OpenApi {
  readonly openapi: string;
  readonly paths: Record<
    string,
    Record<string, { readonly summary?: string; readonly responses: Record<string, unknown> }>
  >;
  readonly components: { readonly schemas: Record<string, unknown> };
}

test('the OpenAPI document names every path with a summary, and all its references resolve', async () => {
  world = await apiWorld();
  const text = (await get('/docs/json')).body;
  const document = JSON.parse(text) as OpenApi;
  expect(document.openapi).toMatch(/^3\.1/);
  expect(Object.keys(document.paths).sort()).toEqual([
    '/alerts/alertmanager',
    '/analyst/signals',
    '/control/force-decision',
    '/control/mode',
    '/control/start',
    '/control/stop',
    '/decisions',
    '/decisions/{id}',
    '/events',
    '/explain/{id}',
    '/health',
    '/health/auto-heal',
    '/health/heals',
    '/health/incidents',
    '/health/report',
    '/health/system',
    '/markets/calendar',
    '/markets/candidates',
    '/markets/candles',
    '/markets/instruments',
    '/markets/news',
    '/markets/sentiment',
    '/markets/sessions',
    '/markets/sources',
    '/metrics',
    '/orchestrator/learning',
    '/orchestrator/schedule',
    '/orchestrator/status',
    '/status',
    '/tasks',
    '/tasks/{kind}/pause',
    '/tasks/{kind}/resume',
    '/tasks/{kind}/run',
    '/trading/close',
    '/trading/close-all',
    '/trading/equity',
    '/trading/fills',
    '/trading/halt',
    '/trading/orders',
    '/trading/positions',
    '/trading/reduce-only',
    '/trading/refusals',
    '/trading/resume',
    '/workflows/available',
    '/workflows/callback/{taskId}',
    '/workflows/tasks/{taskId}/perform',
  ]);
  for (const methods of Object.values(document.paths))
    for (const operation of Object.values(methods)) {
      expect(operation.summary).toBeTruthy();
      expect(Object.keys(operation.responses).length).toBeGreaterThan(1);
    }
  for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
    expect(document.components.schemas).toHaveProperty([name!]);
});

test('the documentation page loads with a policy of its own', async () => {
  world = await apiWorld();
  const response = await get('/docs/');
  expect(response.statusCode).toBe(200);
  expect(response.headers['content-security-policy']).toContain("default-src 'self'");
  expect((await get('/docs/static/swagger-ui.css')).statusCode).toBe(200);
});
