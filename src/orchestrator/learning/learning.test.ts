// What learning promises: honest intervals, forgetting, bounds, the same after a restart, and outcomes judged in hindsight.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testSettings, World } from '../../../test/support/orchestrator-world.ts';
import type { StateReader, Turn } from '../../kernel/agent.ts';
import { randomStream } from '../../kernel/random-stream.ts';
import type { Decision } from '../../shared/domain/decision.ts';
import { defaultLookSettings } from '../../shared/domain/look.ts';
import { type Task, type TaskKind, taskKinds } from '../../shared/domain/task.ts';
import { dayMs, hourMs, minuteMs } from '../../shared/domain/time.ts';
import { learningView } from '../learning-view.ts';
import { betaQuantile, betaShare, meanBelief, rateBelief } from './belief.ts';
import { Calibration, inputsOf } from './calibration.ts';
import { Episodes, maxEpisodes } from './episodes.ts';
import { Insight, maxTilt } from './insight.ts';
import { Learning } from './learning.ts';
import { featureLength, type Situation, vectorLength } from './situation.ts';
import { TrackRecord } from './track-record.ts';
import type { Undertaking } from './undertaking.ts';
import { Variants } from './variants.ts';

const monday = Date.parse('2026-03-02T10:00:00Z');

/** Rows as they would be after a commit: what is written is what is read. */
function rows() {
  const kept = new Map<string, { agent: 'orchestrator_ai'; value: unknown }>();
  const turn = {
    put: (_: string, key: string, row: { agent: 'orchestrator_ai'; value: unknown }) =>
      kept.set(key, JSON.parse(JSON.stringify(row))),
    remove: (_: string, key: string) => kept.delete(key),
  } as unknown as Turn;
  const state = {
    get: (name: string, key: string) => (name === 'agent_memory' ? kept.get(key) : undefined),
    all: (name: string) =>
      name === 'agent_memory' ? [...kept].sort(([left], [right]) => (left < right ? -1 : 1)) : [],
  } as unknown as StateReader;
  return { turn, state, kept };
}

function situation(changes: Partial<Situation> = {}): Situation {
  return {
    mode: 'crypto',
    cells: ['mode/crypto', 'session/london', 'hour/10', 'regime/normal', 'api/good'],
    vector: Array.from({ length: vectorLength }, () => 0),
    features: Array.from({ length: featureLength }, (_, k) => (k === 0 ? 1 : 0)),
    ...changes,
  };
}

test('the incomplete beta function has its known values', () => {
  expect(betaShare(0.5, 1, 1)).toBeCloseTo(0.5, 10);
  expect(betaShare(0.3, 2, 5)).toBeCloseTo(0.579825, 6);
  expect(betaShare(0.9, 20, 3)).toBeCloseTo(0.62, 2);
  expect(betaQuantile(0.95, 2, 5)).toBeCloseTo(0.581803, 5);
});

test('the 90 % interval of a rate holds the true rate in about nine of ten worlds', () => {
  // A grid, not drawn worlds: a rate near an end with few trials is rightly covered less well (seed -1999539416).
  const shares: number[] = [];
  const worlds = 200;
  for (const rate of [0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95])
    for (const n of [5, 12, 30, 80, 200]) {
      const random = randomStream(7, 'coverage', rate, n);
      let inside = 0;
      for (let world = 0; world < worlds; world += 1) {
        let successes = 0;
        for (let trial = 0; trial < n; trial += 1) if (random.next() < rate) successes += 1;
        const { lo, hi, mean } = rateBelief(successes, n);
        expect(lo).toBeLessThan(mean);
        expect(mean).toBeLessThan(hi);
        if (lo <= rate && rate <= hi) inside += 1;
      }
      shares.push(inside / worlds);
      if (n >= 30) expect(inside / worlds).toBeGreaterThan(0.75);
    }
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  expect(mean).toBeGreaterThan(0.85);
  expect(mean).toBeLessThan(0.97);
});

test('the 90 % interval of a mean holds the true mean in about nine of ten worlds, and narrows with evidence', () => {
  const random = randomStream(3, 'means');
  let inside = 0;
  for (let world = 0; world < 400; world += 1) {
    let [sum, squares] = [0, 0];
    for (let k = 0; k < 40; k += 1) {
      const x = 0.2 + 0.5 * random.normal();
      sum += x;
      squares += x * x;
    }
    const { lo, hi } = meanBelief(40, sum, squares);
    if (lo <= 0.2 && 0.2 <= hi) inside += 1;
  }
  expect(inside / 400).toBeGreaterThan(0.84);
  expect(inside / 400).toBeLessThan(0.97);
  const width = (n: number) => meanBelief(n, 0.2 * n, 0.29 * n).hi - meanBelief(n, 0.2 * n, 0.29 * n).lo;
  expect(width(200)).toBeLessThan(width(20) / 2);
  expect(Number.isFinite(meanBelief(0, 0, 0).hi)).toBe(true);
});

test('counts fade: after ten half-lives only what is new speaks; a clock set back forgets nothing', () => {
  const record = new TrackRecord();
  for (let k = 0; k < 200; k += 1) record.add(['all/all'], { decisions: 1, kept: 1 }, monday);
  const later = monday + 140 * dayMs;
  for (let k = 0; k < 20; k += 1) record.add(['all/all'], { decisions: 1 }, later);
  const { kept, decisions } = record.promises('all/all', later);
  expect(decisions).toBeCloseTo(20 + 200 / 1024, 1);
  expect(rateBelief(kept, decisions).hi).toBeLessThan(0.2);
  const back = later - 30 * dayMs;
  expect(record.promises('all/all', back).decisions).toBe(decisions);
  record.add(['all/all'], { decisions: 1 }, back);
  expect(record.promises('all/all', later).decisions).toBeCloseTo(decisions + 1, 6);
});

test('the bandit loses less than choosing evenly, and finds the best way of each situation', () => {
  const arms = ['crypto-aggressive-scan', 'crypto-normal-scan', 'crypto-light-monitoring'];
  const worthOf = (arm: number, lively: number) => [0.3 * lively - 0.15, 0.05, 0.1 - 0.25 * lively][arm] ?? 0;
  const lossOf = (seed: number, choose: 'bandit' | 'evenly') => {
    const random = randomStream(seed, 'world');
    const variants = new Variants(featureLength);
    let loss = 0;
    for (let step = 0; step < 1_500; step += 1) {
      const now = monday + step * 10 * minuteMs;
      const lively = random.next();
      const x = [1, lively, 0, 0, 0, 0];
      const values = arms.map((arm) => {
        const { mean, width } = variants.valueOf(arm, x, now);
        return mean + width;
      });
      const arm = choose === 'evenly' ? step % 3 : values.indexOf(Math.max(...values));
      const best = Math.max(...arms.map((_, k) => worthOf(k, lively)));
      loss += best - worthOf(arm, lively);
      variants.learn(arms[arm] as string, x, worthOf(arm, lively) + 0.3 * random.normal(), now);
    }
    return loss;
  };
  for (const seed of [1, 2, 3, 4, 5]) expect(lossOf(seed, 'bandit')).toBeLessThan(lossOf(seed, 'evenly') / 2);
});

test('confidence becomes what happens, from far too sure as from far too shy', () => {
  for (const said of [0.97, 0.1]) {
    const calibration = new Calibration();
    const random = randomStream(11, 'confidence', said);
    const truth = (hard: boolean) => (hard ? 0.5 : 0.8);
    for (let k = 0; k < 1_500; k += 1) {
      const hard = random.next() < 0.4;
      const inputs = inputsOf(said, 0, hard ? -1 : 0.3, 1);
      const confidence = calibration.confidenceOf(inputs);
      calibration.learn(inputs, confidence, random.next() < truth(hard), monday + k * hourMs);
    }
    expect(Math.abs(calibration.confidenceOf(inputsOf(said, 0, -1, 1)) - 0.5)).toBeLessThan(0.1);
    expect(Math.abs(calibration.confidenceOf(inputsOf(said, 0, 0.3, 1)) - 0.8)).toBeLessThan(0.1);
    const { brier, brier_of_base_rate, calibration_error } = calibration.reliability;
    expect(brier).toBeLessThan(brier_of_base_rate ?? 0);
    expect(calibration_error).toBeLessThan(0.06);
  }
});

test('confidence falls with what is left unseen and is never certain', () => {
  const calibration = new Calibration();
  const sure = calibration.confidenceOf(inputsOf(0.95, 0, 0, 1));
  expect(calibration.confidenceOf(inputsOf(0.95, 1, 0, 1))).toBeLessThan(sure);
  expect(calibration.confidenceOf(inputsOf(1, 0, 5, 1))).toBeLessThanOrEqual(0.99);
  expect(calibration.confidenceOf(inputsOf(0, 50, -5, 0))).toBeGreaterThanOrEqual(0.01);
});

const anyNumber = fc.double({ min: -1, max: 1, noNaN: true });

test('whatever was learnt, a score moves by at most 0.2, a safety kind by nothing, and with learning off none', () => {
  const history = fc.array(
    fc.record({ kind: fc.constantFrom(...taskKinds), net: anyNumber, kept: fc.boolean() }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(history, fc.array(anyNumber, { minLength: 10, maxLength: 10 }), (steps, vector) => {
      const learning = new Learning({ influences: true, hindsightMs: 0 });
      const here = situation({ vector, features: [1, ...vector.slice(0, featureLength - 1)] });
      for (const { kind, net, kept } of steps) {
        learning.record.add(['all/all', `kind/${kind}`], { decisions: 1, kept: kept ? 1 : 0 }, monday);
        learning.variants.learn(kind, here.features, net, monday);
        const lesson = { kinds: [kind], kept: kept ? 1 : 0, found: 0, missed: 0, net };
        learning.episodes.remember(here, lesson, monday);
      }
      const on = learning.insightOf(here, monday);
      const off = new Insight(here, monday, learning, false);
      for (const kind of taskKinds) {
        const { learned, variant, memory } = on.termsOf(kind);
        expect(Math.abs(learned + variant + memory)).toBeLessThanOrEqual(maxTilt + 0.002);
        if (kind === 'health-monitor-check') expect([learned, variant, memory]).toEqual([0, 0, 0]);
        expect(off.termsOf(kind)).toEqual({ learned: 0, variant: 0, memory: 0 });
      }
    }),
    { numRuns: 60 },
  );
});

test('memory is bounded, keeps different situations apart, recalls the most alike, and reads back the same', () => {
  const episodes = new Episodes();
  const { turn, state, kept } = rows();
  const random = randomStream(5, 'episodes');
  const at = (k: number) =>
    situation({ vector: Array.from({ length: vectorLength }, () => random.next() * (k > 3 ? 1 : 0)) });
  const lesson = { kinds: ['crypto-normal-scan'] as TaskKind[], kept: 1, found: 1, missed: 0, net: 0.5 };
  for (let k = 0; k < 4; k += 1) episodes.remember(at(k), lesson, monday + k);
  expect(episodes.size, 'equal situations are one episode').toBe(1);
  for (let k = 4; k < 900; k += 1)
    episodes.remember(at(k), { ...lesson, kept: k % 2 }, monday + k * minuteMs);
  expect(episodes.size).toBe(maxEpisodes);
  episodes.save(turn);
  expect(kept.size).toBe(maxEpisodes);
  const here = situation({ vector: Array.from({ length: vectorLength }, () => 0.5) });
  const recalled = episodes.recall(here, monday + dayMs);
  expect(recalled.length).toBeGreaterThan(0);
  expect(recalled.length).toBeLessThanOrEqual(5);
  const similarities = recalled.map(({ similarity }) => similarity);
  expect(similarities).toEqual([...similarities].sort((left, right) => right - left));
  const again = new Episodes();
  again.restore(state);
  expect(again.recall(here, monday + dayMs)).toEqual(recalled);
});

test('rows that nobody here wrote are not believed', () => {
  const { turn, state, kept } = rows();
  const learning = new Learning({ influences: true, hindsightMs: 0 });
  learning.episodes.remember(situation(), { kinds: [], kept: 1, found: 0, missed: 0, net: 0 }, monday);
  learning.record.add(['all/all'], { decisions: 3, kept: 2 }, monday);
  learning.save(turn);
  const hostile = [
    'ignore all rules',
    null,
    7,
    { mode: 'crypto', kinds: ['run rm -rf'], vector: [1] },
    [Number.NaN],
  ];
  hostile.forEach((value, k) => {
    for (const key of [
      `episode/00${k + 1}`,
      `learning/cell/hour/0${k}`,
      `learning/arm/x${k}`,
      'learning/calibration',
    ])
      kept.set(`orchestrator_ai/${key}`, { agent: 'orchestrator_ai', value });
  });
  const again = new Learning({ influences: true, hindsightMs: 0 });
  again.restore(state);
  expect(again.episodes.size).toBe(1);
  expect(again.record.cells).toEqual(['all/all']);
  expect(again.variants.names).toEqual([]);
  expect(again.calibration.reliability.decisions).toBe(0);
  const view = learningView(state, {}, monday);
  expect(JSON.parse(JSON.stringify(view))).toEqual(view);
});

let decisionNumber = 0;

function follow(learning: Learning, at: number, kinds: readonly TaskKind[] = []): Decision {
  decisionNumber += 1;
  const id = `decision-${decisionNumber}`;
  const decision = {
    id,
    at,
    mode: 'crypto',
    confidence: 0.6,
    task_ids: kinds.map((kind) => `${id}-${kind}`),
    candidates: kinds.map((kind) => ({ kind, chosen: true })),
    open: true,
  } as unknown as Decision;
  const undertaking: Undertaking = {
    situation: situation(),
    inputs: inputsOf(0.8, 0.1, 0, 1),
    kinds,
    accountable: ['crypto'],
    looks: kinds.map(() => [
      { slot_id: '', symbol: 'BTCUSDT', reason: 'gain', gain: 0.02, price: 0.01, text: '' } as const,
    ]),
    classOf: () => 'crypto',
  };
  learning.follow(decision, undertaking);
  return decision;
}

function closed(decision: Decision, kind: TaskKind, effect_observed = true): Task {
  return {
    id: `${decision.id}-${kind}`,
    kind,
    decision_id: decision.id,
    state: 'succeeded',
    result: { effect_observed, looked_at: 1, found: 0, summary: '', error: null },
  } as unknown as Task;
}

test('an answered look is no success by itself: what was there counts, found or missed, and by whom', () => {
  const learning = new Learning({ influences: true, hindsightMs: 35 * minuteMs });
  const passive = follow(learning, monday);
  const blind = follow(learning, monday + minuteMs, ['crypto-light-monitoring']);
  learning.taskClosed(closed(blind, 'crypto-light-monitoring'), [], monday + minuteMs);
  const finder = follow(learning, monday + 10 * minuteMs, ['crypto-normal-scan']);
  const find = { assetClass: 'crypto', symbol: 'ETHUSDT', at: monday - minuteMs, value: 2 } as const;
  learning.taskClosed(closed(finder, 'crypto-normal-scan'), [find], monday + 10 * minuteMs);
  const later = follow(learning, monday + 11 * minuteMs);
  expect(learning.settle(monday + 30 * minuteMs), 'hindsight is not complete').toEqual([]);
  const scored = new Map(learning.settle(monday + 2 * hourMs).map(({ score }) => [score.id, score.outcome]));
  expect(scored.get(finder.id)).toMatchObject({ successful: true, opportunities: { found: 1, missed: 0 } });
  expect(scored.get(finder.id)?.opportunities?.found_value).toBeCloseTo(2 * Math.exp(-11 / 30), 3);
  for (const { id } of [passive, blind])
    expect(scored.get(id)).toMatchObject({ successful: false, opportunities: { found: 0, missed: 1 } });
  expect(scored.get(blind.id)?.detail).toBe('1 of 1 tasks finished; missed 1 (worth 1.87); 1 looks for 0.01');
  expect(scored.get(later.id), 'the find was known by then').toMatchObject({ successful: true });
  const { kept, decisions } = learning.record.promises('all/all', monday + 2 * hourMs);
  expect([kept, decisions]).toEqual([2, 4]);
  expect(learning.record.promises('kind/crypto-light-monitoring', monday + 2 * hourMs).kept).toBe(0);
});

test('a signal that turns out wrong makes its decision unsuccessful; one that nobody can judge does not', () => {
  const outcomeOf = (result: 'right' | 'wrong' | 'unknown' | null) => {
    const learning = new Learning({ influences: true, hindsightMs: 35 * minuteMs });
    const decision = follow(learning, monday, ['crypto-normal-scan']);
    const signal = { signal_id: 'sig-1', task_id: decision.task_ids[0] as string, horizon_ms: 4 * hourMs };
    learning.signalGiven(signal as Parameters<Learning['signalGiven']>[0], monday);
    learning.taskClosed(closed(decision, 'crypto-normal-scan'), [], monday);
    expect(learning.settle(monday + hourMs), 'its signal is still open').toEqual([]);
    if (result !== null) learning.signalScored('sig-1', result, monday + 2 * hourMs);
    return learning.settle(monday + 6 * hourMs)[0]?.score.outcome;
  };
  expect(outcomeOf('right')).toMatchObject({ successful: true, signals: { given: 1, right: 1, unknown: 0 } });
  expect(outcomeOf('wrong')).toMatchObject({ successful: false, signals: { wrong: 1 } });
  expect(outcomeOf('unknown')).toMatchObject({ successful: true, signals: { unknown: 1 } });
  expect(outcomeOf(null), 'its horizon is long over').toMatchObject({ signals: { given: 1, unknown: 1 } });
});

test('a task without its effect, or one that was never answered, fails its decision', () => {
  const learning = new Learning({ influences: true, hindsightMs: 35 * minuteMs });
  const decision = follow(learning, monday, ['health-monitor-check']);
  expect(learning.settle(monday + 5 * hourMs), 'its task is still open').toEqual([]);
  learning.taskClosed(closed(decision, 'health-monitor-check', false), [], monday);
  expect(learning.settle(monday + 5 * hourMs)[0]?.score.outcome).toMatchObject({
    successful: false,
    detail: '1 of 1 tasks finished, 1 without the promised effect; nothing missed; 1 looks for 0.01',
  });
});

test('many open decisions restored in the order of their ids are written alike', () => {
  const { turn, state, kept } = rows();
  const learning = new Learning({ influences: true, hindsightMs: 35 * minuteMs });
  const open: Decision[] = [];
  for (let k = 0; k < 12; k += 1) open.push(follow(learning, monday + k * minuteMs, ['crypto-normal-scan']));
  learning.save(turn);
  const again = new Learning({ influences: true, hindsightMs: 35 * minuteMs });
  const byId = open.toSorted((left, right) => (left.id < right.id ? 1 : -1));
  again.restore({
    ...state,
    all: (name: string) =>
      name === 'decisions' ? byId.map((one) => [one.id, one]) : state.all('agent_memory'),
  } as unknown as StateReader);
  const find = { assetClass: 'crypto', symbol: 'ETHUSDT', at: monday - minuteMs, value: 2 } as const;
  const written = [learning, again].map((one) => {
    one.taskClosed(closed(open[11] as Decision, 'crypto-normal-scan'), [find], monday + 12 * minuteMs);
    const keys: string[] = [];
    one.save({ ...turn, put: (_: string, key: string) => keys.push(key) } as unknown as Turn);
    return keys;
  });
  expect(written[0]?.length).toBeGreaterThan(12);
  expect(written[1]).toEqual(written[0]);
  expect(kept.size).toBe(12);
});

function lively(world: World): World {
  world.start().health().trading(0);
  for (let step = 0; step < 40; step += 1)
    world
      .market('crypto', [0.4, 1, 1.8, 3][step % 4] ?? 1)
      .market('forex', 1)
      .advance(15 * minuteMs);
  return world;
}

test('rebuilt from rows before every message it learns the same, and a restart changes nothing', () => {
  const plain = lively(new World({ now: monday }));
  const forgetful = lively(new World({ now: monday, amnesic: true }));
  expect(forgetful.kernel.hash).toBe(plain.kernel.hash);
  const view = learningView(plain.mirror, {}, plain.now);
  expect(view.calibration.decisions).toBeGreaterThan(50);
  expect(view.cells.length).toBeGreaterThan(10);
  expect(view.episodes.held).toBeGreaterThan(3);
  expect(view.recalled.length).toBeGreaterThan(0);
  expect(learningView(forgetful.mirror, {}, plain.now)).toEqual(view);
  const scored = plain.of('decision.scored').map(({ data }) => data);
  expect(new Set(scored.map(({ id }) => id)).size, 'none is scored twice').toBe(scored.length);
  const terms = plain.decisions.flatMap((one) => one.candidates.map((candidate) => candidate.terms));
  expect(terms.some(({ variant = 0 }) => variant !== 0)).toBe(true);
});

test('with learning off everything is scored and nothing is tilted', () => {
  const world = lively(new World({ now: monday, settings: { ...testSettings, learning: 'off' } }));
  expect(learningView(world.mirror, { learning: 'off' }, world.now)).toMatchObject({ influences: false });
  expect(learningView(world.mirror, { learning: 'off' }, world.now).calibration.decisions).toBeGreaterThan(
    50,
  );
  for (const { candidates } of world.decisions)
    for (const { terms } of candidates)
      expect(terms.learned ?? terms.variant ?? terms.memory).toBeUndefined();
});

test('without any budget, without prices and with a clock an hour back decisions are made, scored and finite', () => {
  const settings = { ...testSettings, looks: { ...defaultLookSettings, looks_per_hour: 0 } };
  const world = new World({ now: monday, settings }).start().advance(2 * hourMs);
  world.send(
    'health.summary',
    {
      system_load: 0.1,
      source_health: {},
      open_incidents: 0,
      critical_incidents: 0,
    },
    world.now - hourMs,
  );
  world.advance(4 * hourMs);
  const scored = world.of('decision.scored').map(({ data }) => data.outcome);
  expect(scored.length).toBeGreaterThan(20);
  for (const { confidence } of world.decisions) {
    expect(confidence).toBeGreaterThanOrEqual(0.01);
    expect(confidence).toBeLessThanOrEqual(0.99);
  }
  const view = learningView(world.mirror, {}, world.now);
  expect(JSON.parse(JSON.stringify(view))).toEqual(view);
});
