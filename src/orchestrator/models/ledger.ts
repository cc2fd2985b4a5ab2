// The ledger: requests, tokens and money are reserved before a call and settled after it, per provider window.
// It must never allow a call that could pass a limit or a cap, and never gives back what may have been used.
import type { ModelLimits, ModelRung, RateWindow } from '../../shared/domain/model.ts';
import { dayMs, type EpochMs, hourMs, minuteMs } from '../../shared/domain/time.ts';
import type { MoneyMemory, ObservedWindow, Reservation, RungMemory } from './model-memory.ts';

/** Our own bound, whatever a provider grants; also bounds the minute's list. */
const maxRequestsPerMinute = 20;
/** Two providers seldom count tokens alike: this part of a granted window is left free. */
const tokenHeadroom = 0.95;
/** A header that names a reset further away than this is not believed. */
const maxResetMs = dayMs;
const hoursPerDay = 24;

export interface Usage {
  readonly requests: number;
  readonly tokens: number;
}

/** Calls within the last 60 s, a sliding window: it also satisfies any provider's fixed minute. */
export function lastMinute(rung: RungMemory, now: EpochMs): Usage {
  let requests = 0;
  let tokens = 0;
  for (const [at, used] of rung.minute) {
    if (at <= now - minuteMs) continue;
    requests++;
    tokens += used;
  }
  return { requests, tokens };
}

/** Calls of this hour and the 24 before it: at least the last day, so any provider's day is satisfied. */
export function lastDay(rung: RungMemory, now: EpochMs): Usage {
  const oldest = Math.floor(now / hourMs) - hoursPerDay;
  let requests = 0;
  let tokens = 0;
  for (const [hour, called, used] of rung.hours) {
    if (hour < oldest) continue;
    requests += called;
    tokens += used;
  }
  return { requests, tokens };
}

/** Cost of a call in millionths of a dollar, rounded up. */
export function microUsdOf(rung: ModelRung, inputTokens: number, outputTokens: number): number {
  return Math.ceil(inputTokens * rung.usd_per_million_input + outputTokens * rung.usd_per_million_output);
}

/** Why a call of this size may not be made now; undefined when every window has room for it. */
export function windowObstacle(
  limits: ModelLimits,
  rung: RungMemory,
  tokens: number,
  now: EpochMs,
): string | undefined {
  const minute = lastMinute(rung, now);
  const day = lastDay(rung, now);
  const granted = grantedLimits(limits, rung, now);
  const requestsPerMinute = Math.min(
    granted.requests_per_minute ?? maxRequestsPerMinute,
    maxRequestsPerMinute,
  );
  if (minute.requests + 1 > requestsPerMinute) return `${requestsPerMinute} requests per minute are used`;
  if (granted.requests_per_day !== null && day.requests + 1 > granted.requests_per_day)
    return `${granted.requests_per_day} requests per day are used`;
  if (over(minute.tokens + tokens, granted.tokens_per_minute))
    return `${granted.tokens_per_minute} tokens per minute leave no room for ${tokens}`;
  if (over(day.tokens + tokens, granted.tokens_per_day))
    return `${granted.tokens_per_day} tokens per day leave no room for ${tokens}`;
  for (const [name, window] of Object.entries(rung.observed)) {
    if (window.resets_at <= now) continue;
    const needed = name.startsWith('requests') ? 1 : tokens;
    if (window.remaining < needed) return `the provider says ${window.remaining} ${name} are left`;
  }
  return undefined;
}

function over(tokens: number, limit: number | null): boolean {
  return limit !== null && tokens > limit * tokenHeadroom;
}

/** Largest share of a day's requests or tokens that is used, 0..1; what is not limited counts as free. */
export function dayShareUsed(limits: ModelLimits, rung: RungMemory, now: EpochMs): number {
  const day = lastDay(rung, now);
  const granted = grantedLimits(limits, rung, now);
  const shares = [share(day.requests, granted.requests_per_day), share(day.tokens, granted.tokens_per_day)];
  return Math.max(...shares);
}

function share(used: number, limit: number | null): number {
  if (limit === null) return 0;
  return limit <= 0 ? 1 : used / limit;
}

/** The configured limits, replaced by what the provider's own headers last said. */
function grantedLimits(limits: ModelLimits, rung: RungMemory, now: EpochMs): ModelLimits {
  const told = (name: string, configured: number | null) => {
    const window = rung.observed[name];
    return window !== undefined && window.resets_at + dayMs > now ? (window.limit ?? configured) : configured;
  };
  return {
    requests_per_minute: told('requests per minute', limits.requests_per_minute),
    requests_per_day: told('requests per day', limits.requests_per_day),
    tokens_per_minute: told('tokens per minute', limits.tokens_per_minute),
    tokens_per_day: told('tokens per day', limits.tokens_per_day),
  };
}

/** Books a call before it is made. */
export function reserve(rung: RungMemory, reservation: Reservation): RungMemory {
  const { at, tokens } = reservation;
  return {
    ...booked(rung, at, 1, tokens),
    minute: [...rung.minute.filter(([then]) => then > at - minuteMs), [at, tokens]],
    observed: Object.fromEntries(
      Object.entries(rung.observed)
        .filter(([, window]) => window.resets_at + dayMs > at)
        .map(([name, window]) => [name, lessened(window, name.startsWith('requests') ? 1 : tokens)]),
    ),
  };
}

/** Replaces the reserved tokens by those used; the request stays counted, because a failed one counts as well. */
export function settle(rung: RungMemory, reservation: Reservation, usedTokens: number): RungMemory {
  const { at, tokens } = reservation;
  const place = rung.minute.findIndex(([then, reserved]) => then === at && reserved === tokens);
  return {
    ...booked(rung, at, 0, usedTokens - tokens),
    minute: rung.minute.map((call, index) => (index === place ? [at, usedTokens] : call)),
  };
}

function booked(rung: RungMemory, at: EpochMs, requests: number, tokens: number): RungMemory {
  const hour = Math.floor(at / hourMs);
  const kept = rung.hours.filter(([then]) => then >= hour - hoursPerDay);
  const same = kept.find(([then]) => then === hour) ?? ([hour, 0, 0] as const);
  const others = kept.filter(([then]) => then !== hour);
  const next = [hour, same[1] + requests, Math.max(0, same[2] + tokens)] as const;
  return { ...rung, hours: [...others, next].sort(([left], [right]) => left - right) };
}

function lessened(window: ObservedWindow, by: number): ObservedWindow {
  return { ...window, remaining: Math.max(0, window.remaining - by) };
}

/** Takes in what the answer's headers say. Nothing is believed for longer than a day. */
export function observe(rung: RungMemory, windows: readonly RateWindow[], now: EpochMs): RungMemory {
  const observed = { ...rung.observed };
  for (const { resource, window, limit, remaining, resets_in_ms } of windows) {
    if (remaining === null || (limit === 0 && remaining > 0)) continue;
    const length = window === 'minute' ? minuteMs : dayMs;
    const resetsIn = Math.min(resets_in_ms ?? length, maxResetMs);
    observed[`${resource} per ${window}`] = {
      limit: limit === 0 ? null : limit,
      remaining,
      resets_at: now + resetsIn,
    };
  }
  return { ...rung, observed };
}

/** The money book, turned to the day and month of `now` (UTC). */
export function moneyAt(money: MoneyMemory, now: EpochMs): MoneyMemory {
  const day = Math.floor(now / dayMs);
  const date = new Date(now);
  const month = date.getUTCFullYear() * 12 + date.getUTCMonth();
  return {
    day,
    day_micro_usd: money.day === day ? money.day_micro_usd : 0,
    month,
    month_micro_usd: money.month === month ? money.month_micro_usd : 0,
  };
}

/** Why this much may not be spent now. A call that costs nothing always may. */
export function moneyObstacle(
  money: MoneyMemory,
  microUsd: number,
  caps: { readonly daily_usd: number; readonly monthly_usd: number },
): string | undefined {
  if (microUsd === 0) return undefined;
  if (money.day_micro_usd + microUsd > caps.daily_usd * 1e6)
    return `the cap of ${caps.daily_usd} $ a day is reached`;
  if (money.month_micro_usd + microUsd > caps.monthly_usd * 1e6)
    return `the cap of ${caps.monthly_usd} $ a month is reached`;
  return undefined;
}

/** Adds a reservation to day and month. */
export function spend(money: MoneyMemory, microUsd: number): MoneyMemory {
  return {
    ...money,
    day_micro_usd: money.day_micro_usd + microUsd,
    month_micro_usd: money.month_micro_usd + microUsd,
  };
}

/** Replaces what was reserved by what was used; a day or month that has ended since keeps its reservation. */
export function settleMoney(
  money: MoneyMemory,
  { at, micro_usd }: Reservation,
  usedMicroUsd: number,
): MoneyMemory {
  const change = usedMicroUsd - micro_usd;
  const then = moneyAt(money, at);
  const corrected = (now: number, sameTime: boolean) =>
    Math.max(0, now + (sameTime ? change : Math.max(0, change)));
  return {
    ...money,
    day_micro_usd: corrected(money.day_micro_usd, then.day === money.day),
    month_micro_usd: corrected(money.month_micro_usd, then.month === money.month),
  };
}
