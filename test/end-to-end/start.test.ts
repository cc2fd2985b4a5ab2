// The real program from outside: start, look at everything it promises, command it, stop it, start it again.
// The tests of this file are one story and run in order.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPgliteReader } from '../../src/adapters/store/pglite/open-reader.ts';
import { collectionNames } from '../../src/shared/bus/collections.ts';
import { readJournalLine } from '../../src/shared/bus/journal-line.ts';
import { settingNames } from '../../src/shared/config/settings.ts';
import { metricsOfApiDocument, pathsOfApiDocument } from '../support/api-document.ts';
import { eventually } from '../support/eventually.ts';
import { Installation, projectFolder, runAto } from '../support/system-process.ts';

const token = 'token-SEKRET0-open-sesame-0123456789';
/** Nobody's keys; each is looked for in everything that the program writes or says. */
const secrets: Readonly<Record<string, string>> = {
  API_TOKEN: token,
  GROQ_API_KEY: 'gsk_SEKRET1groq0123456789',
  OPENAI_API_KEY: 'sk-SEKRET2openai0123456789',
  ANTHROPIC_API_KEY: 'sk-ant-SEKRET3anthropic0123456789',
  TRADERMADE_API_KEY: 'SEKRET4tradermade0123456789',
  BIRDEYE_API_KEY: 'SEKRET5birdeye0123456789',
  TELEGRAM_BOT_TOKEN: '123456:SEKRET6telegram0123456789',
};
const stopWithinMs = 10_000;

const system = new Installation({
  ...secrets,
  TELEGRAM_CHAT_ID: '4242',
  LOG_LEVEL: 'DEBUG',
  ATO_SEED: '5',
  ATO_MARKET_SPEED: '1200',
  ATO_STRATEGY_FILE: path.join(projectFolder, 'test', 'crash', 'busy-strategy.ts'),
});
const withToken = { authorization: `Bearer ${token}` };
/** Everything that anybody was told, for the search for secrets at the end. */
const heard: string[] = [];
const dataArguments = ['--data', system.settings.DATA_DIR ?? ''];

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

async function ask(method: string, route: string, body?: unknown, headers = {}): Promise<Answer> {
  const response = await fetch(`${system.base}${route}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    signal: AbortSignal.timeout(5_000),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  heard.push(text, JSON.stringify([...response.headers]));
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, type, text, json: type.includes('json') ? JSON.parse(text) : {} };
}

const get = async (route: string) => (await ask('GET', route)).json;
const command = (route: string, body: unknown = {}) => ask('POST', route, body, withToken);

async function ato(...args: string[]) {
  const result = await runAto(args, system.settings, system.folder);
  heard.push(result.stdout, result.stderr);
  return result;
}

/** The newest row of a list that must not stay empty. */
async function newest(route: string, list: string): Promise<Record<string, unknown>> {
  return eventually(
    `a row of ${route}`,
    async () => ((await get(route))[list] as Record<string, unknown>[] | undefined)?.[0],
  );
}

/** Ends it and says how; the story's end is the test's. */
async function stop(): Promise<void> {
  const begun = performance.now();
  expect(await system.end('SIGTERM'), system.output).toBe(0);
  expect(performance.now() - begun).toBeLessThan(stopWithinMs);
  heard.push(system.output);
}

beforeAll(async () => {
  await system.start();
});
afterAll(() => system.remove());

describe('a first start', () => {
  test('says where it can be reached and that its prices are not real', () => {
    expect(system.output).toContain(`page       ${system.base}/`);
    expect(system.output).toContain(`API        ${system.base}/docs`);
    expect(system.output).toContain(`embedded, in ${system.settings.DATA_DIR}`);
    expect(system.output).toContain('synthetic: SIMULATED prices');
    expect(system.output).toContain('SYNTHETIC MARKET DATA');
  });

  test('every documented path answers as documented, and nothing else exists', async () => {
    const decision = await newest('/decisions?limit=1', 'decisions');
    await newest('/trading/orders?limit=1', 'orders');
    for (const documented of pathsOfApiDocument().filter(({ method }) => method === 'GET')) {
      if (documented.path === '/events') continue;
      const known = documented.path.replace(':id', String(decision.id));
      const query = documented.path === '/markets/candles' ? '?symbol=BTCUSDT' : '';
      const answer = await ask('GET', known + query);
      expect(answer.status, documented.path).toBe(200);
      const type = { '/metrics': 'text/plain', '/': 'text/html' }[documented.path] ?? 'application/json';
      expect(answer.type, documented.path).toContain(type);
      if (documented.path.includes(':id'))
        expect((await ask('GET', documented.path.replace(':id', 'nobody'))).status).toBe(404);
    }
    const described = (await get('/docs/json')).paths as Record<string, Record<string, unknown>>;
    const inDocument = pathsOfApiDocument()
      .filter(({ path: name }) => name !== '/')
      .map(({ method, path: name }) => `${method} ${name.replace(/:(\w+)/g, '{$1}')}`);
    const inOpenApi = Object.entries(described).flatMap(([name, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${name}`),
    );
    expect(inOpenApi.sort()).toEqual(inDocument.sort());
  });

  test('bad requests get a problem, never a stack trace', async () => {
    const bad: readonly (readonly [number, Promise<Answer>])[] = [
      [400, ask('GET', '/decisions?limit=0')],
      [400, ask('GET', '/markets/candles')],
      [400, ask('POST', '/trading/halt', { nobody: 'knows this' }, withToken)],
      [401, ask('POST', '/control/stop', {})],
      [401, ask('POST', '/control/stop', {}, { authorization: 'Bearer wrong' })],
      [404, ask('GET', '/nowhere')],
      [404, ask('GET', '/../../etc/passwd')],
      [401, ask('DELETE', '/decisions')],
      [405, ask('DELETE', '/decisions', undefined, withToken)],
    ];
    for (const [status, request] of bad) {
      const answer = await request;
      expect(answer.status, answer.text).toBe(status);
      expect(answer.type).toContain('application/problem+json');
      expect(answer.text).not.toMatch(/\bat .*\.[jt]s:\d+|node_modules/);
    }
  });

  test('metrics carry the documented names and true figures', async () => {
    const { text } = await ask('GET', '/metrics');
    const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
    const documented = metricsOfApiDocument().filter((name) => !name.endsWith('_'));
    expect(documented.length).toBeGreaterThan(25);
    const exposed = new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map((match) => match[1]));
    expect(documented.filter((name) => !exposed.has(name))).toEqual([]);
    expect(value('api_health_synthetic')).toBe(1);
    expect(value('orchestrator_running')).toBe(1);
    expect(value('orchestrator_system_load')).toBeGreaterThanOrEqual(0);
    const before = Number((await get('/decisions?limit=1')).total);
    await command('/control/force-decision');
    const after = Number(
      /^orchestrator_decisions_total (\d+)$/m.exec((await ask('GET', '/metrics')).text)?.[1],
    );
    expect(after).toBeGreaterThan(before);
  });

  test('the page and all that it loads come from the same process', async () => {
    const page = await eventually('the built page', async () => {
      const answer = await ask('GET', '/');
      return answer.text.includes('<script') ? answer : undefined;
    });
    expect(page.text.toLowerCase()).toContain('<!doctype html>');
    const assets = [...page.text.matchAll(/(?:src|href)="([^"#]+)"/g)].map((match) => match[1] ?? '');
    expect(assets.length).toBeGreaterThan(1);
    for (const asset of assets) {
      const answer = await ask('GET', new URL(asset, `${system.base}/`).pathname);
      expect(answer.status, asset).toBe(200);
      expect(answer.type, asset).toMatch(/javascript|css|svg/);
    }
  });

  test('a forced decision is new, says who asked, and can be read and explained while it runs', async () => {
    const answer = await command('/control/force-decision', { by: 'Ann', reason: 'wants to see' });
    expect(answer.status).toBe(200);
    const decision = answer.json.decision as { id: string; trigger: string; reasoning: string };
    expect(decision.trigger).toBe('operator');
    expect((await get(`/decisions/${decision.id}`)).trigger).toBe('operator');
    const again = (await command('/control/force-decision')).json.decision as { id: string };
    expect(again.id).not.toBe(decision.id);
    const told = await ato('explain', decision.id);
    expect(told.code, told.stderr).toBe(0);
    expect(told.stdout).toContain(decision.id);
    expect(told.stdout).toContain(decision.reasoning);
    expect((await ato('explain', 'decision-nobody')).code).toBe(1);
  });

  test('stop and start are obeyed and seen', async () => {
    await command('/control/stop', { by: 'Ann' });
    expect(await get('/orchestrator/status')).toMatchObject({ running: false });
    expect((await ask('GET', '/metrics')).text).toMatch(/^orchestrator_running 0$/m);
    await command('/control/start', { by: 'Ann' });
    expect(await get('/status')).toMatchObject({ running: true });
  });

  test('the event stream greets and then tells a decision as it is made', async () => {
    const aborting = new AbortController();
    const response = await fetch(`${system.base}/events`, { signal: aborting.signal });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    const readUntil = async (wanted: string) => {
      while (!text.includes(wanted)) text += Buffer.from((await reader.read()).value ?? []).toString();
    };
    await readUntil('event: hello');
    const { decision } = (await command('/control/force-decision')).json as { decision: { id: string } };
    await readUntil(decision.id);
    expect(text).toContain('event: decision');
    heard.push(text);
    aborting.abort();
  });

  test('a halt stops new orders', async () => {
    const answer = await command('/trading/halt', { by: 'Ann', reason: 'news' });
    expect(answer.json.trading_state).toMatchObject({ state: 'halted', by: 'Ann', reason: 'news' });
  });

  test('SIGTERM ends it with 0, even while somebody listens', async () => {
    const listener = await fetch(`${system.base}/events`);
    await Promise.all([stop(), listener.text().catch(() => undefined)]);
    expect(system.output).toContain('SIGTERM: stopping');
  });
});

describe('after the stop', () => {
  const record = { sequence: 0, orderId: '', story: '' };

  test('the journal verifies, and begins with a first start', async () => {
    const verified = await ato('journal', 'verify', ...dataArguments, '--json');
    expect(verified.code, verified.stderr).toBe(0);
    const report = JSON.parse(verified.stdout) as { reproduces: boolean; inputs: number };
    expect(report.reproduces).toBe(true);
    record.sequence = report.inputs;
    expect(await starts()).toEqual([{ first_start: true }]);
  });

  test('an order explains itself from decision to settlement', async () => {
    const reader = await openPgliteReader({ folder: system.settings.DATA_DIR ?? '' });
    const fills = await reader.list('fills', { limit: 1 });
    await reader.close();
    record.orderId = fills[0]?.client_order_id ?? '';
    const told = await ato('explain', record.orderId);
    expect(told.code, told.stderr).toBe(0);
    for (const part of ['decision', 'signal', 'order', 'filled'])
      expect(told.stdout.toLowerCase()).toContain(part);
    record.story = told.stdout;
  });

  test('logs are JSON lines', () => {
    const lines = logTexts().flatMap((text) => text.trim().split('\n'));
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines)
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number), time: expect.any(String) });
    expect(lines.join('\n')).toContain('"msg":"stopped"');
  });

  test('a second start continues: journal, halt and history', async () => {
    const first = await newestDecisionId();
    await system.start();
    expect(system.output).toContain(`continuing after input ${record.sequence}`);
    // The first turn of the new life may still be on its way to the disk.
    const status = await eventually('a commit of the second life', async () => {
      const told = await get('/status');
      return (told.journal as { sequence: number }).sequence > record.sequence ? told : undefined;
    });
    expect(status.trading_state).toMatchObject({ state: 'halted', reason: 'news' });
    expect((await ask('GET', `/decisions/${first}`)).status).toBe(200);
    // What the first life told about an order, the running process tells too, and perhaps its end.
    const told = await ato('explain', record.orderId);
    expect(told.stdout).toContain(record.story.split('\n')[0] ?? '-');
    const resumed = await command('/trading/resume', { by: 'Ann', reason: 'news is over' });
    expect(resumed.json.trading_state).toMatchObject({ state: 'active' });
    await stop();
    expect(await starts()).toEqual([{ first_start: true }, { first_start: false }]);
    expect((await ato('journal', 'verify', ...dataArguments)).code).toBe(0);
  });

  test('no secret is in logs, answers, prints, journal, tables or database files', async () => {
    const doctor = await ato('doctor', '--json');
    expect(doctor.stdout).toContain('(set, hidden)');
    const said = [...heard, system.output, ...logTexts(), ...(await everythingStored())].join('\n');
    expect(said.length).toBeGreaterThan(100_000);
    const files = readdirSync(system.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(path.join(entry.parentPath, entry.name)));
    expect(files.length).toBeGreaterThan(100);
    expect(Object.keys(secrets).every((name) => (settingNames as string[]).includes(name))).toBe(true);
    for (const [name, secret] of Object.entries(secrets)) {
      expect(said.includes(secret), `${name} was said`).toBe(false);
      expect(
        files.some((bytes) => bytes.includes(secret)),
        `${name} is in a file`,
      ).toBe(false);
    }
  });
});

function logTexts(): string[] {
  const folder = system.settings.LOG_DIR ?? '';
  return readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8'));
}

/** What each kernel.started of the journal says about being the first. */
async function starts(): Promise<{ first_start: boolean }[]> {
  const reader = await openPgliteReader({ folder: system.settings.DATA_DIR ?? '' });
  const found: { first_start: boolean }[] = [];
  for await (const chunk of reader.journal(0))
    for (const { line } of chunk) {
      const input = readJournalLine(line)?.input;
      if (input?.message_type === 'kernel.started')
        found.push({ first_start: (input.data as { first_start: boolean }).first_start });
    }
  await reader.close();
  return found;
}

async function newestDecisionId(): Promise<string> {
  const reader = await openPgliteReader({ folder: system.settings.DATA_DIR ?? '' });
  const decisions = await reader.list('decisions', { limit: 1 });
  await reader.close();
  return decisions[0]?.id ?? '';
}

/** Text of every row and journal line: the database's files may hold long values compressed. */
async function everythingStored(): Promise<string[]> {
  const reader = await openPgliteReader({ folder: system.settings.DATA_DIR ?? '' });
  const texts: string[] = [];
  for (const name of collectionNames) texts.push(JSON.stringify(await reader.list(name, { limit: 100_000 })));
  for await (const chunk of reader.journal(0)) texts.push(...chunk.map((entry) => entry.line));
  await reader.close();
  return texts;
}
