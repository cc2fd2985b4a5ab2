// Every reading path: its answer matches its documented schema and says what the store and the stream said.
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import {
  candle,
  decision,
  equity,
  filledStore,
  position,
  putRows,
  startAt,
} from '../../test/support/api-rows.ts';
import { facts } from '../../test/support/api-views.ts';
import { type ApiWorld, apiWorld, type WorldOptions } from '../../test/support/api-world.ts';
import { storyBody } from './routes/explain-routes.ts';
import { decisionBody, signalBody, taskBody } from './schemas/decision-bodies.ts';
import { candleBody, healBody, incidentBody, sourceBody } from './schemas/health-bodies.ts';
import { instrumentBody } from './schemas/instrument-bodies.ts';
import { learningBody } from './schemas/learning-bodies.ts';
import {
  healthBody,
  orchestratorStatusBody,
  statusBody,
  systemHealthBody,
  workflowBody,
} from './schemas/overview-bodies.ts';
import { scheduleBody } from './schemas/schedule-bodies.ts';
import { equityBody, fillBody, orderBody, positionBody, refusalBody } from './schemas/trading-bodies.ts';

let world: ApiWorld;
afterEach(() => world.app.close());

async function open(options: WorldOptions = {}): Promise<void> {
  world = await apiWorld(options);
}

async function get(url: string) {
  const response = await world.app.inject({ url, headers: { host: 'localhost:8080' } });
  return { status: response.statusCode, body: response.json(), headers: response.headers };
}

const list = (name: string, row: z.ZodType) => z.object({ [name]: z.array(row).min(1) });

test.each([
  ['/health', healthBody],
  ['/status', statusBody],
  ['/decisions', list('decisions', decisionBody)],
  ['/decisions?limit=1&mode=hybrid&action=execute_trading_strategy', list('decisions', decisionBody)],
  ['/decisions/d1', decisionBody],
  ['/explain/d1', storyBody],
  ['/workflows/available', list('workflows', workflowBody)],
  ['/orchestrator/status', orchestratorStatusBody],
  ['/orchestrator/schedule', scheduleBody],
  ['/orchestrator/learning', learningBody],
  ['/trading/positions', list('positions', positionBody)],
  ['/trading/positions?state=closed&symbol=ethusdt', list('positions', positionBody)],
  ['/trading/orders?open=true&state=pending_submit', list('orders', orderBody)],
  ['/trading/fills?symbol=BTCUSDT', list('fills', fillBody)],
  ['/trading/refusals?code=max_open_positions', list('refusals', refusalBody)],
  ['/trading/equity', list('equity', equityBody)],
  ['/analyst/signals?action=BUY', list('signals', signalBody)],
  ['/tasks?kind=crypto-normal-scan&state=queued', list('tasks', taskBody)],
  ['/health/system', systemHealthBody],
  ['/health/incidents?open=true', list('incidents', incidentBody)],
  ['/health/heals', list('heals', healBody)],
  ['/markets/sources', list('sources', sourceBody)],
  ['/markets/instruments', list('instruments', instrumentBody)],
  ['/markets/instruments?symbol=xauusd', list('instruments', instrumentBody)],
  ['/markets/candles?symbol=BTCUSDT', list('candles', candleBody)],
])('%s answers in its documented shape', async (url, schema) => {
  await open();
  world.say('market.candle', {
    source: 'synthetic',
    kind: 'simulated',
    candle: candle(60_000),
    happened_at: 1,
    known_at: 1,
  });
  const { status, body, headers } = await get(url);
  expect(status).toBe(200);
  expect(headers['content-type']).toMatch(/^application\/json/);
  expect(headers['cache-control']).toBe('no-store');
  schema.parse(body);
});

test('the filters reach the store', async () => {
  await open();
  expect((await get('/decisions?mode=standby')).body.decisions).toEqual([]);
  expect((await get('/trading/positions?state=all')).body.positions).toHaveLength(2);
  expect((await get('/trading/positions')).body.positions).toHaveLength(1);
  expect((await get('/health/incidents?open=false')).body.incidents).toHaveLength(1);
  expect((await get('/analyst/signals?symbol=EURUSD')).body.signals).toEqual([]);
});

test('status says loudly that prices are simulated, and never shows a secret', async () => {
  await open();
  const { body } = await get('/status');
  expect(body.notice).toMatch(/SIMULATED/);
  expect(body.settings.API_TOKEN).toBe('(set, hidden)');
  expect(body).toMatchObject({ mode: 'hybrid', running: true, decisions_total: 1, open_positions: 1 });
});

test('status follows the stream', async () => {
  await open({ dependencies: { runtime: () => facts({ running: null }) } });
  expect((await get('/status')).body.running).toBe(true);
  world.say('decision', decision({ id: 'd1b', mode: 'standby', previous_mode: 'standby' }));
  expect((await get('/status')).body.running).toBeNull();
  world.say('operator.command', { command: 'stop', by: 'x', reason: 'y', symbol: null, dry_run: false });
  world.say('decision', decision({ id: 'd2', mode: 'standby', previous_mode: 'hybrid' }));
  world.say('health.summary', {
    system_load: 0.9,
    source_health: {},
    open_incidents: 0,
    critical_incidents: 0,
  });
  expect((await get('/status')).body).toMatchObject({
    running: false,
    mode: 'standby',
    system_load: 0.9,
    decisions_total: 3,
    mode_switches_total: 1,
  });
  expect((await get('/orchestrator/status')).body.last_decision.id).toBe('d2');
});

test('decisions page backwards without gap or double', async () => {
  const store = await filledStore();
  await putRows(
    store,
    'decisions',
    Array.from({ length: 25 }, (_, index) => [
      `x${index}`,
      decision({ id: `x${index}`, at: startAt + index * 1_000 }),
    ]),
  );
  await open({ store });
  const seen: string[] = [];
  let before: string | null = '2030-01-01T00:00:00Z';
  while (before !== null) {
    const { body } = await get(`/decisions?limit=10&before=${before}`);
    seen.push(...body.decisions.map((row: { id: string }) => row.id));
    before = body.next_before;
  }
  expect(seen).toHaveLength(26);
  expect(new Set(seen).size).toBe(26);
});

test('an open position is marked with the last quote, a closed one is not', async () => {
  await open();
  world.say('market.quotes', {
    source: 'synthetic',
    quotes: [{ symbol: 'BTCUSDT', bid: 109, ask: 111, happenedAt: startAt }],
    known_at: startAt,
  });
  const { positions } = (await get('/trading/positions?state=all')).body;
  expect(positions[0]).toMatchObject({ id: 'p1', mark_price: '110', unrealised_profit: '5' });
  expect(positions[1]).toMatchObject({ id: 'p0', mark_price: null, unrealised_profit: null });
});

test('a short position gains when the price falls', async () => {
  const store = await filledStore();
  await putRows(store, 'positions', [['p1', position({ side: 'short' })]]);
  await open({ store });
  world.say('market.candle', {
    source: 'synthetic',
    kind: 'simulated',
    candle: candle(60_000, { close: 90 }),
    happened_at: 1,
    known_at: 1,
  });
  expect((await get('/trading/positions')).body.positions[0]).toMatchObject({ unrealised_profit: '5' });
});

test('the equity curve runs forward in time', async () => {
  await open();
  const { equity: points } = (await get('/trading/equity')).body;
  expect(points.map((point: { at: string }) => Date.parse(point.at))).toEqual([
    startAt,
    equity().at + 60_000,
  ]);
});

test('candles: the newest within the limit, empty while none came, 404 for a stranger', async () => {
  await open();
  expect((await get('/markets/candles?symbol=EURUSD')).body.candles).toEqual([]);
  expect((await get('/markets/candles?symbol=DOGEUSDT')).status).toBe(404);
  for (const minute of [1, 2, 3]) {
    world.say('market.candle', {
      source: 's',
      kind: 'live',
      candle: candle(minute * 60_000),
      happened_at: 1,
      known_at: 1,
    });
  }
  const { candles } = (await get('/markets/candles?symbol=btcusdt&limit=2')).body;
  expect(candles.map((row: { open_time: string }) => Date.parse(row.open_time))).toEqual([120_000, 180_000]);
});

test('instruments say who serves them, and an unknown symbol what was probably meant', async () => {
  await open();
  const { instruments } = (await get('/markets/instruments')).body;
  expect(instruments.map((row: { symbol: string }) => row.symbol)).toEqual(facts().universe);
  expect((await get('/markets/instruments?symbol=EURUSD')).body.instruments).toMatchObject([
    {
      kind: 'forex_pair',
      pip: '0.0001',
      calendar: 'forex',
      followed: true,
      sources: ['oanda', 'tradermade'],
    },
  ]);
  const token = 'solana:EKpQGSJtjMFqKZ9KQanSqYXRcF8fBopzLHYxdM65zcjm';
  expect((await get(`/markets/instruments?symbol=${token}`)).body.instruments).toMatchObject([
    { symbol: token, kind: 'dex_token', chain: 'solana', followed: false, served_by: [] },
  ]);
  const unknown = await get('/markets/instruments?symbol=XAUSD');
  expect(unknown.status).toBe(404);
  expect(unknown.body.detail).toContain('XAUUSD');
});

test('a source that has said nothing is unknown, not healthy', async () => {
  await open();
  const { sources } = (await get('/markets/sources')).body;
  expect(sources[1]).toMatchObject({ source: 'Binance Spot/1', state: 'unknown', health: null });
});

test.each([
  ['the loop stopped', { loop: { ok: false, detail: 'commit failed 5 times' } }, /commit failed/],
  [
    'the store is unwell',
    { store: { ok: false, latencyMs: null, detail: 'disk full', kind: 'pglite' } },
    /disk full/,
  ],
])('health is 503 with the reason when %s', async (_name, changes, reason) => {
  await open({ dependencies: { runtime: () => facts(changes) } });
  const { status, body } = await get('/health');
  expect(status).toBe(503);
  expect(healthBody.parse(body).reasons.join()).toMatch(reason);
});

test('a clock that was set back degrades health with the seconds, and a corrected second does not', async () => {
  await open({ dependencies: { runtime: () => facts({ clock_ahead_ms: 3_600_400 }) } });
  const { status, body } = await get('/health');
  expect(status).toBe(200);
  expect(healthBody.parse(body)).toMatchObject({ status: 'degraded' });
  expect(body.reasons).toEqual([expect.stringMatching(/^the clock was set back by 3600 s:/)]);
  expect((await world.app.inject('/metrics')).body).toContain('ato_clock_ahead_seconds 3600.4');
  await world.app.close();
  await open({ dependencies: { runtime: () => facts({ clock_ahead_ms: 900 }) } });
  expect((await get('/health')).body).toMatchObject({ status: 'ok', reasons: [] });
});

test('health is 503 when the store does not answer, and the cause stays in the log', async () => {
  const store = await filledStore();
  await open({ store });
  store.list = () => Promise.reject(new Error('secret connection string'));
  const { status, body } = await get('/health');
  expect(status).toBe(503);
  expect(body.reasons).toEqual(['the store does not answer']);
  expect(JSON.stringify(body)).not.toContain('secret');
  expect(world.logged.join()).toContain('secret connection string');
});

test('a store that is down at start does not stop the API from starting', async () => {
  const store = await filledStore();
  store.list = () => Promise.reject(new Error('down'));
  await open({ store });
  expect((await get('/status')).body.decisions_total).toBe(0);
});
