// What the orchestrator does, seen from outside through a real kernel.
import { expect, test } from 'vitest';
import { testSettings, World } from '../../test/support/orchestrator-world.ts';
import { taskKinds, workflowKinds } from '../shared/domain/task.ts';
import { hourMs, minuteMs, secondMs } from '../shared/domain/time.ts';
import { maxEpisodes } from './learning/episodes.ts';
import { rulePolicy } from './policy.ts';

const wednesday = Date.parse('2026-03-04T10:00:00Z');
const friday = Date.parse('2026-03-06T20:00:00Z');

function calmWorld(options: ConstructorParameters<typeof World>[0] = { now: wednesday }): World {
  return new World(options).start().health().trading(0).market('crypto', 1).market('forex', 1);
}

test('the first decision is made within the start itself, complete and adding up', () => {
  const world = new World({ now: wednesday }).start();
  const decision = world.lastDecision;
  expect(decision).toMatchObject({
    at: wednesday,
    trigger: 'start',
    mode: 'hybrid',
    previous_mode: 'standby',
    action: 'switch_mode',
    data_kind: 'none',
    model: null,
  });
  expect(decision.candidates.map((candidate) => candidate.kind)).toEqual([...workflowKinds]);
  for (const candidate of decision.candidates) {
    const sum = Object.values(candidate.terms).reduce((total, term) => total + term, 0);
    expect(candidate.score).toBeCloseTo(sum, 9);
    expect(candidate.reason).not.toBe('');
  }
  expect(decision.task_ids).toHaveLength(decision.candidates.filter((candidate) => candidate.chosen).length);
  expect(decision.confidence).toBeGreaterThan(0);
  expect(decision.confidence).toBeLessThan(0.75);
});

test('the first start looks at nothing before prices have come, and decides anew when a class is first measured', () => {
  const world = new World({ now: wednesday }).start();
  const reasonOf = (kind: string) => world.lastDecision.candidates.find((one) => one.kind === kind)?.reason;
  expect(reasonOf('deep-market-analysis')).toBe('crypto and forex not measured yet: nothing could be seen');
  expect(reasonOf('crypto-normal-scan')).toBe('crypto not measured yet: nothing could be seen');
  const scans = () =>
    world.of('task.assigned').flatMap(({ data }) => (data.symbols.length > 0 ? [data.kind] : []));
  expect(scans()).toEqual([]);
  world.advance(20 * secondMs).market('crypto', 1);
  expect(world.lastDecision).toMatchObject({ at: wednesday + 20 * secondMs, trigger: 'event' });
  expect(world.lastDecision.reasoning).toContain('The crypto market is measured for the first time');
  expect(scans()).toContain('deep-market-analysis');
  const before = world.decisions.length;
  world.market('crypto', 1.5);
  expect(world.decisions.length, 'only the first measurement counts').toBe(before);
});

test('without a word of the analyst scans are tried after two minutes, and every limit still holds', () => {
  const world = new World({ now: wednesday }).start().advance(21 * minuteMs);
  const first = world.of('task.assigned').find(({ data }) => data.kind.startsWith('crypto'));
  expect(first?.at).toBeGreaterThanOrEqual(wednesday + 2 * minuteMs);
  expect(first?.at).toBeLessThan(wednesday + 12 * minuteMs);
  expect(world.of('task.assigned').some(({ data }) => data.kind === 'deep-market-analysis')).toBe(false);
});

test('a decision is announced before its mandate, and the mandate before its tasks', () => {
  const world = new World({ now: wednesday }).start();
  const order = world.messages.map((message) => message.message_type as string);
  expect(order.indexOf('decision')).toBeLessThan(order.indexOf('mandate'));
  expect(order.indexOf('mandate')).toBeLessThan(order.indexOf('task.assigned'));
});

test('each decision renews the mandate, which outlives three intervals', () => {
  const world = calmWorld().advance(hourMs);
  const mandates = world.of('mandate');
  expect(mandates).toHaveLength(world.decisions.length);
  const last = mandates.at(-1)!.data;
  expect(last).toMatchObject({
    mode: 'hybrid',
    universe: ['BTCUSDT', 'ETHUSDT', 'EURUSD'],
    risk_appetite: 1,
  });
  expect(last.expires_at - last.issued_at).toBe(15 * minuteMs);
  expect(world.mirror.get('mandates', 'current')).toEqual(last);
});

test('busy markets are decided on every minute, calm ones every ten', () => {
  const gaps = (activity: number) => {
    const world = calmWorld({ now: wednesday }).market('crypto', activity).market('forex', activity);
    world.advance(6 * minuteMs);
    const begun = world.decisions.length;
    for (let minute = 0; minute < 50; minute++) world.advance(minuteMs);
    return world.decisions.length - begun;
  };
  expect(gaps(3)).toBe(50);
  expect(gaps(1)).toBe(10);
  // A look that is worth its price is not put off until then.
  expect(gaps(0.4)).toBeGreaterThanOrEqual(5);
  expect(gaps(0.4)).toBeLessThan(10);
});

test('high activity brings the aggressive scan and names it an increase', () => {
  const world = calmWorld()
    .advance(10 * minuteMs)
    .market('crypto', 2.5)
    .advance(20 * minuteMs);
  expect(world.decisions.map((decision) => decision.action)).toContain('increase_monitoring_frequency');
  const scans = world.of('task.assigned').filter((message) => message.data.kind === 'crypto-aggressive-scan');
  expect(scans.length).toBeGreaterThan(0);
  expect(['BTCUSDT', 'ETHUSDT']).toEqual(expect.arrayContaining([...scans[0]!.data.symbols]));
});

test('stop pauses durably: nothing but health checks run, the mandate is withdrawn, a restart changes nothing', () => {
  const world = calmWorld().command('stop');
  expect(world.lastDecision).toMatchObject({ action: 'stand_by', mode: 'standby', trigger: 'operator' });
  expect(world.of('mandate').at(-1)!.data).toMatchObject({ mode: 'standby', universe: [], risk_appetite: 0 });
  const before = world.messages.length;
  const reloaded = new World({ now: world.now, loaded: world.loaded() }).start(false);
  for (const paused of [world, reloaded]) paused.advance(6 * hourMs);
  for (const paused of [world.messages.slice(before), reloaded.messages]) {
    const kinds = new Set(paused.flatMap((m) => (m.message_type === 'task.assigned' ? [m.data.kind] : [])));
    expect([...kinds]).toEqual(['health-monitor-check']);
  }
  world.command('start');
  expect(world.lastDecision).toMatchObject({ mode: 'hybrid', trigger: 'operator' });
});

test('force decides at once, each time', () => {
  const world = calmWorld();
  const before = world.decisions.length;
  world.command('force_decision').command('force_decision');
  expect(world.decisions.length - before).toBe(2);
  expect(world.lastDecision.trigger).toBe('operator');
  expect(new Set(world.decisions.map((decision) => decision.id)).size).toBe(world.decisions.length);
});

test('the forex week closes: an event decision at the very instant withdraws forex', () => {
  const close = Date.parse('2026-03-06T22:00:00Z');
  const world = calmWorld({ now: friday }).advance(close - friday);
  expect(world.lastDecision).toMatchObject({
    at: close,
    trigger: 'event',
    mode: 'crypto',
    action: 'switch_mode',
  });
  expect(world.of('mandate').at(-1)!.data.universe).toEqual(['BTCUSDT', 'ETHUSDT']);
  world.advance(50 * hourMs);
  const late = world
    .of('task.assigned')
    .filter((message) => message.at > close && message.data.kind.startsWith('forex'));
  expect(late[0]!.at).toBe(Date.parse('2026-03-08T21:00:00Z'));
});

test('a critical incident heals at once, and a storm of them does not decide at once each time', () => {
  const world = calmWorld().advance(3 * minuteMs);
  const before = world.decisions.length;
  world.incident('a', true);
  expect(world.lastDecision).toMatchObject({ action: 'run_self_healing', trigger: 'event' });
  expect(world.of('task.assigned').at(-1)!.data.kind).toBe('health-monitor-check');
  for (let index = 0; index < 50; index++) world.incident(`b${index}`, true);
  expect(world.decisions.length - before).toBe(1);
  world.advance(15 * secondMs);
  expect(world.decisions.length - before).toBe(2);
  expect(world.of('mandate').at(-1)!.data.risk_appetite).toBe(0.25);
});

test('a class whose sources go blind leaves the mandate at once, and comes back', () => {
  const world = calmWorld().source('binance', 'live').source('tradermade', 'simulated').advance(minuteMs);
  world.source('binance', 'blind', 0);
  expect(world.lastDecision).toMatchObject({ mode: 'forex', data_kind: 'simulated', trigger: 'event' });
  expect(world.lastDecision.context.simulated_sources).toEqual(['tradermade']);
  world.advance(minuteMs).source('binance', 'live');
  expect(world.lastDecision.mode).toBe('hybrid');
});

test('drawdown tightens the mandate in proportion', () => {
  const world = calmWorld().trading(7.5).command('force_decision');
  expect(world.of('mandate').at(-1)!.data.risk_appetite).toBe(0.5);
  world.trading(14.9).command('force_decision');
  expect(world.of('mandate').at(-1)!.data.risk_appetite).toBe(0.1);
});

test('successful means every task finished and its effect was seen', () => {
  const outcomes = (answer: World['answer']) => {
    const world = new World({ now: wednesday });
    world.answer = answer;
    world
      .start()
      .market('crypto', 1)
      .market('forex', 1)
      .advance(2 * hourMs);
    const scored = world.of('decision.scored').map((message) => message.data);
    for (const { id, open, outcome } of scored) {
      expect(open).toBe(false);
      expect(outcome).not.toBe(null);
      expect(scored.filter((other) => other.id === id)).toHaveLength(1);
    }
    return scored
      .filter((decision) => decision.task_ids.length > 0)
      .map((decision) => decision.outcome!.successful);
  };
  expect(new Set(outcomes('ok'))).toEqual(new Set([true]));
  for (const answer of ['unseen', 'fail', 'lost', 'throw'] as const)
    expect(new Set(outcomes(answer)), answer).toEqual(new Set([false]));
});

test('a decision that runs nothing promises that nothing is there, and is scored by that', () => {
  const world = calmWorld()
    .advance(16 * secondMs)
    .command('force_decision')
    .command('force_decision');
  const { id, candidates, reasoning } = world.lastDecision;
  expect(candidates.filter((candidate) => candidate.chosen)).toEqual([]);
  expect(reasoning).toContain('Nothing to run');
  expect(world.of('decision.scored').some((message) => message.data.id === id)).toBe(false);
  world.advance(hourMs);
  const scored = world.of('decision.scored').find((message) => message.data.id === id)!;
  expect(scored.data.outcome).toMatchObject({
    successful: true,
    detail: 'no task promised; nothing missed',
    opportunities: { found: 0, missed: 0 },
  });
});

test('a candidate says in numbers why it is not run', () => {
  const world = calmWorld()
    .advance(15 * secondMs)
    .advance(minuteMs)
    .command('force_decision');
  const reasonOf = (kind: string) =>
    world.lastDecision.candidates.find((candidate) => candidate.kind === kind)!.reason;
  expect(reasonOf('forex-london-session')).toMatch(/^min interval not over: 1[.\d]* min of 5 min$/);
  expect(reasonOf('forex-newyork-session')).toBe('New York closed');
});

test('confidence grows with a record of success and falls with one of failure', () => {
  const confidenceAfter = (answer: World['answer']) => {
    const world = calmWorld();
    world.answer = answer;
    world.advance(12 * hourMs);
    return world.decisions.filter((decision) => decision.task_ids.length > 0).at(-1)!.confidence;
  };
  expect(confidenceAfter('ok')).toBeGreaterThan(0.6);
  expect(confidenceAfter('fail')).toBeLessThan(0.3);
});

test('a chatty sender of unchanged reports writes no rows', () => {
  const world = calmWorld();
  const before = world.kernel.sequence;
  const puts: unknown[] = [];
  world.watch((watched) => puts.push(watched.kernel.sequence));
  const rowBefore = JSON.stringify([...world.mirror.all('agent_memory')]);
  for (let index = 0; index < 100; index++)
    world.market('crypto', 1.01).health().trading(0.01).source('x', 'live');
  const after = [...world.mirror.all('agent_memory')].filter(([key]) => !key.endsWith('observed/sources'));
  expect(world.kernel.sequence - before).toBe(400);
  expect(JSON.stringify(after)).toBe(rowBefore);
});

test('its alarms are moved, never multiplied, and memory stays bounded over a month', () => {
  const world = calmWorld();
  // Calls of the look planners come and go between two snapshots.
  const grows = /\/(calls|learning|episode|promise)\//;
  const rows = () => [...world.mirror.all('agent_memory')].filter(([key]) => !grows.test(key)).length;
  const learnt = (part: string) =>
    [...world.mirror.all('agent_memory')].filter(([key]) => key.includes(`/${part}/`)).length;
  world.advance(24 * hourMs);
  const after = rows();
  world.advance(30 * 24 * hourMs);
  expect(rows()).toBe(after);
  const alarms = [...world.mirror.all('alarms')].map(([key]) => key.replace('orchestrator_ai/', ''));
  expect(alarms).toEqual(expect.arrayContaining(['decide', 'tasks']));
  expect(['decide', 'looks', 'tasks']).toEqual(expect.arrayContaining(alarms));
  expect(learnt('learning')).toBeLessThanOrEqual(200 + taskKinds.length + 1);
  expect(learnt('episode')).toBeLessThanOrEqual(maxEpisodes);
  // Only decisions that hindsight has still to judge wait.
  const waiting = [...world.mirror.all('decisions')].length;
  expect(waiting).toBeLessThan(60);
  expect(learnt('promise')).toBe(waiting);
});

test('a universe without forex never looks at forex', () => {
  const world = new World({ now: wednesday, settings: { ...testSettings, universe: ['BTCUSDT'] } }).start();
  world.advance(12 * hourMs);
  expect(world.lastDecision.mode).toBe('crypto');
  expect(world.of('task.assigned').some((message) => message.data.kind.startsWith('forex'))).toBe(false);
});

test('after a failure of its own, which costs it its alarm, it decides and runs again', () => {
  let broken = false;
  const policy = {
    ...rulePolicy,
    terms: (view: Parameters<typeof rulePolicy.terms>[0]) => {
      if (broken) throw new Error('scripted');
      return rulePolicy.terms(view);
    },
  };
  const world = calmWorld({ now: wednesday, policy });
  world.mayFail = true;
  broken = true;
  world.advance(6 * minuteMs);
  expect(world.of('kernel.agent_failed').length).toBeGreaterThan(0);
  broken = false;
  const before = world.decisions.length;
  world.advance(hourMs);
  expect(world.decisions.length - before).toBeGreaterThan(8);
});
