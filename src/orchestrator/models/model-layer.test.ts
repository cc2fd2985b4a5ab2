// The decision engine with a model behind it, seen from outside through a real kernel.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answer, briefOf, ladder, reply, rung, withModels } from '../../../test/support/model-replies.ts';
import { type ModelScript, testSettings, World } from '../../../test/support/orchestrator-world.ts';
import { JournalReplay } from '../../kernel/replay.ts';
import type { ModelFault } from '../../shared/domain/model.ts';
import { hourMs, minuteMs, secondMs } from '../../shared/domain/time.ts';
import { createOrchestrator } from '../orchestrator.ts';

const wednesday = Date.parse('2026-03-04T10:00:00Z');
const agree: ModelScript = (ask) => answer(ask);

/** A quiet quarter of an hour under a model that agrees; what it said and was asked is forgotten. */
function modelWorld(model: ModelScript, settings = withModels()): World {
  let quiet = true;
  const script: ModelScript = (ask) => (quiet ? agree(ask) : model(ask));
  const world = startedWorld(script, settings).advance(21 * minuteMs);
  for (const list of [world.messages, world.asked, world.effects]) list.length = 0;
  quiet = false;
  return world;
}

function startedWorld(model: ModelScript, settings = withModels()): World {
  return new World({ now: wednesday, settings, model })
    .start()
    .health()
    .trading(0)
    .market('crypto', 1)
    .market('forex', 1);
}

/** Activity jumps: the regime changes, and a model is asked at the first decision with an open choice. */
function jump(world: World, activity = 2.5): World {
  world.market('crypto', activity);
  const before = world.decisions.length;
  for (let step = 0; step < 5_400; step++) {
    world.advance(secondMs / 2);
    const reasons = world.decisions.slice(before).map((decision) => decision.advice?.reason ?? 'none');
    if (reasons.some((reason) => /^(none|regime changed|no model has room)/.test(reason))) return world;
  }
  throw new Error('no choice was open for three quarters of an hour');
}

const consulted = (world: World) => world.of('model.consulted').map((message) => message.data);

test('without a configured model records and messages are those of the policy alone', () => {
  const world = jump(new World({ now: wednesday }).start().health().market('crypto', 1)).advance(hourMs);
  for (const decision of world.decisions) {
    expect(decision.model).toBeNull();
    expect(decision).not.toHaveProperty('advice');
  }
  expect(world.effects.filter((effect) => effect.kind === 'model.ask')).toEqual([]);
  expect(world.messages.filter((message) => message.message_type.startsWith('model.'))).toEqual([]);
});

test('the policy decides and acts at once; the question leaves as an effect of the same turn', () => {
  const world = jump(modelWorld(() => null));
  const decision = world.lastDecision;
  expect(decision.task_ids.length).toBeGreaterThan(0);
  expect(decision).toMatchObject({
    model: 'policy decision@1#abc123def456',
    advice: { state: 'asked', prompt: 'decision@1#abc123def456', advice: null },
  });
  expect(world.asked).toHaveLength(1);
  expect(world.asked[0]).toMatchObject({ decision_id: decision.id, provider: 'groq', model: 'groq-model' });
  const started = world.of('task.assigned').filter((message) => message.data.decision_id === decision.id);
  expect(started.length).toBeGreaterThan(0);
});

test('advice that changes the choice is decided on when it arrives, recorded and explained', () => {
  const pushLondon: ModelScript = (ask) => {
    const activity = briefOf(ask).fields.crypto_activity;
    return answer(ask, {
      choice: ['crypto-aggressive-scan', 'deep-market-analysis'],
      scales: [{ kind: 'deep-market-analysis', scale: 2 }],
      reasoning: 'Crypto is lively, so look deeper.',
      evidence: [{ field: 'crypto_activity', value: activity }],
    });
  };
  const world = modelWorld(pushLondon).advance(hourMs);
  jump(world, 2.5);
  const before = world.decisions.length;
  world.advance(2 * secondMs);
  expect(world.decisions.length).toBe(before + 1);
  const advised = world.lastDecision;
  expect(advised).toMatchObject({
    trigger: 'event',
    model: 'groq/groq-model decision@1#abc123def456',
    advice: { state: 'advised', advice: { scales: { 'deep-market-analysis': 2 }, risk_scale: 1 } },
  });
  expect(advised.reasoning).toContain('Advised by groq/groq-model');
  expect(advised.reasoning).toContain('"Crypto is lively, so look deeper."');
  const deep = advised.candidates.find((candidate) => candidate.kind === 'deep-market-analysis')!;
  expect(deep.chosen).toBe(true);
  expect(deep.terms.advice).toBeCloseTo(deep.score / 2, 3);
  expect(deep.score).toBeCloseTo(
    Object.values(deep.terms).reduce((sum, term) => sum + term, 0),
    9,
  );
});

test('advice can tighten the mandate, to the half at most', () => {
  let answers = 1;
  const once: ModelScript = (ask) => (answers-- > 0 ? answer(ask, { risk_scale: 0.5 }) : null);
  const world = jump(modelWorld(once));
  const before = world.of('mandate').at(-1)!.data.risk_appetite;
  world.advance(2 * secondMs);
  expect(world.of('mandate').at(-1)!.data.risk_appetite).toBeCloseTo(before / 2, 2);
  world.advance(hourMs);
  expect(world.of('mandate').at(-1)!.data.risk_appetite).toBe(before);
});

test('agreement changes nothing and needs no second decision', () => {
  const world = jump(modelWorld(agree));
  const before = world.decisions.length;
  world.advance(2 * secondMs);
  expect(world.decisions.length).toBe(before);
  expect(consulted(world)).toMatchObject([{ verdict: 'accepted', input_tokens: 1_200, micro_usd: 2_200 }]);
});

describe('answers that do not help', () => {
  const bad: readonly (readonly [string, ModelScript, string])[] = [
    ['prose', (ask) => reply(ask, { text: 'Buy everything now.' }), 'not_json'],
    ['an empty answer', (ask) => reply(ask, { text: '' }), 'empty'],
    ['200 KB', (ask) => reply(ask, { text: 'x'.repeat(200_000) }), 'too_long'],
    ['a cut answer', (ask) => reply(ask, { text: '{"choice":["cry', finish: 'length' }), 'truncated'],
    [
      'a kind that was not listed',
      (ask) => answer(ask, { choice: ['forex-asia-session'] }),
      'not_admissible',
    ],
    ['a number made up', (ask) => answer(ask, { reasoning: 'Bitcoin fell by 12.7 percent.' }), 'fabrication'],
    ['a loosened risk', (ask) => answer(ask, { risk_scale: 3 }), 'shape'],
  ];
  test.each(bad)('%s: rejected and named, the policy stands', (_, script, code) => {
    const world = jump(modelWorld(script));
    const twin = jump(modelWorld(() => null));
    const before = world.decisions.length;
    world.advance(10 * minuteMs);
    twin.advance(10 * minuteMs);
    expect(consulted(world)[0]).toMatchObject({ verdict: 'rejected', code, advice: null });
    const plain = (of: World) => of.decisions.slice(before).map(({ at, candidates }) => ({ at, candidates }));
    expect(plain(world)).toEqual(plain(twin));
  });

  test('a late answer is booked and set aside', () => {
    const world = modelWorld((ask) => answer(ask, { risk_scale: 0.5 }));
    world.modelDelayMs = 25 * secondMs;
    jump(world);
    const before = world.of('mandate').at(-1)!.data.risk_appetite;
    world.advance(minuteMs);
    expect(consulted(world)[0]).toMatchObject({ verdict: 'late', micro_usd: 2_200 });
    expect(world.of('mandate').at(-1)!.data.risk_appetite).toBe(before);
  });

  test('an answer to a situation that is over is late, however fast it came', () => {
    const world = jump(modelWorld((ask) => answer(ask, { risk_scale: 0.5 })));
    world.market('crypto', 0.3).advance(2 * secondMs);
    expect(consulted(world)[0]).toMatchObject({ verdict: 'late' });
  });

  test('a reply that never comes blocks nothing for long, and its reservation stays booked', () => {
    const world = jump(modelWorld(() => null));
    world.advance(10 * minuteMs);
    jump(world, 0.3);
    const state = world.of('model.ladder').at(-1)!.data;
    expect(world.asked.length).toBeGreaterThan(1);
    expect(state.rungs[0]!.failures).toBeGreaterThan(0);
    expect(state.rungs[0]!.tokens_last_day).toBeGreaterThan(1_400 + 2_000);
  });

  test('replies that nobody asked for, twice, or of another rung, change nothing', () => {
    const world = jump(modelWorld(agree)).advance(2 * secondMs);
    const before = world.messages.length;
    const [ask] = world.asked;
    for (const changes of [{}, { consult_id: 'consult-none' }, { provider: 'openai' as const }])
      world.send('model.reply', answer({ ...ask!, ...changes }, { risk_scale: 0.5 }));
    expect(world.messages.length).toBe(before);
  });
});

describe('the ladder', () => {
  const three = withModels(ladder({ rungs: [rung('groq'), rung('openai'), rung('compatible')] }));
  const faults: readonly ModelFault[] = [
    'rate_limited',
    'unauthorised',
    'unknown_model',
    'timeout',
    'unreadable',
  ];

  test.each(faults)('after %s the next rung answers the same question', (fault) => {
    const script: ModelScript = (ask) =>
      ask.provider === 'openai' ? answer(ask) : reply(ask, { outcome: fault });
    const world = jump(modelWorld(script, three)).advance(5 * secondMs);
    expect(world.asked.map((ask) => ask.provider)).toEqual(['groq', 'openai']);
    expect(world.asked[0]!.brief).toBe(world.asked[1]!.brief);
    expect(consulted(world).map(({ verdict, code }) => [verdict, code])).toEqual([
      ['failed', fault],
      ['accepted', 'none'],
    ]);
    const [groq, openai] = world.of('model.ladder').at(-1)!.data.rungs;
    expect(groq).toMatchObject({ state: 'backing_off', detail: fault, failures: 1 });
    expect(openai).toMatchObject({ state: 'ready', failures: 0 });
  });

  test('when all rungs fail the policy stands, and nobody is asked while they rest', () => {
    const script: ModelScript = (ask) => reply(ask, { outcome: 'quota_exhausted' });
    const world = jump(modelWorld(script, three)).advance(5 * secondMs);
    expect(world.asked.map((ask) => ask.provider)).toEqual(['groq', 'openai', 'compatible']);
    for (let index = 0; index < 6; index++)
      world
        .market('crypto', index % 2 === 0 ? 0.4 : 2.5)
        .advance(5 * minuteMs)
        .command('force_decision');
    expect(world.asked).toHaveLength(3);
    expect(world.decisions.map((decision) => decision.advice?.reason).join()).toContain(
      'no model has room (groq: rests after quota_exhausted; openai:',
    );
    expect(world.lastDecision.model).toBe('policy decision@1#abc123def456');
  });

  test('a failure near the deadline asks nobody else', () => {
    const world = modelWorld((ask) => reply(ask, { outcome: 'timeout' }), three);
    world.modelDelayMs = 19 * secondMs;
    jump(world).advance(minuteMs);
    expect(world.asked).toHaveLength(1);
  });

  test('a refused call costs nothing; one whose cost is unknown costs its reservation', () => {
    const today = (script: ModelScript) => {
      const world = modelWorld(script);
      const spent = () => world.of('model.ladder').at(-1)!.data.usd_today;
      world.command('force_decision');
      const before = spent();
      jump(world).advance(5 * secondMs);
      return spent() - before;
    };
    expect(today((ask) => reply(ask, { outcome: 'rate_limited' }))).toBe(0);
    expect(today(agree)).toBeCloseTo(0.0022, 9);
    expect(today((ask) => reply(ask, { outcome: 'timeout', input_tokens: null }))).toBeGreaterThan(0.005);
  });

  test('caps of zero: no model that costs is asked, and the record says why', () => {
    const world = jump(modelWorld(agree, withModels(ladder({ daily_usd: 0 }))));
    expect(world.asked).toEqual([]);
    expect(world.lastDecision.advice).toMatchObject({ state: 'not_asked' });
    expect(world.lastDecision.advice?.reason).toContain('the cap of 0 $ a day is reached');
  });
});

test('an equal snapshot is answered from memory, without a call', () => {
  const world = modelWorld((ask) => answer(ask, { risk_scale: 0.8 }));
  jump(world).advance(2 * secondMs);
  const period = (activity: number) => world.market('crypto', activity).advance(15 * minuteMs);
  for (let index = 0; index < 96; index++) period(index % 2 === 0 ? 1 : 2.5);
  const cached = consulted(world).filter(({ verdict }) => verdict === 'cached');
  expect(cached.length).toBeGreaterThan(0);
  expect(cached[0]).toMatchObject({ micro_usd: 0, input_tokens: 0, advice: { risk_scale: 0.8 } });
});

test('paused or with nothing to choose nobody is asked', () => {
  const world = modelWorld(agree).command('stop');
  for (let index = 0; index < 10; index++)
    world.market('crypto', index % 2 === 0 ? 0.3 : 3).advance(10 * minuteMs);
  expect(world.asked).toEqual([]);
});

test('advice ends with its regime and after ten minutes', () => {
  let answers = 1;
  const once: ModelScript = (ask) => (answers-- > 0 ? answer(ask, { risk_scale: 0.6 }) : null);
  const world = jump(modelWorld(once)).advance(2 * secondMs);
  expect(world.lastDecision.advice?.state).toBe('advised');
  const end = world.now + 10 * minuteMs;
  while (world.now < end + minuteMs) world.advance(minuteMs);
  expect(world.lastDecision.advice?.state).not.toBe('advised');
});

test('nothing that a brief shows is a key, an amount of money or unbounded', () => {
  const world = modelWorld(agree);
  world.summary = 'x'.repeat(5_000);
  for (let index = 0; index < 12; index++)
    world
      .source(`source ${'y'.repeat(60)} ${index}`, 'live')
      .market('crypto', index % 2 === 0 ? 0.4 : 3)
      .advance(15 * minuteMs);
  expect(world.asked.length).toBeGreaterThan(2);
  for (const { brief } of world.asked) {
    expect(brief.length).toBeLessThan(6_000);
    expect(brief).not.toMatch(/equity|cash|10000/);
  }
});

describe('replay', () => {
  /** A model that answers all kinds of things, as a function of the question alone. */
  const moody: ModelScript = (ask) => {
    const mood = (ask.brief.length * 7 + ask.consult_id.charCodeAt(9)) % 7;
    const { candidates } = briefOf(ask);
    if (mood === 0) return null;
    if (mood === 1) return reply(ask, { outcome: 'overloaded' });
    if (mood === 2) return reply(ask, { text: '{"choice":' });
    if (mood === 3) return answer(ask, { choice: [], risk_scale: 0.7 });
    return answer(ask, {
      scales: candidates.map(({ kind }, index) => ({ kind, scale: [0.5, 0.8, 1.4, 2][(index + mood) % 4] })),
    });
  };
  const two = withModels(ladder({ rungs: [rung('groq'), rung('openai')] }));
  const activities = fc.array(fc.double({ min: 0.1, max: 4, noNaN: true }), { minLength: 4, maxLength: 30 });

  function live(levels: readonly number[], amnesic = false): World {
    const world = new World({ now: wednesday, settings: two, model: moody, amnesic }).start().health();
    for (const level of levels)
      world
        .market('crypto', level)
        .advance(4 * minuteMs)
        .command('force_decision');
    return world;
  }

  test('an orchestrator rebuilt from rows before every message writes the same journal', () => {
    fc.assert(
      fc.property(activities, (levels) => {
        expect(live(levels, true).kernel.hash).toBe(live(levels).kernel.hash);
      }),
      { numRuns: 15 },
    );
  });

  test('the recorded inputs alone reproduce it, answers included', () => {
    const world = live(Array.from({ length: 40 }, (_, index) => 1 + 1.5 * Math.sin(index)));
    expect(new Set(consulted(world).map(({ verdict }) => verdict)).size).toBeGreaterThan(2);
    const workers = new World({ now: wednesday, settings: two });
    const replay = new JournalReplay(() => ({
      orchestrator_ai: () => createOrchestrator(two),
      analyst_ai: () => workers.worker('analyst_ai'),
      health_ai: () => workers.worker('health_ai'),
    }));
    for (const entry of world.entries) replay.check(entry);
    expect(replay.difference).toBeUndefined();
    expect(replay.replayed).toBe(world.entries.length);
    expect(replay.hash).toBe(world.kernel.hash);
  });

  test('after a start nobody waits for an answer of before', () => {
    const world = jump(modelWorld(() => null));
    const restarted = new World({
      now: world.now,
      loaded: world.loaded(),
      settings: withModels(),
      model: agree,
    });
    restarted.start(false);
    expect(restarted.of('model.ladder').at(-1)!.data).toMatchObject({ awaiting: null });
    jump(restarted, 0.3).advance(2 * secondMs);
    expect(consulted(restarted).at(-1)).toMatchObject({ verdict: 'accepted' });
  });

  test('settings without models after a run with them: the policy alone, as if there had been none', () => {
    const world = jump(modelWorld((ask) => answer(ask, { risk_scale: 0.5 }))).advance(2 * secondMs);
    expect(world.of('mandate').at(-1)!.data.risk_appetite).toBe(0.44);
    const without = new World({ now: world.now, loaded: world.loaded(), settings: testSettings }).start(
      false,
    );
    expect(without.lastDecision.model).toBeNull();
    expect(without.of('mandate').at(-1)!.data.risk_appetite).toBe(0.88);
  });
});
