// /metrics: the promised names, honest numbers, counts that continue after a restart.
import { afterEach, expect, test } from 'vitest';
import {
  decision,
  filledStore,
  heal,
  incident,
  order,
  position,
  putRows,
  refusal,
  scored,
  signal,
  startAt,
  task,
} from '../../../test/support/api-rows.ts';
import { facts } from '../../../test/support/api-views.ts';
import { type ApiWorld, apiWorld, type WorldOptions } from '../../../test/support/api-world.ts';
import { MemoryStore } from '../../adapters/store/memory/memory-store.ts';
import { DecisionTally } from './decision-tally.ts';
import { LabelCounts } from './label-counts.ts';
import { metricSuffix } from './metrics-collector.ts';

let world: ApiWorld;
afterEach(() => world?.app.close());

/** Samples by name with labels, as a Prometheus parser would read them; throws on any line it cannot. */
function parse(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || /^# (HELP|TYPE) [a-zA-Z_:][\w:]* .+$/.test(line)) continue;
    const found =
      /^([a-zA-Z_:][\w:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*\})?) (NaN|[+-]?(?:Inf|[\d.]+(?:e[+-]?\d+)?))$/.exec(
        line,
      );
    if (found === null) throw new Error(`not Prometheus text: ${line}`);
    expect(samples.has(found[1]!)).toBe(false);
    samples.set(found[1]!, Number(found[2]));
  }
  return samples;
}

async function scrape(): Promise<Map<string, number>> {
  const response = await world.app.inject({ url: '/metrics', headers: { host: 'localhost' } });
  expect(response.statusCode).toBe(200);
  expect(response.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  return parse(response.body);
}

async function open(options: WorldOptions = {}): Promise<void> {
  world = await apiWorld(options);
}

test('exactly the promised names are there, each without labels', async () => {
  await open();
  const names = [...(await scrape()).keys()].filter((name) => /^(orchestrator_|api_health_)/.test(name));
  expect(names.sort()).toEqual([
    'api_health_binance_spot_1',
    'api_health_synthetic',
    'orchestrator_decisions_total',
    'orchestrator_market_volatility',
    'orchestrator_mode_switches_total',
    'orchestrator_model_fabrications_total',
    'orchestrator_model_spent_today_usd',
    'orchestrator_running',
    'orchestrator_success_rate',
    'orchestrator_successful_decisions',
    'orchestrator_system_load',
  ]);
});

test('what is not known is NaN, never a made-up zero', async () => {
  await open({
    store: new MemoryStore(),
    dependencies: { runtime: () => facts({ running: null, vitals: null }) },
  });
  const samples = await scrape();
  for (const name of [
    'orchestrator_success_rate',
    'orchestrator_market_volatility',
    'orchestrator_running',
    'orchestrator_system_load',
    'api_health_binance_spot_1',
    'ato_trading_equity',
    'ato_event_loop_delay_p99_seconds',
  ])
    expect([name, samples.get(name)]).toEqual([name, Number.NaN]);
  expect(samples.get('orchestrator_decisions_total')).toBe(0);
});

test('per agent, process and system numbers come from the facts', async () => {
  await open();
  const samples = await scrape();
  expect(Object.fromEntries(samples)).toMatchObject({
    'ato_agent_messages_handled_total{agent="orchestrator_ai"}': 12,
    'ato_agent_failures_total{agent="orchestrator_ai"}': 1,
    'ato_agent_turn_seconds_mean{agent="orchestrator_ai"}': 0.0005,
    'ato_agent_up{agent="orchestrator_ai"}': 1,
    'ato_agent_up{agent="analyst_ai"}': 0,
    ato_inbox_depth: 2,
    ato_event_loop_delay_p99_seconds: 0.012,
    ato_journal_sequence: 42,
    ato_commit_latency_seconds: 0.004,
    'ato_alerts_total{outcome="sent"}': 3,
    orchestrator_running: 1,
    api_health_synthetic: 1,
    'ato_incidents_open{severity="warning"}': 1,
    'ato_trading_state{state="active"}': 1,
  });
  expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(1e6);
});

test('the volatility is that of the market the mode trades', async () => {
  await open();
  world.say('market.state', {
    asset_class: 'crypto',
    volatility: 0.9,
    activity: 1,
    instruments: 2,
    at: startAt,
  });
  world.say('market.state', {
    asset_class: 'forex',
    volatility: 0.1,
    activity: null,
    instruments: 2,
    at: startAt,
  });
  expect((await scrape()).get('orchestrator_market_volatility')).toBe(0.9);
  world.say('decision', decision({ id: 'd2', mode: 'forex' }));
  const samples = await scrape();
  expect(samples.get('orchestrator_market_volatility')).toBe(0.1);
  expect(samples.get('ato_market_activity{asset_class="forex"}')).toBeNaN();
});

test('activity is counted once, however often it is repeated', async () => {
  await open();
  const filled = order({ state: 'filled', fill_ids: ['f1', 'f2'], open: false });
  world.say('trading.order_changed', order({ id: 'o2' }));
  world.say('trading.order_changed', order({ id: 'o2' }));
  world.say('trading.order_changed', { ...filled, id: 'o2', open: true });
  world.say('trading.order_changed', { ...filled, id: 'o2' });
  world.say('trading.order_changed', order({ id: 'o1' }));
  world.say('task.changed', task({ state: 'running' }));
  world.say('task.changed', task({ state: 'succeeded', open: false }));
  world.say('signal', signal({ action: 'SELL' }));
  world.say('trading.refused', refusal());
  world.say('health.incident', incident());
  world.say('health.incident', incident({ id: 'i2', severity: 'critical' }));
  world.say('health.incident', incident({ open: false, resolved_at: startAt }));
  world.say('health.heal', heal({ outcome: 'verified' }));
  expect(Object.fromEntries(await scrape())).toMatchObject({
    'ato_trading_orders_total{state="pending_submit"}': 1,
    'ato_trading_orders_total{state="filled"}': 1,
    ato_trading_fills_total: 2,
    'ato_tasks_total{kind="crypto-normal-scan",state="running"}': 1,
    'ato_tasks_total{kind="crypto-normal-scan",state="succeeded"}': 1,
    'ato_analyst_signals_total{action="SELL"}': 1,
    'ato_analyst_signals_total{action="BUY"}': 0,
    'ato_trading_refusals_total{code="max_open_positions"}': 1,
    'ato_incidents_total{severity="warning"}': 0,
    'ato_incidents_total{severity="critical"}': 1,
    'ato_incidents_open{severity="warning"}': 0,
    'ato_incidents_open{severity="critical"}': 1,
    'ato_heals_total{playbook="restart-source",outcome="verified"}': 1,
    'ato_incident_causes_total{cause="source"}': 1,
  });
});

test('decisions are counted by action and mode, each outcome once', async () => {
  await open();
  world.say('decision', decision({ id: 'new' }));
  world.say('decision.scored', scored(decision({ id: 'new' }), true));
  world.say('decision.scored', scored(decision({ id: 'new' }), true));
  world.say('decision.scored', scored(decision({ id: 'idle', task_ids: [] }), false));
  world.say('decision.scored', scored(decision({ id: 'bad', mode: 'crypto' }), false));
  const kind = 'action="execute_trading_strategy",mode="hybrid"';
  expect(Object.fromEntries(await scrape())).toMatchObject({
    [`ato_decisions_total{${kind}}`]: 1,
    'ato_decisions_total{action="stand_by",mode="standby"}': 0,
    'ato_decision_triggers_total{trigger="schedule"}': 1,
    [`ato_decision_outcomes_total{${kind},outcome="successful"}`]: 1,
    [`ato_decision_outcomes_total{${kind},outcome="idle"}`]: 1,
    'ato_decision_outcomes_total{action="execute_trading_strategy",mode="crypto",outcome="unsuccessful"}': 1,
    'ato_market_mode{mode="hybrid"}': 1,
    ato_decision_confidence: 0.7,
    ato_decision_last_timestamp_seconds: startAt / 1_000,
  });
});

test('regret is the time a find waited for its look; first looks and looks without a find have none', async () => {
  await open();
  const bar = 300_000;
  const look = { bar_ms: bar, max_bars: 10, after: [startAt, 0, startAt] };
  const symbols = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'];
  const assigned = { task_id: 't9', kind: 'crypto-normal-scan', symbols, decision_id: 'd1' } as const;
  world.say('task.assigned', { ...assigned, deadline_at: startAt + bar, look });
  const bars = [1, 2, 3].map((place) => [startAt + place * bar, 100, 1] as const);
  const looks = [
    { symbol: 'BTCUSDT', seen: true, found: 1, bars },
    { symbol: 'ETHUSDT', seen: true, found: 1, bars },
    { symbol: 'SOLUSDT', seen: true, found: 0, bars },
    { symbol: 'nobody', seen: false, found: 0, bars: [] },
  ];
  const result = { effect_observed: true, looked_at: 3, found: 2, summary: '', error: null, looks };
  world.say('task.completed', { task_id: 't9', kind: 'crypto-normal-scan', succeeded: true, result });
  expect(Object.fromEntries(await scrape())).toMatchObject({
    ato_scheduler_regret_seconds_total: (2 * bar) / 1_000,
    'ato_scheduler_looks_total{result="found"}': 2,
    'ato_scheduler_looks_total{result="nothing"}': 1,
    'ato_scheduler_looks_total{result="unseen"}': 1,
    'ato_task_looked_at_total{kind="crypto-normal-scan"}': 3,
    'ato_task_found_total{kind="crypto-normal-scan"}': 2,
    'ato_task_effects_total{kind="crypto-normal-scan",effect="observed"}': 1,
  });
});

test('lateness, duration and waiting times are taken once per event', async () => {
  await open();
  const running = task({ state: 'running', attempts: 1, started_at: startAt + 400 });
  for (const said of [running, running]) world.say('task.changed', said);
  const done = task({ ...running, state: 'succeeded', open: false, finished_at: startAt + 2_400 });
  for (const said of [done, done]) world.say('task.changed', said);
  for (const state of ['pending_submit', 'unknown', 'accepted', 'filled'] as const)
    world.say('trading.order_changed', order({ id: 'o5', state, updated_at: startAt + 700 }));
  // Written before this start: when the broker first spoke is not known here.
  world.say('trading.order_changed', order({ id: 'o6', state: 'filled', updated_at: startAt + 9e6 }));
  const over = incident({ open: false, resolved_at: startAt + 60_000 });
  for (const said of [over, over]) world.say('health.incident', said);
  expect(Object.fromEntries(await scrape())).toMatchObject({
    'ato_task_slot_lateness_seconds_count{kind="crypto-normal-scan"}': 1,
    'ato_task_slot_lateness_seconds_sum{kind="crypto-normal-scan"}': 0.4,
    'ato_task_duration_seconds_count{kind="crypto-normal-scan"}': 1,
    'ato_task_duration_seconds_sum{kind="crypto-normal-scan"}': 2,
    ato_trading_order_acknowledgement_seconds_count: 1,
    ato_trading_order_acknowledgement_seconds_sum: 0.7,
    'ato_incident_duration_seconds_count{severity="warning"}': 1,
    'ato_incident_duration_seconds_sum{severity="warning"}': 60,
    'ato_task_duration_seconds_count{kind="report"}': 0,
  });
});

test('results of positions are counted when they close, each once', async () => {
  await open();
  const closed = { open: false, closed_at: startAt } as const;
  world.say('trading.position_changed', position({ id: 'p7' }));
  world.say('trading.position_changed', position({ id: 'p7', ...closed, realised_profit: '12.5' }));
  world.say('trading.position_changed', position({ id: 'p7', ...closed, realised_profit: '12.5' }));
  // Open since before this start.
  world.say('trading.position_changed', position({ id: 'p1', ...closed, realised_profit: '-2.25' }));
  expect(Object.fromEntries(await scrape())).toMatchObject({
    'ato_trading_positions_closed_total{result="win"}': 1,
    'ato_trading_positions_closed_total{result="loss"}': 1,
    ato_trading_realised_profit: 10.25,
  });
});

test('the busy time of an agent adds up over reports and over its restarts', async () => {
  await open();
  const { vitals } = facts();
  for (const [handled, mean] of [
    [100, 2],
    [150, 4],
    [10, 1],
  ] as const) {
    const agents = vitals!.agents.map((agent) => ({ ...agent, handled, mean_turn_ms: mean }));
    world.say('system.vitals', { ...vitals!, agents });
  }
  expect((await scrape()).get('ato_agent_busy_seconds_total{agent="orchestrator_ai"}')).toBeCloseTo(0.41);
});

test('decision counts continue after a restart and count success honestly', async () => {
  const store = await filledStore();
  await putRows(store, 'decisions', [
    ['a', scored(decision({ id: 'a' }), true)],
    ['b', scored(decision({ id: 'b', mode: 'crypto' }), false)],
  ]);
  await open({ store });
  world.say('decision', decision({ id: 'c' }));
  world.say('decision.scored', scored(decision({ id: 'd1' }), true));
  world.say('decision.scored', scored(decision({ id: 'c' }), true));
  // A decision to run nothing promised that nothing was there: it can fail.
  world.say('decision.scored', scored(decision({ id: 'idle', task_ids: [] }), false));
  expect(Object.fromEntries(await scrape())).toMatchObject({
    orchestrator_decisions_total: 4,
    orchestrator_successful_decisions: 3,
    orchestrator_success_rate: 0.6,
    orchestrator_mode_switches_total: 1,
  });
});

test('decisions committed while the store is being read are counted exactly once', async () => {
  const store = new MemoryStore();
  await putRows(store, 'decisions', [['a', scored(decision({ id: 'a' }), true)]]);
  const tally = new DecisionTally();
  const list = store.list.bind(store);
  let committed = 0;
  store.list = async (collection, query) => {
    const rows = await list(collection, query);
    if (committed < 2) {
      const id = `during${committed++}`;
      await putRows(store, 'decisions', [[id, decision({ id })]]);
      tally.observe({ message_type: 'decision', data: decision({ id }) } as never);
    }
    return rows;
  };
  const primed = tally.prime(store);
  tally.observe({ message_type: 'decision.scored', data: scored(decision({ id: 'a' }), true) } as never);
  await primed;
  expect([tally.total, tally.successful, tally.scored]).toEqual([3, 1, 1]);
});

test('a scrape survives a store that does not answer', async () => {
  const store = await filledStore();
  await open({ store });
  store.count = () => Promise.reject(new Error('down'));
  expect((await scrape()).get('ato_dead_letters')).toBeNaN();
});

test('sources with hostile or countless names cannot break or flood the metrics', async () => {
  const sources = Array.from({ length: 200 }, (_, index) => ({
    source: `evil"\n} ${index}`,
    kind: 'live' as const,
    symbols: [],
    status: null,
  }));
  await open({ dependencies: { runtime: () => facts({ sources }) } });
  const names = [...(await scrape()).keys()].filter((name) => name.startsWith('api_health_'));
  expect(names.length).toBe(64);
});

test('latency and errors of sources, only where they are known', async () => {
  const status = (source: string, latencyMs: number | null) => ({
    ...{ source, state: 'live' as const, health: 1, detail: '' },
    ...{ latencyMs, lastDataAt: null, at: 0 },
  });
  const row = (source: string, latencyMs: number | null, errors?: number) => ({
    ...{ source, kind: 'live' as const, symbols: [], status: status(source, latencyMs) },
    ...(errors === undefined ? {} : { errors }),
  });
  const sources = [row('binance', 120, 3), row('oanda', null)];
  await open({ dependencies: { runtime: () => facts({ sources }) } });
  const scraped = await scrape();
  expect(scraped.get('ato_source_latency_seconds{source="binance"}')).toBe(0.12);
  expect(scraped.has('ato_source_latency_seconds{source="oanda"}')).toBe(false);
  expect(scraped.get('ato_source_errors_total{source="binance"}')).toBe(3);
  expect(scraped.get('ato_source_errors_total{source="oanda"}')).toBe(0);
});

test('the relay is measured per agent elsewhere, and has no samples where all agents are here', async () => {
  const { vitals } = facts();
  await open();
  expect([...(await scrape()).keys()].filter((name) => name.startsWith('ato_relay'))).toEqual([]);
  const lane = { agent: 'analyst_ai', messages: 12, oldest_ms: 40_500 } as const;
  const relay = {
    server: 'redis',
    ok: false,
    latency_ms: null,
    detail: 'gone',
    sent: [lane],
    received: { messages: 3, oldest_ms: 9 },
  };
  await open({ dependencies: { runtime: () => facts({ vitals: { ...vitals!, relay } }) } });
  const scraped = await scrape();
  expect(scraped.get('ato_relay_up{relay="redis"}')).toBe(0);
  expect(scraped.get('ato_relay_unacknowledged_messages{agent="analyst_ai"}')).toBe(12);
  expect(scraped.get('ato_relay_oldest_message_seconds{agent="analyst_ai"}')).toBe(40.5);
  expect(scraped.get('ato_relay_uncommitted_messages{relay="redis"}')).toBe(3);
});

test('names of sources become ends of metric names', () => {
  expect(['Binance Spot', 'pump.fun', '__', 'tape-1'].map(metricSuffix)).toEqual([
    'binance_spot',
    'pump_fun',
    'unnamed',
    'tape_1',
  ]);
});

test('label combinations are bounded and nothing counted is lost', () => {
  const counts = new LabelCounts();
  for (let index = 0; index < 1_000; index++) counts.add({ source: `s${index}` });
  const entries = [...counts.entries()];
  expect(entries.length).toBeLessThanOrEqual(201);
  expect(entries.reduce((sum, [, value]) => sum + value, 0)).toBe(1_000);
});

test('what discovery kept out is counted beside what the kernel heard of, and nothing twice', async () => {
  const [synthetic] = facts().sources;
  if (synthetic === undefined) throw new Error('no source');
  const quarantined = { 'a field is not a number': 4 };
  const sources = [
    { ...synthetic, quarantined: { 'crossed quote': 7 } },
    { ...synthetic, source: 'dexscreener', quarantined },
  ];
  world = await apiWorld({ dependencies: { runtime: () => facts({ sources }) } });
  const report = { source: 'synthetic', reason: 'crossed quote', where: 'x', count: 2 };
  world.say('market.quarantined', report);
  const samples = await scrape();
  const name = (source: string, reason: string) =>
    `ato_market_quarantined_total{source="${source}",reason="${reason}"}`;
  expect(samples.get(name('synthetic', 'crossed quote'))).toBe(2);
  expect(samples.get(name('dexscreener', 'a field is not a number'))).toBe(4);
});
