// The hard guarantees under random histories: no starvation, minimum intervals, one run per slot, locks, restarts.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Policy, rulePolicy } from '../../src/orchestrator/policy.ts';
import {
  catalogueDefects,
  familyMaxIntervalMs,
  familyMembers,
  floorLeadMs,
  resourceUnits,
  taskCatalogue,
} from '../../src/orchestrator/task-catalogue.ts';
import type { AnyMessage } from '../../src/shared/bus/message.ts';
import type { MarketMode } from '../../src/shared/domain/mode.ts';
import { isForexWeekOpen, openSessions } from '../../src/shared/domain/sessions.ts';
import {
  type Task,
  type TaskKind,
  taskKinds,
  taskTransitions,
  workflowKinds,
} from '../../src/shared/domain/task.ts';
import { briefOf, answer as modelAnswer, reply, withModels } from '../support/model-replies.ts';
import { type Answer, type ModelScript, World, type WorldOptions } from '../support/orchestrator-world.ts';

type Step =
  | { do: 'advance'; ms: number }
  | { do: 'jump'; ms: number }
  | { do: 'back'; ms: number }
  | { do: 'market'; assetClass: 'crypto' | 'forex'; activity: number | null }
  | { do: 'source'; source: string; state: 'live' | 'blind' | 'stale' }
  | { do: 'incident'; id: string; open: boolean }
  | { do: 'load'; load: number }
  | { do: 'answer'; answer: Answer }
  | { do: 'command'; command: 'start' | 'stop' | 'force_decision' }
  | { do: 'pause' | 'resume'; kind: TaskKind }
  | { do: 'pin'; mode: MarketMode | 'auto' }
  | { do: 'restart' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 5_400_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('jump' as const), ms: fc.integer({ min: 1, max: 200_000_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('back' as const), ms: fc.integer({ min: 1, max: 10_000_000 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('market' as const),
      assetClass: fc.constantFrom('crypto' as const, 'forex' as const),
      activity: fc.option(fc.double({ min: 0, max: 6, noNaN: true })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('source' as const),
      source: fc.constantFrom('binance', 'tradermade'),
      state: fc.constantFrom('live' as const, 'blind' as const, 'stale' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('incident' as const),
      id: fc.constantFrom('a', 'b'),
      open: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('load' as const),
      load: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      answer: fc.constantFrom<Answer>('ok', 'unseen', 'fail', 'lost', 'throw'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('command' as const),
      command: fc.constantFrom('start' as const, 'stop' as const, 'force_decision' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('pause' as const, 'resume' as const),
      kind: fc.constantFrom(...taskKinds),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('pin' as const),
      mode: fc.constantFrom<MarketMode | 'auto'>('crypto', 'forex', 'hybrid', 'standby', 'auto'),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
);

const beginnings = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 11, 31) });
const histories = fc.array(step, { minLength: 5, maxLength: 60 });

function take(world: World, taken: Step, checker?: Checker): void {
  switch (taken.do) {
    case 'advance':
      world.advance(taken.ms);
      break;
    case 'jump':
      checker?.jumped(world.now + taken.ms);
      world.jump(taken.ms);
      break;
    case 'back':
      world.send(
        'market.state',
        { asset_class: 'crypto', volatility: 1, activity: 1, instruments: 1, at: world.now },
        Math.max(1, world.now - taken.ms),
      );
      break;
    case 'market':
      world.market(taken.assetClass, taken.activity);
      break;
    case 'source':
      world.source(taken.source, taken.state, taken.state === 'blind' ? 0 : 1);
      break;
    case 'incident':
      world.incident(taken.id, taken.open);
      break;
    case 'load':
      world.health({ system_load: taken.load });
      break;
    case 'answer':
      world.answer = taken.answer;
      break;
    case 'command':
      if (taken.command !== 'force_decision') checker?.paused(taken.command === 'stop');
      world.command(taken.command);
      break;
    case 'pause':
    case 'resume':
      checker?.pausedKind(taken.kind, taken.do === 'pause');
      world.command(taken.do === 'pause' ? 'pause_task' : 'resume_task', { kind: taken.kind });
      break;
    case 'pin':
      world.command('set_mode', { mode: taken.mode });
      break;
    case 'restart':
      world.start(false);
      break;
  }
}

/** Knows the rules from the catalogue alone and follows only what the orchestrator says out loud. */
class Checker {
  readonly starts = new Map<TaskKind, number>();
  readonly #ids = new Set<string>();
  readonly #states = new Map<string, Task>();
  readonly #since = new Map<TaskKind, number>();
  #mode: MarketMode = 'standby';
  #paused = false;
  readonly #pausedKinds = new Set<TaskKind>();
  #jumpEnd = Number.NEGATIVE_INFINITY;

  jumped(to: number): void {
    this.#jumpEnd = to;
  }

  paused(paused: boolean): void {
    this.#paused = paused;
  }

  pausedKind(kind: TaskKind, paused: boolean): void {
    if (paused) this.#pausedKinds.add(kind);
    else this.#pausedKinds.delete(kind);
  }

  look(world: World, emitted: readonly AnyMessage[]): void {
    const now = world.kernel.lastAt;
    this.#noStarvation(now);
    for (const message of emitted) {
      if (message.message_type === 'decision') this.#mode = message.data.mode;
      if (message.message_type === 'task.changed') this.#changed(message.data);
      if (message.message_type === 'mandate') {
        if (this.#paused) expect(message.data.universe).toEqual([]);
        if (!isForexWeekOpen(now)) expect(message.data.universe).not.toContain('EURUSD');
      }
    }
    this.#refresh(now);
    this.#noStarvation(now);
    this.#locksHold();
  }

  #admissible(kind: TaskKind, now: number): boolean {
    const { safety, classes, sessions } = taskCatalogue[kind];
    if (safety) return true;
    if (classes.length === 0) return false;
    if (this.#pausedKinds.has(kind)) return false;
    if (this.#paused || this.#mode === 'standby') return false;
    if (this.#mode !== 'hybrid' && !classes.includes(this.#mode)) return false;
    return sessions.length === 0 || sessions.some((session) => openSessions(now).includes(session));
  }

  #refresh(now: number): void {
    for (const kind of taskKinds) {
      if (!this.#admissible(kind, now)) this.#since.delete(kind);
      else if (!this.#since.has(kind)) this.#since.set(kind, now);
    }
  }

  #noStarvation(now: number): void {
    for (const kind of taskKinds) {
      const since = this.#since.get(kind);
      if (since === undefined || !this.#admissible(kind, now)) continue;
      const excuse = this.#jumpEnd + floorLeadMs[kind];
      const own = Math.max(since, this.starts.get(kind) ?? 0) + taskCatalogue[kind].maxIntervalMs;
      if (now > Math.max(own, excuse)) expect.fail(`${kind} starves: ${(now - own) / 1000} s late`);
      const { family } = taskCatalogue[kind];
      if (family === null) continue;
      const last = Math.max(since, ...familyMembers[family].map((member) => this.starts.get(member) ?? 0));
      if (now > Math.max(last + familyMaxIntervalMs[family], excuse)) expect.fail(`${family} starves`);
    }
  }

  #changed(task: Task): void {
    const before = this.#states.get(task.id);
    if (before === undefined) expect(['queued', 'running']).toContain(task.state);
    else if (before.state !== task.state) {
      const direct = taskTransitions[before.state];
      // Two changes in one handler are told once, so one legal state may lie between.
      const legal =
        direct.includes(task.state) || direct.some((via) => taskTransitions[via].includes(task.state));
      expect(legal, `${before.state} to ${task.state}`).toBe(true);
    }
    if (task.state === 'running' && task.attempts === 1 && before?.state !== 'running') this.#started(task);
    expect(task.attempts).toBeLessThanOrEqual(taskCatalogue[task.kind].attempts);
    this.#states.set(task.id, task);
  }

  #started(task: Task): void {
    const at = task.started_at ?? Number.NaN;
    expect(this.#ids.has(task.id), `${task.id} ran twice`).toBe(false);
    this.#ids.add(task.id);
    const last = this.starts.get(task.kind);
    if (last !== undefined) expect(at - last).toBeGreaterThanOrEqual(taskCatalogue[task.kind].minIntervalMs);
    this.starts.set(task.kind, at);
  }

  #locksHold(): void {
    const taken: Record<string, number> = {};
    const kinds = new Set<TaskKind>();
    for (const task of this.#states.values()) {
      if (!task.open) continue;
      expect(kinds.has(task.kind), `two open tasks of ${task.kind}`).toBe(false);
      kinds.add(task.kind);
      if (task.state !== 'running') continue;
      for (const lock of taskCatalogue[task.kind].resources)
        taken[lock.name] = (taken[lock.name] ?? 0) + lock.units;
    }
    for (const [name, units] of Object.entries(taken))
      expect(units, name).toBeLessThanOrEqual(resourceUnits[name as keyof typeof resourceUnits]);
  }
}

const lazy: Policy = { version: 'lazy', threshold: 1, terms: () => ({ nothing: 0 }) };
const eager: Policy = { version: 'eager', threshold: 1, terms: () => ({ everything: 5 }) };
const erratic: Policy = {
  version: 'erratic',
  threshold: 1,
  terms: ({ kind, snapshot }) => ({ noise: ((snapshot.now / 1_000 + kind.length * 7) % 13) / 6 }),
};

function campaign(
  policy: Policy,
  beginning: number,
  steps: readonly Step[],
  advised: Pick<WorldOptions, 'model' | 'settings'> = {},
): Checker {
  const checker = new Checker();
  const world = new World({ now: beginning, policy, ...advised });
  world.watch((watched, emitted) => checker.look(watched, emitted));
  world.start();
  for (const taken of steps) take(world, taken, checker);
  world.answer = 'ok';
  world.advance(24 * 3_600_000);
  return checker;
}

test('the catalogue can keep its own limits', () => {
  expect(catalogueDefects()).toEqual([]);
});

test.each([rulePolicy, lazy, eager, erratic])(
  'policy $version: no starvation, no double run, intervals and locks held in any history',
  (policy) => {
    fc.assert(
      fc.property(beginnings, histories, (beginning, steps) => {
        campaign(policy, beginning, steps);
      }),
      { numRuns: 40, interruptAfterTimeLimit: 40_000 },
    );
  },
);

/** Answers at the edges of what is allowed, beyond them, not at all, and with faults. */
const restless: ModelScript = (ask) => {
  const { candidates } = briefOf(ask);
  const mood = (ask.consult_id.charCodeAt(9) + ask.consult_id.charCodeAt(10)) % 6;
  if (mood === 0) return null;
  if (mood === 1) return reply(ask, { outcome: 'overloaded' });
  if (mood === 2) return modelAnswer(ask, { scales: candidates.map(({ kind }) => ({ kind, scale: 100 })) });
  if (mood === 3) return modelAnswer(ask, { choice: [], risk_scale: 0.5 });
  const scale = mood === 4 ? 0.5 : 2;
  return modelAnswer(ask, { scales: candidates.map(({ kind }) => ({ kind, scale })) });
};

test('under a restless model the guarantees hold as without it', () => {
  fc.assert(
    fc.property(beginnings, histories, (beginning, steps) => {
      campaign(rulePolicy, beginning, steps, { model: restless, settings: withModels() });
    }),
    { numRuns: 20 },
  );
});

test('with every answer lost for days, the floor alone still starts every kind in time', () => {
  const checker = new Checker();
  const world = new World({ now: Date.parse('2026-03-02T00:00:00Z'), policy: lazy });
  world.watch((watched, emitted) => checker.look(watched, emitted));
  world.answer = 'lost';
  world.start().advance(72 * 3_600_000);
  expect([...checker.starts.keys()].sort()).toEqual([...workflowKinds].sort());
});

test('an orchestrator rebuilt from rows before every message writes the same journal', () => {
  fc.assert(
    fc.property(beginnings, histories, (beginning, steps) => {
      const [steady, forgetful] = [false, true].map((amnesic) => {
        const world = new World({ now: beginning, amnesic }).start();
        for (const taken of steps) take(world, taken);
        return world.advance(7_200_000).kernel.hash;
      });
      expect(forgetful).toBe(steady);
    }),
    { numRuns: 25 },
  );
});

test('a kernel loaded from rows continues exactly as the one that kept running', () => {
  fc.assert(
    fc.property(beginnings, histories, histories, (beginning, before, after) => {
      const first = new World({ now: beginning }).start();
      for (const taken of before) take(first, taken);
      const second = new World({ now: first.now, loaded: first.loaded() });
      second.answer = first.answer;
      for (const world of [first, second]) {
        world.start(false);
        for (const taken of after) take(world, taken);
      }
      expect(second.kernel.hash).toBe(first.kernel.hash);
    }),
    { numRuns: 25 },
  );
});
