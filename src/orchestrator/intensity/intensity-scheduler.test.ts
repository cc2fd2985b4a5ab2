import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomStream } from '../../kernel/random-stream.ts';
import { explainSubject } from './explanation.ts';
import { feature, featureCount } from './features.ts';
import type { Observations } from './intensity-model.ts';
import { IntensityScheduler } from './intensity-scheduler.ts';
import { shippedPrior } from './prior-coefficients.ts';
import type { SchedulerSettings, SchedulerState, Slot } from './scheduler-types.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const barMs = 5 * minuteMs;
const start = Date.UTC(2026, 0, 5);

function settings(count: number, over: Partial<SchedulerSettings> = {}, periodMin = 60): SchedulerSettings {
  return {
    budgets: [{ name: 'api', perHour: (count * 60) / periodMin, windowHours: 24, startLevel: 0.5 }],
    subjects: Array.from({ length: count }, (_, k) => ({
      id: `S${k}`,
      minIntervalMs: barMs,
      maxIntervalMs: 4 * periodMin * minuteMs,
      costs: { api: 1 },
    })),
    ...over,
  };
}

/** A random walk per subject, volatile in the second half of each day; the same seed gives the same prices. */
class Walk {
  readonly #closes: number[][];
  readonly #seen: number[];
  constructor(count: number, bars: number, seed: number) {
    const random = randomStream(seed, 'walk');
    this.#closes = Array.from({ length: count }, () => [100]);
    this.#seen = new Array(count).fill(0);
    for (let t = 1; t < bars; t += 1) {
      const wild = t % 288 > 200 ? 3 : 1;
      const common = random.next() - 0.5;
      for (const closes of this.#closes)
        closes.push((closes.at(-1) as number) * Math.exp(0.002 * wild * (common + random.next() - 0.5)));
    }
  }
  look(subject: number, bar: number): Observations {
    const from = this.#seen[subject] as number;
    this.#seen[subject] = bar + 1;
    const close = (this.#closes[subject] as number[]).slice(from, bar + 1);
    return {
      count: close.length,
      at: close.map((_, k) => start + (from + k) * barMs),
      close,
      volume: close.map(() => 1),
    };
  }
}

function run(scheduler: IntensityScheduler, walk: Walk, from: number, to: number, stepMs = barMs): Slot[] {
  const slots: Slot[] = [];
  for (let bar = from; bar < to; bar += 1) {
    const now = start + bar * stepMs;
    for (let slot = scheduler.next(now); slot !== undefined; slot = scheduler.next(now)) {
      slots.push(slot);
      scheduler.observe(slot.subject, walk.look(scheduler.indexOf(slot.subject), bar), now);
    }
  }
  return slots;
}

test('a year of nothing but questions keeps every promise', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.constantFrom(15, 30, 60, 240),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 1_000 }),
      (count, periodMin, startLevel, seed) => {
        const bars = 600;
        const perHour = (count * 60) / periodMin;
        const scheduler = new IntensityScheduler(
          settings(count, { budgets: [{ name: 'api', perHour, windowHours: 24, startLevel }] }, periodMin),
        );
        expect(scheduler.admissionDefects()).toEqual([]);
        const slots = run(scheduler, new Walk(count, bars, seed), 0, bars);
        const hours = (bars * barMs) / hourMs;
        expect(slots.length).toBeLessThanOrEqual(perHour * 24 * startLevel + perHour * hours + 1e-6);
        expect(new Set(slots.map((slot) => slot.id)).size).toBe(slots.length);
        for (let k = 0; k < count; k += 1) {
          const times = [start, ...slots.filter((slot) => slot.subject === `S${k}`).map((slot) => slot.at)];
          times.push(start + (bars - 1) * barMs);
          const gaps = times.slice(1).map((at, index) => at - (times[index] as number));
          expect(Math.max(...gaps)).toBeLessThanOrEqual(4 * periodMin * minuteMs);
          expect(Math.min(...gaps.slice(1, -1), Number.POSITIVE_INFINITY)).toBeGreaterThanOrEqual(barMs);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('one that was saved as JSON and restored goes on exactly as the one that kept running', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 90 }),
      fc.integer({ min: 20, max: 300 }),
      fc.nat(99),
      (count, cut, seed) => {
        const given = settings(count);
        const kept = new IntensityScheduler(given);
        run(kept, new Walk(count, 400, seed), 0, cut);
        const state: SchedulerState = kept.toState();
        const text = JSON.stringify(state);
        expect(JSON.parse(text)).toEqual(state);
        const restored = IntensityScheduler.restore(given, JSON.parse(text) as SchedulerState);
        const bars = cut + 60;
        expect(run(restored, new Walk(count, bars, seed), cut, bars)).toEqual(
          run(kept, new Walk(count, bars, seed), cut, bars),
        );
        expect(JSON.stringify(restored.toState())).toBe(JSON.stringify(kept.toState()));
      },
    ),
    { numRuns: 12 },
  );
});

test('a restore in the middle of a bar serves the rest of that bar alike', () => {
  const given = settings(200);
  const kept = new IntensityScheduler(given);
  const walk = new Walk(200, 100, 3);
  run(kept, walk, 0, 50);
  const now = start + 50 * barMs;
  kept.next(now);
  const restored = IntensityScheduler.restore(
    given,
    JSON.parse(JSON.stringify(kept.toState())) as SchedulerState,
  );
  for (let k = 0; k < 5; k += 1) expect(restored.next(now)).toEqual(kept.next(now));
});

test('a state of another version or of other subjects is refused', () => {
  const state = new IntensityScheduler(settings(2)).toState();
  expect(() => IntensityScheduler.restore(settings(3), state)).toThrow(RangeError);
  expect(() => IntensityScheduler.restore(settings(2), { ...state, version: 99 })).toThrow(RangeError);
});

test('a clock set back an hour takes nothing away: floors keep their distance in time that really passed', () => {
  const scheduler = new IntensityScheduler(settings(3));
  const walk = new Walk(3, 700, 5);
  const real: { at: number; subject: string }[] = [];
  let set = 0;
  for (let bar = 0; bar < 500; bar += 1) {
    if (bar === 200) set = -hourMs;
    if (bar === 300) set = 0;
    const now = start + bar * barMs + set;
    for (let slot = scheduler.next(now); slot !== undefined; slot = scheduler.next(now)) {
      real.push({ at: bar * barMs, subject: slot.subject });
      scheduler.observe(slot.subject, walk.look(scheduler.indexOf(slot.subject), bar), now);
    }
  }
  for (const id of scheduler.subjects) {
    const times = real.filter((one) => one.subject === id).map((one) => one.at);
    const gaps = times.slice(1).map((at, index) => at - (times[index] as number));
    // The hour set back is one step lost to the clock, never more.
    expect(Math.max(...gaps)).toBeLessThanOrEqual(4 * hourMs + barMs);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(barMs);
  }
});

test('after days in which nobody asked, everyone is looked at once and the budget has not grown beyond its window', () => {
  const scheduler = new IntensityScheduler(settings(6));
  const walk = new Walk(6, 2_000, 7);
  run(scheduler, walk, 0, 300);
  const before = scheduler.budget('api')?.level ?? 0;
  const now = start + 1_200 * barMs;
  const first: string[] = [];
  for (let slot = scheduler.next(now); slot !== undefined; slot = scheduler.next(now)) {
    first.push(slot.subject);
    scheduler.observe(slot.subject, walk.look(scheduler.indexOf(slot.subject), 1_200), now);
  }
  expect(new Set(first).size).toBe(first.length);
  expect(first.length).toBe(Math.min(6, Math.floor(before + 0.5 + 1e-9)));
});

test('a budget of zero buys nothing, not even a floor, and says so before', () => {
  const scheduler = new IntensityScheduler(
    settings(4, { budgets: [{ name: 'api', perHour: 0, windowHours: 24, startLevel: 1 }] }),
  );
  expect(scheduler.admissionDefects()).toHaveLength(1);
  for (let bar = 0; bar < 500; bar += 1) expect(scheduler.next(start + bar * barMs)).toBeUndefined();
});

test('several budgets bind together: the scarcest one sets the pace', () => {
  const given = settings(5, {
    budgets: [
      { name: 'api', perHour: 100, windowHours: 24, startLevel: 0.5 },
      { name: 'tokens', perHour: 1_000, windowHours: 24, startLevel: 0 },
    ],
    subjects: Array.from({ length: 5 }, (_, k) => ({
      id: `S${k}`,
      minIntervalMs: barMs,
      maxIntervalMs: 6 * hourMs,
      costs: { api: 1, tokens: 500 },
    })),
  });
  const scheduler = new IntensityScheduler(given);
  const slots = run(scheduler, new Walk(5, 577, 9), 0, 577);
  expect(scheduler.budget('tokens')?.spent).toBe(slots.length * 500);
  expect(slots.length).toBeLessThanOrEqual(96);
  expect(slots.length).toBeGreaterThan(70);
});

test('malformed and lying observations are left out and stop nothing', () => {
  const scheduler = new IntensityScheduler(settings(2));
  run(scheduler, new Walk(2, 200, 1), 0, 200);
  const now = start + 200 * barMs;
  scheduler.next(now);
  const bad: Observations = {
    count: 7,
    at: [now - barMs, now + hourMs, Number.NaN, now, now, now - 10 * barMs, Number.POSITIVE_INFINITY],
    close: [Number.NaN, 100, 100, -5, 0, 100, Number.POSITIVE_INFINITY],
    volume: [1, 1, 1, Number.NaN, -1, 1, 1],
  };
  expect(scheduler.observe('S0', bad, now)).toBeLessThanOrEqual(1);
  for (let bar = 201; bar < 260; bar += 1) scheduler.next(start + bar * barMs);
  expect([...scheduler.gains(start + 260 * barMs)].every((gain) => Number.isFinite(gain) && gain >= 0)).toBe(
    true,
  );
  expect(JSON.stringify(scheduler.toState())).not.toContain('null');
});

test('any prices at all leave coefficients finite and gains usable', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.double(), fc.double({ min: 1e-9, max: 1e9, noNaN: true })), {
        minLength: 30,
        maxLength: 60,
      }),
      (closes) => {
        const scheduler = new IntensityScheduler(settings(2));
        closes.forEach((close, k) => {
          const now = start + k * barMs;
          scheduler.next(now);
          scheduler.observe(`S${k % 2}`, { count: 1, at: [now], close: [close], volume: [close] }, now);
        });
        expect(scheduler.model.learner.live.every((value) => Number.isFinite(value))).toBe(true);
        expect([...scheduler.gains(start + 61 * barMs)].every(Number.isFinite)).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});

test('a look that failed stays paid and backs off, yet the floor comes in time', () => {
  const scheduler = new IntensityScheduler(settings(1));
  const times: number[] = [];
  for (let bar = 0; bar < 600; bar += 1) {
    const now = start + bar * barMs;
    const slot = scheduler.next(now);
    if (slot === undefined) continue;
    times.push(now);
    scheduler.failed(slot.subject);
  }
  const gaps = times.slice(1).map((at, index) => at - (times[index] as number));
  expect(Math.max(...gaps)).toBeLessThanOrEqual(4 * hourMs);
  expect(Math.min(...gaps.slice(5))).toBeGreaterThanOrEqual(2 * hourMs);
});

test('advice is clipped, cannot break a floor and is gone when withdrawn', () => {
  const build = () => {
    const scheduler = new IntensityScheduler(settings(2, { learning: false }));
    run(scheduler, new Walk(2, 100, 4), 0, 100);
    return scheduler;
  };
  const now = start + 110 * barMs;
  const plain = build().gains(now)[0] as number;
  const loud = build();
  loud.advise('S0', 1e9);
  const raised = loud.gains(now)[0] as number;
  expect(raised / plain).toBeGreaterThan(1.1);
  expect(raised / plain).toBeLessThanOrEqual(2.01);
  loud.advise('S0', 1);
  expect(loud.gains(now)[0]).toBe(plain);
});

test('the quick sum over the waiting bars agrees with the plain definition', () => {
  const scheduler = new IntensityScheduler(settings(5, { learning: false }));
  run(scheduler, new Walk(5, 400, 11), 0, 380);
  const { model } = scheduler;
  const now = start + 390 * barMs;
  const gains = scheduler.gains(now);
  const bar = Math.floor(now / barMs);
  const beta = shippedPrior.coefficients;
  const intensityAt = (subject: number, x: number) => {
    const v = model.fill(subject, x - model.lookBar(subject), x & model.market.mask, now - (bar - x) * barMs);
    let log = 0;
    for (let q = 0; q < featureCount; q += 1)
      log += (q === feature.advice ? 0.3 : (beta[q] as number)) * (v[q] as number);
    return Math.min(1, model.learner.baseRate * Math.exp(log));
  };
  for (let subject = 0; subject < 5; subject += 1) {
    const age = bar - model.lookBar(subject);
    if (age < 1 || age > 8) continue;
    const history = model.history(subject);
    let waiting = 0;
    for (let x = model.lookBar(subject) + 1; x <= bar; x += 1)
      if (x > (history?.lastFindBar ?? 0) + 6) waiting += intensityAt(subject, x) * Math.exp(-(bar - x) / 6);
    // The index never exceeds what waits, and is a good part of it.
    expect(gains[subject]).toBeLessThanOrEqual(waiting * 1.0001);
    expect(gains[subject]).toBeGreaterThanOrEqual(0);
  }
});

test('ten thousand subjects are served within their floors', () => {
  const scheduler = new IntensityScheduler(settings(10_000));
  const one = (now: number): Observations => ({ count: 1, at: [now], close: [100], volume: [1] });
  let slots = 0;
  for (let bar = 0; bar < 6; bar += 1) {
    const now = start + bar * barMs;
    for (let slot = scheduler.next(now); slot !== undefined && slots < 20_000; slot = scheduler.next(now)) {
      slots += 1;
      scheduler.observe(slot.subject, one(now), now);
    }
  }
  expect(slots).toBeGreaterThan(0);
  expect(slots).toBeLessThanOrEqual(10_000 * 12 + 10_000);
});

test('settings that contradict themselves are refused with the reason', () => {
  const one = settings(1);
  expect(() => new IntensityScheduler({ ...one, budgets: [] })).toThrow('budgets');
  expect(() => new IntensityScheduler({ ...one, subjects: [...one.subjects, ...one.subjects] })).toThrow(
    'twice',
  );
  const [subject] = one.subjects;
  if (subject === undefined) throw new Error('no subject');
  expect(
    () => new IntensityScheduler({ ...one, subjects: [{ ...subject, minIntervalMs: 9 * hourMs }] }),
  ).toThrow('intervals');
  expect(() => new IntensityScheduler(one).next(Number.NaN)).toThrow('now');
});

test('the explanation names the age, the market and the price', () => {
  const scheduler = new IntensityScheduler(settings(6));
  run(scheduler, new Walk(6, 400, 2), 0, 400);
  scheduler.wishes(start + 401 * barMs);
  const said = explainSubject(scheduler, { subject: 'S3', gain: 0.01, price: 0.002, reason: 'gain' });
  expect(said.text).toMatch(
    /^S3 looked at .* ago; market activity \d+\.\dx usual seen on \d+ others?; own last move \d\.\d of threshold; .*against price/,
  );
  expect(said.terms.length).toBeLessThanOrEqual(3);
  expect(JSON.parse(JSON.stringify(said))).toEqual(said);
});
