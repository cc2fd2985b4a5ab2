// The looks of the running orchestrator: which symbols, when, at what cost, and that the promises hold in any history.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Answer, testSettings, World } from '../../../test/support/orchestrator-world.ts';
import type { AgentSettings } from '../../shared/domain/agent-settings.ts';
import { instrumentFor } from '../../shared/domain/instrument.ts';
import { defaultLookSettings, type LookSettings } from '../../shared/domain/look.ts';
import { hourMs, minuteMs } from '../../shared/domain/time.ts';
import { inadmissibleReason } from '../admission.ts';
import { LookDesk } from './look-desk.ts';
import { classLimits, lookDefects } from './look-limits.ts';

const wednesday = Date.parse('2026-03-04T10:00:00Z');
const coins = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT', 'BNBUSDT', 'ADAUSDT'];

function settingsOf(universe: readonly string[], looks: Partial<LookSettings> = {}): AgentSettings {
  return { ...testSettings, universe, sources: ['binance'], looks: { ...defaultLookSettings, ...looks } };
}

/** Every look of a world: symbol, when it was chosen and paid, and when its task's first attempt started. */
function looksOf(world: World): { symbol: string; paidAt: number; at: number }[] {
  const seen = new Set<string>();
  const queuedAt = new Map(world.of('task.changed').map(({ data }) => [data.id, data.queued_at]));
  return world.of('task.assigned').flatMap(({ at, data }) => {
    if (seen.has(data.task_id)) return [];
    seen.add(data.task_id);
    const paidAt = queuedAt.get(data.task_id) ?? Number.NaN;
    return data.symbols.map((symbol) => ({ symbol, paidAt, at }));
  });
}

test('a scan is given the symbols that are worth it, with the reasons in the decision', () => {
  const world = new World({ now: wednesday, settings: settingsOf(coins) }).start().advance(6 * hourMs);
  const scans = world.of('task.assigned').filter(({ data }) => data.kind.endsWith('scan'));
  const sizes = scans.map(({ data }) => data.symbols.length);
  expect(Math.min(...sizes)).toBeGreaterThan(0);
  expect(Math.min(...sizes)).toBeLessThan(coins.length);
  const told = world.decisions.flatMap((decision) => decision.looks ?? []);
  expect(told.length).toBeGreaterThan(50);
  expect(new Set(told.map((look) => look.slot_id)).size).toBe(told.length);
  expect(told.at(-1)?.text).toMatch(
    /^[A-Z]+USDT looked at [\d.]+ (min|h|s) ago; market activity \d+\.\dx usual seen on \d+ others?; own last move \d\.\d of threshold; .*against price/,
  );
  const withLooks = world.decisions.findLast((decision) => (decision.looks?.length ?? 0) > 0);
  expect(withLooks?.reasoning).toContain(`Looks: ${withLooks?.looks?.[0]?.text}`);
});

test('the handler is asked for the bars since the last look, and what it answers is learnt from', () => {
  const world = new World({ now: wednesday, settings: settingsOf(coins) }).start().advance(3 * hourMs);
  const asked = world.of('task.assigned').filter(({ data }) => data.look !== undefined);
  const last = asked.at(-1)!.data;
  expect(last.look?.after).toHaveLength(last.symbols.length);
  expect(Math.min(...last.look!.after)).toBeGreaterThan(wednesday);
  const desk = new LookDesk(settingsOf(coins));
  desk.restore(world.mirror);
  const planner = desk.planner('crypto')!;
  expect(planner.scheduler.model.learner.examples).toBeGreaterThan(20);
  expect(planner.knownThrough(last.symbols[0]!)).toBeGreaterThan(wednesday + 2 * hourMs);
  // What a task row keeps is its result, not the candles.
  expect(world.of('task.changed').every(({ data }) => data.result?.looks === undefined)).toBe(true);
});

test('a budget of zero switches the looks of its class off, says so, and stops nothing else', () => {
  const settings = settingsOf([...coins, 'EURUSD'], {
    source_of: { EURUSD: 'oanda' },
    source_calls_per_hour: { binance: 0 },
  });
  const world = new World({ now: wednesday, settings }).start().advance(6 * hourMs);
  const looks = looksOf(world);
  expect(looks.some((look) => look.symbol === 'EURUSD')).toBe(true);
  expect(looks.some((look) => look.symbol !== 'EURUSD')).toBe(false);
  const crypto = world.lastDecision.candidates.find((candidate) => candidate.kind === 'crypto-normal-scan');
  expect(crypto?.reason).toBe('its budget for looks is zero');
  expect(world.of('task.assigned').some(({ data }) => data.kind === 'health-monitor-check')).toBe(true);
  expect(
    inadmissibleReason('deep-market-analysis', { mode: 'crypto', paused: false, unfunded: ['crypto'] }, []),
  ).toBe('its budget for looks is zero');
});

test('budgets that cannot pay for the intervals are named with their numbers; zero is not one of them', () => {
  expect(lookDefects(settingsOf(coins))).toEqual([]);
  expect(lookDefects(settingsOf(['BTCUSDT']))).toEqual([]);
  expect(lookDefects(settingsOf(['EURUSD']))).toEqual([]);
  const [defect] = lookDefects(settingsOf(coins, { looks_per_hour: 2 }));
  expect(defect).toMatch(
    /^binance may spend 12 an hour on crypto, but a look at each of 6 symbols every 30 min/,
  );
  expect(lookDefects(settingsOf(coins, { cpu_seconds_per_hour: 0.01 }))[0]).toMatch(/^cpu-seconds may spend/);
  expect(lookDefects(settingsOf(coins, { looks_per_hour: 0 }))).toEqual([]);
  const many = Array.from({ length: 10_000 }, (_, k) => `C${k}USDT`);
  expect(lookDefects(settingsOf(many)).at(-1)).toMatch(
    /^10000 crypto symbols every 30 min are \d+ looks an hour/,
  );
});

test('ten thousand symbols: a scan takes at most 256, and the cycle goes on', () => {
  const many = Array.from({ length: 10_000 }, (_, k) => `C${k}USDT`);
  const world = new World({ now: wednesday, settings: settingsOf(many) }).start().advance(5 * minuteMs);
  const scans = world.of('task.assigned').filter(({ data }) => data.kind.startsWith('crypto'));
  expect(scans.length).toBeGreaterThan(0);
  expect(Math.max(...scans.map(({ data }) => data.symbols.length))).toBeLessThanOrEqual(256);
  for (const decision of world.decisions) expect(decision.looks?.length ?? 0).toBeLessThanOrEqual(24);
});

test('after a change of universe and budgets the symbols that stayed go on, new ones begin, gone ones leave no row', () => {
  const before = new World({ now: wednesday, settings: settingsOf(coins) }).start().advance(30 * hourMs);
  const universe = [...coins.slice(2), 'DOTUSDT'];
  const settings = settingsOf(universe, { looks_per_hour: 8 });
  const after = new World({ now: before.now, settings, loaded: before.loaded() })
    .start(false)
    .advance(hourMs);
  expect(new Set(looksOf(after).map((look) => look.symbol))).toEqual(new Set(universe));
  const rows = [...after.mirror.all('agent_memory')].map(([key]) => key);
  expect(rows).toContain('orchestrator_ai/looks/crypto/symbol/SOLUSDT');
  expect(rows).not.toContain('orchestrator_ai/looks/crypto/symbol/BTCUSDT');
  const again = new World({ now: after.now, settings, loaded: after.loaded() });
  for (const world of [after, again]) world.start(false).advance(6 * hourMs);
  expect(again.kernel.hash).toBe(after.kernel.hash);
});

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.nat(2 * hourMs) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('jump' as const), ms: fc.nat(30 * hourMs) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('back' as const), ms: fc.constant(hourMs) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('answer' as const),
        answer: fc.constantFrom<Answer>('ok', 'unseen', 'fail', 'lost', 'throw'),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
  ),
  { minLength: 3, maxLength: 20 },
);

/** What is left of the budget may never be negative: all looks within refill since the start and the first filling. */
function expectWithinBudget(world: World, settings: AgentSettings, since: number): void {
  for (const assetClass of ['crypto', 'forex'] as const) {
    const limits = classLimits(settings, assetClass);
    if (limits === undefined) continue;
    for (const { name, perHour, windowHours, startLevel } of limits.settings.budgets) {
      let spent = 0;
      for (const { symbol } of looksOf(world))
        spent += limits.settings.subjects.find((subject) => subject.id === symbol)?.costs[name] ?? 0;
      const given = perHour * (windowHours * startLevel + (world.now - since) / hourMs);
      expect(spent, name).toBeLessThanOrEqual(given + 1e-6);
    }
  }
}

test('in any history of jumps, clocks set back, failures and restarts: budget, intervals and slots hold', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom(6, 8, 20, 60),
      steps,
      (count, looks_per_hour, history) => {
        const settings = settingsOf(coins.slice(0, count), { looks_per_hour });
        const world = new World({ now: wednesday, settings }).start();
        let jumpEnd = wednesday;
        for (const step of history) {
          if (step.do === 'advance') world.advance(step.ms);
          else if (step.do === 'restart') world.start(false);
          else if (step.do === 'answer') world.answer = step.answer;
          else if (step.do === 'back') world.send('health.summary', calm, Math.max(1, world.now - step.ms));
          else {
            world.jump(step.ms);
            jumpEnd = world.now;
          }
        }
        world.answer = 'ok';
        world.advance(2 * hourMs);
        expectWithinBudget(world, settings, wednesday);
        const looks = looksOf(world);
        for (const symbol of settings.universe) {
          const own = looks
            .filter((look) => look.symbol === symbol)
            .sort((left, right) => left.paidAt - right.paidAt);
          own.reduce((before, look) => {
            expect(look.paidAt - before.paidAt).toBeGreaterThanOrEqual(minuteMs);
            return look;
          });
          const times = own.map((look) => look.at).sort((left, right) => left - right);
          // After the last leap nothing may wait longer than promised.
          const late = [jumpEnd, ...times.filter((at) => at > jumpEnd), world.now];
          const gaps = late.slice(1).map((at, index) => at - late[index]!);
          expect(Math.max(...gaps), symbol).toBeLessThanOrEqual(defaultLookSettings.max_interval_ms);
        }
        const slots = world.decisions.flatMap((one) => one.looks ?? []).map((look) => look.slot_id);
        expect(new Set(slots).size).toBe(slots.length);
      },
    ),
    { numRuns: 30, interruptAfterTimeLimit: 30_000 },
  );
});

const calm = { system_load: 0.1, source_health: {}, open_incidents: 0, critical_incidents: 0 };

test('the test universe is what it says', () => {
  for (const coin of coins) expect(instrumentFor(coin)?.assetClass).toBe('crypto');
});
