// The optimiser on the real kernel: it proposes with a gain, applies only what is safe, keeps what measurably helps and
// takes back what does not.
import { describe, expect, test } from 'vitest';
import type { ModelConsultation } from '../shared/domain/model.ts';
import { hourMs, minuteMs, secondMs } from '../shared/domain/time.ts';
import type { SystemVitals } from '../shared/domain/vitals.ts';
import { HealthWorld } from './testing/health-world.ts';

const healing = { process_restart: false, create_index: false, database: 'postgres' } as const;

/** Vitals every five seconds for so long. */
function beat(world: HealthWorld, ms: number, vitals: () => Partial<SystemVitals>): void {
  for (let passed = 0; passed < ms; passed += 5 * secondMs) {
    world.vitals(vitals());
    world.wait(5 * secondMs);
  }
}

/** A machine whose commits take that share of the time, and another one once they are batched. */
function machine(tuned: Partial<SystemVitals>) {
  return (world: HealthWorld) => (): Partial<SystemVitals> => {
    const acts = world.requested('heal.act').map(({ action }) => action);
    const isTuned = acts.lastIndexOf('commits.tune') > acts.lastIndexOf('commits.untune');
    return { commit_share: 0.4, batch_inputs: 1.5, commit_ms: 12, ...(isTuned ? tuned : {}) };
  };
}

function proposals(world: HealthWorld): string[] {
  return world.emitted('health.proposal').map(({ knob, state }) => `${knob} ${state}`);
}

describe('the pause between commits', () => {
  test('is tried where commits take much of the time, and kept when they take less', () => {
    const world = new HealthWorld({ healing });
    const vitals = machine({ commit_share: 0.15, batch_inputs: 6 })(world);
    beat(world, 2 * hourMs, vitals);
    expect(proposals(world)).toEqual(['commit_batch applied', 'commit_batch kept']);
    expect(world.requested('heal.act').map(({ action }) => action)).toEqual(['commits.tune']);
    const [applied, kept] = world.emitted('health.proposal');
    expect(applied).toMatchObject({ safe: true, from: '15 ms', to: '60 ms', before: 0.4, after: null });
    expect(applied?.expected_gain).toContain('share one commit');
    expect(kept).toMatchObject({ after: 0.15, before: 0.4 });
  });

  test('is taken back when that does not help, and not tried again the same day', () => {
    const world = new HealthWorld({ healing });
    beat(world, 5 * hourMs, machine({ commit_share: 0.41 })(world));
    expect(proposals(world)).toEqual(['commit_batch applied', 'commit_batch rolled_back']);
    expect(world.requested('heal.act').map(({ action }) => action)).toEqual([
      'commits.tune',
      'commits.untune',
    ]);
  });

  test('is taken back when inputs begin to wait, however cheap commits become', () => {
    const world = new HealthWorld({ healing });
    beat(world, 2 * hourMs, machine({ commit_share: 0.05, inbox_depth: 900 })(world));
    expect(proposals(world)).toEqual(['commit_batch applied', 'commit_batch rolled_back']);
  });

  test('is only proposed where nothing may act, or while something is wrong', () => {
    const idle = new HealthWorld();
    beat(idle, 2 * hourMs, machine({})(idle));
    expect(proposals(idle)).toEqual(['commit_batch proposed']);
    const ill = new HealthWorld({ healing });
    ill.trading(1, 1);
    beat(ill, 2 * hourMs, machine({})(ill));
    expect(proposals(ill)).toEqual(['commit_batch proposed']);
    for (const world of [idle, ill])
      expect(world.requested('heal.act').filter(({ action }) => action === 'commits.tune')).toEqual([]);
  });

  test('is left alone where commits cost little', () => {
    const world = new HealthWorld({ healing });
    beat(world, 3 * hourMs, () => ({ commit_share: 0.02, batch_inputs: 3 }));
    expect(proposals(world)).toEqual([]);
  });
});

test('a model whose answers are mostly useless is proposed to be left out, and never left out by itself', () => {
  const world = new HealthWorld({ healing });
  const asked: ModelConsultation = {
    consult_id: 'c',
    decision_id: 'd',
    provider: 'groq',
    model: 'm',
    prompt: 'p',
    reason: 'r',
    verdict: 'rejected',
    code: 'fabrication',
    detail: '',
    advice: null,
    input_tokens: 900,
    output_tokens: 100,
    micro_usd: 500,
    latency_ms: 1_200,
    at: world.now,
  };
  for (let call = 0; call < 30; call++) world.send('orchestrator_ai', 'model.consulted', asked);
  beat(world, hourMs, () => ({ commit_share: 0.01 }));
  const [proposal] = world.emitted('health.proposal');
  expect(proposal).toMatchObject({ knob: 'model_groq', state: 'proposed', safe: false, before: 0 });
  expect(proposal?.reason).toBe('only 0 % of 30 answers were accepted');
  expect(proposal?.expected_gain).toContain('1000 tokens');
  expect(world.requested('heal.act')).toEqual([]);
  for (let call = 0; call < 30; call++)
    world.send('orchestrator_ai', 'model.consulted', { ...asked, verdict: 'accepted', code: 'none' });
  beat(world, 2 * hourMs, () => ({ commit_share: 0.01 }));
  expect(proposals(world)).toEqual(['model_groq proposed', 'model_groq withdrawn']);
});

test('a drift that never jumps is told, and what every day brings at the same hour is not', () => {
  const world = new HealthWorld();
  const daily = (at: number) => (new Date(at).getUTCHours() === 14 ? 0.55 : 0.2);
  const told = () =>
    world
      .emitted('health.incident')
      .filter(({ open }) => open)
      .map(({ cause }) => cause);
  for (let day = 0; day < 3; day++) beat(world, 24 * hourMs, () => ({ cpu_load: daily(world.now) }));
  const early = told().filter((cause) => cause.endsWith('cpu_load')).length;
  const before = told().length;
  beat(world, 24 * hourMs, () => ({ cpu_load: daily(world.now) }));
  expect(told().slice(before)).toEqual([]);
  expect(early).toBeGreaterThan(0);
  let load = 0.2;
  beat(world, 3 * hourMs, () => {
    load += 0.0002;
    return { cpu_load: load };
  });
  expect(told().slice(before)).toContain('drift:cpu_load');
});

test('minutes of work are counted per kind', () => {
  const world = new HealthWorld();
  const task = {
    id: 't',
    kind: 'crypto-normal-scan',
    slot_at: world.now,
    decision_id: 'd',
    agent: 'analyst_ai',
    runner: 'native',
    priority: 1,
    resources: [],
    state: 'succeeded',
    attempts: 1,
    deadline_at: world.now + minuteMs,
    queued_at: world.now,
    started_at: world.now,
    finished_at: world.now + 250,
    symbols: [],
    result: { effect_observed: true, looked_at: 1, found: 0, summary: '', error: null },
    reason: '',
    open: false,
  } as const;
  world.send('orchestrator_ai', 'task.changed', task);
  world.send('orchestrator_ai', 'task.changed', { ...task, state: 'failed', finished_at: world.now + 1_250 });
  const rows = world.records.flatMap(({ puts }) => puts).filter(({ key }) => key.includes('/usage/'));
  expect(rows.at(-1)?.value).toMatchObject({
    value: {
      name: 'task:crypto-normal-scan',
      runs: 2,
      failures: 1,
      mean_ms: 350,
      worst_ms: 1_250,
      effective: 2,
    },
  });
});
