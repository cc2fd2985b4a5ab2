// The ledger under any demand: no window and no cap is ever passed, as the strictest reader of the limits would count.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ladder, rung } from '../../../test/support/model-replies.ts';
import { dayMs, hourMs, minuteMs } from '../../shared/domain/time.ts';
import { admit, answered, failed, rungMemory } from './ladder.ts';
import { lastDay, lastMinute, moneyAt, observe, reserve, settle, settleMoney, spend } from './ledger.ts';
import { freshModelMemory, freshRung, type ModelMemory } from './model-memory.ts';

const start = Date.parse('2026-03-31T22:00:00Z');
const settings = ladder();
const [groq] = settings.rungs;
if (groq === undefined) throw new Error('the test ladder has a rung');
const size = { inputTokens: 1_500, outputTokens: 500 };

function book(memory: ModelMemory, now: number, tokens = 2_000, microUsd = 4_000): ModelMemory {
  const reservation = { at: now, tokens, micro_usd: microUsd };
  return {
    ...memory,
    rungs: { groq: reserve(memory.rungs.groq ?? freshRung, reservation) },
    money: spend(moneyAt(memory.money, now), microUsd),
  };
}

const attempt = (memory: ModelMemory, now: number, from = settings) =>
  admit(from, { ...memory, money: moneyAt(memory.money, now) }, { size, now, from: 0, marginOnly: false });

test('whatever is asked whenever, no minute, day, month or cap is passed', () => {
  const step = fc.record({
    wait: fc.oneof(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: 2 * hourMs })),
    input: fc.integer({ min: 1, max: 4_000 }),
    output: fc.integer({ min: 1, max: 900 }),
    used: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 400 }), (steps) => {
      let memory = freshModelMemory;
      let now = start;
      const calls: { at: number; tokens: number; microUsd: number }[] = [];
      for (const { wait, input, output, used } of steps) {
        now += wait;
        memory = { ...memory, money: moneyAt(memory.money, now) };
        const call = { inputTokens: input, outputTokens: output };
        const { rung: found } = admit(settings, memory, { size: call, now, from: 0, marginOnly: false });
        if (found === undefined) continue;
        const tokens = input + output;
        const microUsd = input + 5 * output;
        memory = book(memory, now, tokens, microUsd);
        const usedTokens = Math.round(tokens * used);
        const usedMicroUsd = Math.round(microUsd * used);
        const reservation = { at: now, tokens, micro_usd: microUsd };
        memory = {
          ...memory,
          rungs: { groq: settle(memory.rungs.groq ?? freshRung, reservation, usedTokens) },
          money: settleMoney(memory.money, reservation, usedMicroUsd),
        };
        calls.push({ at: now, tokens: usedTokens, microUsd: usedMicroUsd });
      }
      for (const { at } of calls) {
        const within = (ms: number) => calls.filter((call) => call.at > at - ms && call.at <= at);
        const sum = (of: typeof calls, name: 'tokens' | 'microUsd') =>
          of.reduce((all, call) => all + call[name], 0);
        expect(within(minuteMs).length).toBeLessThanOrEqual(30);
        expect(sum(within(minuteMs), 'tokens')).toBeLessThanOrEqual(8_000);
        expect(within(dayMs).length).toBeLessThanOrEqual(1_000);
        expect(sum(within(dayMs), 'tokens')).toBeLessThanOrEqual(200_000);
        const sameDay = calls.filter((call) => Math.floor(call.at / dayMs) === Math.floor(at / dayMs));
        expect(sum(sameDay, 'microUsd')).toBeLessThanOrEqual(settings.daily_usd * 1e6);
      }
      const used = memory.rungs.groq ?? freshRung;
      expect(used.minute.length).toBeLessThanOrEqual(30);
      expect(used.hours.length).toBeLessThanOrEqual(26);
    }),
    { numRuns: 60 },
  );
});

test('each window refuses for its own reason, and opens again when it has passed', () => {
  let memory = freshModelMemory;
  for (let index = 0; index < 3; index++) memory = book(memory, start + index);
  expect(attempt(memory, start + 10).passedOver[0]).toContain('tokens per minute');
  expect(attempt(memory, start + minuteMs + 10).rung?.provider).toBe('groq');
  let day = freshModelMemory;
  for (let index = 0; index < 95; index++) day = book(day, start + index * 5 * minuteMs, 2_000, 0);
  expect(attempt(day, start + 9 * hourMs).passedOver[0]).toContain('tokens per day');
  expect(attempt(day, start + 34 * hourMs).rung?.provider).toBe('groq');
});

test('a cap of zero allows no call that costs anything, and every call that costs nothing', () => {
  const capped = ladder({ daily_usd: 0, monthly_usd: 0 });
  expect(attempt(freshModelMemory, start, capped).passedOver).toEqual([
    'groq: the cap of 0 $ a day is reached',
  ]);
  const local = rung('compatible', { usd_per_million_input: 0, usd_per_million_output: 0 });
  expect(attempt(freshModelMemory, start, { ...capped, rungs: [local] }).rung).toBe(local);
});

test('caps are of UTC days and months, and a late settlement never frees another day', () => {
  const beforeMidnight = Date.parse('2026-03-31T23:59:59Z');
  const afterMidnight = Date.parse('2026-04-01T00:00:01Z');
  const spent = spend(moneyAt(freshModelMemory.money, beforeMidnight), 900_000);
  expect(moneyAt(spent, afterMidnight)).toMatchObject({ day_micro_usd: 0, month_micro_usd: 0 });
  const reservation = { at: beforeMidnight, tokens: 1, micro_usd: 900_000 };
  const next = spend(moneyAt(spent, afterMidnight), 300_000);
  expect(settleMoney(next, reservation, 100_000)).toMatchObject({
    day_micro_usd: 300_000,
    month_micro_usd: 300_000,
  });
  expect(settleMoney(spent, reservation, 100_000)).toMatchObject({ day_micro_usd: 100_000 });
});

test('what the headers say is left is believed until its reset, lessened by what is reserved meanwhile', () => {
  const window = {
    resource: 'requests',
    window: 'day',
    limit: 1_000,
    remaining: 1,
    resets_in_ms: hourMs,
  } as const;
  let memory: ModelMemory = { ...freshModelMemory, rungs: { groq: observe(freshRung, [window], start) } };
  expect(attempt(memory, start + 1).rung?.provider).toBe('groq');
  memory = book(memory, start + 1);
  expect(attempt(memory, start + 2).passedOver[0]).toContain('the provider says 0 requests per day are left');
  expect(attempt(memory, start + hourMs + 1).rung?.provider).toBe('groq');
});

test('a larger plan is believed from its headers; a limit of zero with something left is not', () => {
  const bigger = {
    resource: 'tokens',
    window: 'minute',
    limit: 250_000,
    remaining: 249_000,
    resets_in_ms: 10,
  } as const;
  let memory: ModelMemory = { ...freshModelMemory, rungs: { groq: observe(freshRung, [bigger], start) } };
  for (let index = 0; index < 5; index++) memory = book(memory, start + 100 + index);
  expect(attempt(memory, start + 200).rung?.provider).toBe('groq');
  const strange = { ...bigger, limit: 0, remaining: 5 };
  expect(observe(freshRung, [strange], start).observed).toEqual({});
});

test('a rung that fails rests, twice as long each time, and as long as it asks for', () => {
  let used = failed(freshRung, 'overloaded', null, start);
  expect((used.blocked_until ?? 0) - start).toBe(30_000);
  used = failed(used, 'overloaded', null, start);
  expect((used.blocked_until ?? 0) - start).toBe(60_000);
  for (let index = 0; index < 40; index++) used = failed(used, 'overloaded', null, start);
  expect((used.blocked_until ?? 0) - start).toBe(hourMs);
  expect(answered(used, true, start)).toMatchObject({ failures: 0, blocked_until: null });
  const asked = { retry_after_ms: 3 * hourMs } as never;
  expect((failed(freshRung, 'rate_limited', asked, start).blocked_until ?? 0) - start).toBe(3 * hourMs);
  const endless = { retry_after_ms: 400 * dayMs } as never;
  expect((failed(freshRung, 'rate_limited', endless, start).blocked_until ?? 0) - start).toBe(dayMs);
});

test('the ladder steps down past what rests, and says why', () => {
  const both = ladder({ rungs: [rung('groq'), rung('openai'), rung('compatible')] });
  const memory: ModelMemory = {
    ...freshModelMemory,
    rungs: { groq: failed(freshRung, 'unauthorised', null, start) },
  };
  const found = attempt(memory, start + 1, both);
  expect(found.rung?.provider).toBe('openai');
  expect(found.passedOver).toEqual(['groq: rests after unauthorised']);
  expect(attempt(memory, start + hourMs + 1, both).rung?.provider).toBe('groq');
});

test('three rejected answers in a row rest a rung; an accepted one forgets them', () => {
  let used = answered(answered(freshRung, false, start), false, start);
  expect(used.blocked_until).toBeNull();
  expect(answered(used, true, start).rejections).toBe(0);
  used = answered(used, false, start);
  expect(used).toMatchObject({ blocked_until: start + 600_000, rejections: 0 });
});

test('small margins leave the last part of the day to what matters more', () => {
  let memory = freshModelMemory;
  for (let index = 0; index < 61; index++) memory = book(memory, start + index * minuteMs, 2_000, 0);
  const now = start + 61 * minuteMs;
  const ask = (marginOnly: boolean) =>
    admit(settings, memory, { size, now, from: 0, marginOnly }).rung?.provider;
  expect(ask(true)).toBeUndefined();
  expect(ask(false)).toBe('groq');
});

test('what was reserved is what is counted until it is settled', () => {
  const memory = book(freshModelMemory, start);
  const used = rungMemory(memory, groq);
  expect(lastMinute(used, start)).toEqual({ requests: 1, tokens: 2_000 });
  const settled = settle(used, { at: start, tokens: 2_000, micro_usd: 0 }, 700);
  expect(lastMinute(settled, start)).toEqual({ requests: 1, tokens: 700 });
  expect(lastDay(settled, start)).toEqual({ requests: 1, tokens: 700 });
});
