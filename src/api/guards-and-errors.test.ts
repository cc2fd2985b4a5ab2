// Who is let in, and what every kind of bad request is answered with.
import { afterEach, expect, test } from 'vitest';
import { type ApiWorld, apiWorld, type WorldOptions } from '../../test/support/api-world.ts';
import { createApi } from './create-api.ts';
import { problemBody } from './problem.ts';

const token = 'correct-horse-battery-staple';
const localHost = 'localhost:8080';
let world: ApiWorld | undefined;
afterEach(async () => {
  await world?.app.close();
  world = undefined;
});

async function open(options: WorldOptions = {}) {
  world = await apiWorld(options);
  return world;
}

interface Request {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD' | 'OPTIONS';
  readonly url: string;
  readonly headers?: Record<string, string>;
  readonly payload?: string;
}

async function ask({ method = 'GET', url, headers = {}, payload }: Request) {
  return await (world as ApiWorld).app.inject({
    method,
    url,
    headers: { host: localHost, ...headers },
    ...(payload === undefined ? {} : { payload }),
  });
}

async function expectProblem(request: Request, status: number, kind: string) {
  const response = await ask(request);
  expect(response.statusCode).toBe(status);
  expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(response.headers['cache-control']).toBe('no-store');
  const problem = problemBody.parse(response.json());
  expect(problem).toMatchObject({ status, type: `urn:ato:problem:${kind}` });
  expect(response.body).not.toMatch(/\bat .*\.(ts|js):\d+/);
  return { response, problem };
}

const json = { 'content-type': 'application/json' };

test.each<[string, Request, number, string]>([
  ['unknown path', { url: '/nothing/here' }, 404, 'not-found'],
  ['unknown decision', { url: '/decisions/none' }, 404, 'not-found'],
  ['wrong method', { method: 'POST', url: '/status' }, 405, 'method-not-allowed'],
  ['wrong method on a pattern', { method: 'DELETE', url: '/decisions/d1' }, 405, 'method-not-allowed'],
  ['reading a command', { url: '/control/start' }, 405, 'method-not-allowed'],
  ['slip in a name', { url: '/decisions?limt=5' }, 400, 'invalid-request'],
  ['a query where none is taken', { url: '/status?verbose=1' }, 400, 'invalid-request'],
  ['a query on a command', { method: 'POST', url: '/trading/halt?now=1' }, 400, 'invalid-request'],
  ['bad limit', { url: '/decisions?limit=ten' }, 400, 'invalid-request'],
  ['limit too high', { url: '/decisions?limit=1001' }, 400, 'invalid-request'],
  ['limit given twice', { url: '/decisions?limit=1&limit=2' }, 400, 'invalid-request'],
  ['unknown mode', { url: '/decisions?mode=casino' }, 400, 'invalid-request'],
  ['bad instant', { url: '/decisions?before=yesterday' }, 400, 'invalid-request'],
  ['no symbol', { url: '/markets/candles' }, 400, 'invalid-request'],
  ['bad symbol', { url: '/markets/candles?symbol=../etc' }, 400, 'invalid-request'],
  ['an id no database could look for', { url: '/decisions/a%00b' }, 400, 'invalid-request'],
  ['undecodable path', { url: '/%E0%A4%A' }, 400, 'invalid-request'],
  ['too long a path part', { url: `/decisions/${'x'.repeat(201)}` }, 404, 'not-found'],
  [
    'malformed JSON',
    { method: 'POST', url: '/control/stop', headers: json, payload: '{"reason":' },
    400,
    'malformed-body',
  ],
  [
    'poisoned JSON',
    { method: 'POST', url: '/control/stop', headers: json, payload: '{"__proto__":{"a":1}}' },
    400,
    'malformed-body',
  ],
  [
    'unknown field',
    { method: 'POST', url: '/control/stop', headers: json, payload: '{"resaon":"x"}' },
    400,
    'invalid-request',
  ],
  [
    'JSON of another kind',
    { method: 'POST', url: '/control/stop', headers: json, payload: '[1]' },
    400,
    'invalid-request',
  ],
  [
    'close without symbol',
    { method: 'POST', url: '/trading/close', headers: json, payload: '{}' },
    400,
    'invalid-request',
  ],
  [
    'close without position',
    { method: 'POST', url: '/trading/close', headers: json, payload: '{"symbol":"EURUSD"}' },
    404,
    'not-found',
  ],
  [
    'body too large',
    { method: 'POST', url: '/control/stop', headers: json, payload: `{"reason":"${'x'.repeat(20_000)}"}` },
    413,
    'body-too-large',
  ],
  [
    'a form of another site',
    { method: 'POST', url: '/control/stop', headers: { 'content-type': 'text/plain' }, payload: '{}' },
    415,
    'unsupported-media-type',
  ],
  [
    'form encoding',
    {
      method: 'POST',
      url: '/control/stop',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'a=1',
    },
    415,
    'unsupported-media-type',
  ],
])('%s', async (_name, request, status, kind) => {
  const { commands } = await open();
  await expectProblem(request, status, kind);
  expect(commands).toEqual([]);
});

test('a problem names the wrong field in words', async () => {
  await open();
  const { problem } = await expectProblem({ url: '/decisions?limit=0' }, 400, 'invalid-request');
  expect(problem.errors).toEqual([{ path: 'querystring/limit', message: 'must be at least 1' }]);
});

test('405 says what is allowed', async () => {
  await open();
  const { response } = await expectProblem(
    { method: 'PUT', url: '/control/start' },
    405,
    'method-not-allowed',
  );
  expect(response.headers.allow).toBe('POST');
});

test('an error inside is a 500 that says nothing of the inside, and the log has it', async () => {
  const { store, logged } = await open();
  store.list = () => Promise.reject(new Error('password=hunter2'));
  const { response } = await expectProblem({ url: '/trading/orders' }, 500, 'internal');
  expect(response.body).not.toContain('hunter2');
  expect(logged.join()).toContain('hunter2');
});

test('more commands than a person gives are refused with the time to wait', async () => {
  await open({ limits: { commandsPerMinute: 2, readsPerMinute: 5 } });
  const command = { method: 'POST', url: '/control/start' } as const;
  for (let count = 0; count < 2; count++) expect((await ask(command)).statusCode).toBe(200);
  const { response } = await expectProblem(command, 429, 'too-many-requests');
  expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
  expect((await ask({ url: '/status' })).statusCode).toBe(200);
});

test('wrong tokens and unknown paths count against the limit, health never does', async () => {
  await open({ dependencies: { apiToken: token }, limits: { readsPerMinute: 2, commandsPerMinute: 1 } });
  const guess = { method: 'POST', url: '/control/stop', headers: { authorization: 'Bearer guess' } } as const;
  await expectProblem(guess, 401, 'unauthorized');
  await expectProblem(guess, 429, 'too-many-requests');
  for (let count = 0; count < 2; count++) await expectProblem({ url: '/none' }, 404, 'not-found');
  await expectProblem({ url: '/none' }, 429, 'too-many-requests');
  expect((await ask({ url: '/health' })).statusCode).toBe(200);
});

test.each(['evil.example', 'localhost.evil.example:8080', 'a b'])(
  'without a token the Host %s is refused',
  async (host) => {
    await open();
    await expectProblem({ url: '/status', headers: { host } }, 403, 'foreign-host');
    await expectProblem({ method: 'POST', url: '/control/stop', headers: { host } }, 403, 'foreign-host');
  },
);

test.each([
  [{ origin: 'https://evil.example' }, 403],
  [{ origin: 'null' }, 403],
  [{ origin: 'http://localhost:9999' }, 403],
  [{ origin: 'not a url' }, 403],
  [{ 'sec-fetch-site': 'cross-site' }, 403],
  [{ 'sec-fetch-site': 'same-site' }, 403],
  [{ origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' }, 200],
  [{}, 200],
])('a command with %j is answered %i', async (headers, status) => {
  const { commands } = await open();
  const response = await ask({
    method: 'POST',
    url: '/trading/halt',
    headers: headers as Record<string, string>,
  });
  expect(response.statusCode).toBe(status);
  expect(commands).toHaveLength(status === 200 ? 1 : 0);
});

test('a foreign Origin is refused even with the right token', async () => {
  await open({ dependencies: { apiToken: token } });
  const headers = { origin: 'https://evil.example', authorization: `Bearer ${token}` };
  await expectProblem({ method: 'POST', url: '/control/stop', headers }, 403, 'foreign-origin');
});

test.each([
  [undefined, 401],
  ['Bearer wrong', 401],
  [`Bearer ${token}x`, 401],
  [`Basic ${token}`, 401],
  [token, 401],
  [`Bearer ${token}`, 200],
  [`bearer ${token}`, 200],
])('a command with authorization %s is answered %i', async (authorization, status) => {
  const { commands } = await open({ dependencies: { apiToken: token } });
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
  const response = await ask({ method: 'POST', url: '/control/start', headers });
  expect(response.statusCode).toBe(status);
  expect(commands).toHaveLength(status === 200 ? 1 : 0);
  if (status === 401) expect(response.headers['www-authenticate']).toMatch(/^Bearer/);
});

test('on loopback reading stays open, but not under a foreign name', async () => {
  await open({ dependencies: { apiToken: token } });
  expect((await ask({ url: '/decisions' })).statusCode).toBe(200);
  await expectProblem({ url: '/decisions', headers: { host: 'evil.example' } }, 401, 'unauthorized');
});

test('elsewhere reading needs the token, except health, the page and the documentation', async () => {
  await open({ dependencies: { apiToken: token, bindAddress: '0.0.0.0' } });
  const host = 'trader.example:8080';
  for (const url of ['/status', '/metrics', '/decisions', '/events', '/trading/positions']) {
    await expectProblem({ url, headers: { host } }, 401, 'unauthorized');
    await expectProblem({ url, headers: { host: localHost } }, 401, 'unauthorized');
  }
  for (const url of ['/health', '/', '/docs/json'])
    expect((await ask({ url, headers: { host } })).statusCode).toBe(200);
  const headers = { host, authorization: `Bearer ${token}` };
  expect((await ask({ url: '/status', headers })).statusCode).toBe(200);
});

test('the token in the address opens the event stream only', async () => {
  await open({ dependencies: { apiToken: token, bindAddress: '0.0.0.0' } });
  await expectProblem({ url: `/status?token=${token}` }, 401, 'unauthorized');
  await expectProblem({ method: 'POST', url: `/control/stop?token=${token}` }, 401, 'unauthorized');
  await expectProblem({ url: '/events?token=wrong' }, 401, 'unauthorized');
});

test('an open door without a token is refused before anything is built', async () => {
  await expect(open({ dependencies: { bindAddress: '0.0.0.0' } })).rejects.toThrow(/API_TOKEN/);
  expect(createApi).toBeTypeOf('function');
});

test('answers carry a policy that lets the page load only from here', async () => {
  await open();
  const { headers } = await ask({ url: '/' });
  expect(headers['content-security-policy']).toContain("default-src 'self'");
  expect(headers['content-security-policy']).not.toMatch(/unsafe|upgrade-insecure/);
  expect(headers['strict-transport-security']).toBeUndefined();
  expect(headers['x-content-type-options']).toBe('nosniff');
});

test('an unknown query parameter is answered with the known ones; what watches may append what it likes', async () => {
  await open();
  const { detail, errors } = (await ask({ url: '/decisions?limt=5&mode=crypto' })).json();
  expect(detail).toBe('This path does not know a query parameter. It takes action, before, limit, mode.');
  expect(errors).toEqual([{ path: 'query.limt', message: 'is not known here' }]);
  expect((await ask({ url: '/status?x=1' })).json().detail).toContain('It takes no query parameters.');
  for (const url of ['/health?probe=1', '/metrics?job=ato', '/?from=mail'])
    expect((await ask({ url })).statusCode, url).toBe(200);
  expect(world?.commands).toEqual([]);
});
