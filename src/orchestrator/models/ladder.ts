// The ladder: which rung is asked next, and how long one that failed is left alone. It only ever steps down.
import type { ModelFault, ModelReply, ModelRung, ModelSettings } from '../../shared/domain/model.ts';
import { dayMs, type EpochMs, hourMs, minuteMs, secondMs } from '../../shared/domain/time.ts';
import { dayShareUsed, microUsdOf, moneyObstacle, windowObstacle } from './ledger.ts';
import { freshRung, type ModelMemory, type RungMemory } from './model-memory.ts';

/** First pause after a fault, and the longest; it doubles with every failure in a row. */
const pauses: Readonly<Record<ModelFault, readonly [firstMs: number, longestMs: number]>> = {
  rate_limited: [minuteMs, hourMs],
  quota_exhausted: [hourMs, dayMs],
  too_large: [hourMs, dayMs],
  unauthorised: [hourMs, dayMs],
  unknown_model: [6 * hourMs, dayMs],
  refused_request: [10 * minuteMs, dayMs],
  overloaded: [30 * secondMs, hourMs],
  timeout: [30 * secondMs, hourMs],
  unreachable: [30 * secondMs, hourMs],
  unreadable: [2 * minuteMs, hourMs],
};
/** A provider may ask for a longer pause, up to this. */
const maxAskedPauseMs = dayMs;
/** So many rejected answers in a row, and the rung rests. */
const rejectionsBeforeRest = 3;
const rejectionRestMs = 10 * minuteMs;
/** Consultations over a small margin leave this share of a day's allowance to regime changes and anomalies. */
const marginDayShare = 0.6;

/** Why a small margin is no longer asked about. */
export const keptBack = 'what is left of the day is kept for regime changes and anomalies';

export interface CallSize {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface Admission {
  readonly rung: ModelRung | undefined;
  /** Why each rung above it was passed over. */
  readonly passedOver: readonly string[];
}

export function rungMemory(memory: ModelMemory, rung: ModelRung): RungMemory {
  return memory.rungs[rung.provider] ?? freshRung;
}

/** The first rung that is healthy and has room for the call, at or below `from`. */
export function admit(
  settings: ModelSettings,
  memory: ModelMemory,
  request: {
    readonly size: CallSize;
    readonly now: EpochMs;
    readonly from: number;
    readonly marginOnly: boolean;
  },
): Admission {
  const passedOver: string[] = [];
  for (const rung of settings.rungs.slice(request.from)) {
    const obstacle = obstacleOf(settings, memory, rung, request);
    if (obstacle === undefined) return { rung, passedOver };
    passedOver.push(`${rung.provider}: ${obstacle}`);
  }
  return { rung: undefined, passedOver };
}

function obstacleOf(
  settings: ModelSettings,
  memory: ModelMemory,
  rung: ModelRung,
  { size, now, marginOnly }: { size: CallSize; now: EpochMs; marginOnly: boolean },
): string | undefined {
  const used = rungMemory(memory, rung);
  if (used.blocked_until !== null && used.blocked_until > now) return `rests after ${used.last_fault}`;
  if (marginOnly && dayShareUsed(rung.limits, used, now) >= marginDayShare) return keptBack;
  const tokens = size.inputTokens + size.outputTokens;
  const cost = microUsdOf(rung, size.inputTokens, size.outputTokens);
  return windowObstacle(rung.limits, used, tokens, now) ?? moneyObstacle(memory.money, cost, settings);
}

/** After a call that brought no answer. The provider's own wish for a pause is kept when it is longer. */
export function failed(
  rung: RungMemory,
  fault: ModelFault,
  reply: ModelReply | null,
  now: EpochMs,
): RungMemory {
  const [firstMs, longestMs] = pauses[fault];
  const ownMs = Math.min(longestMs, firstMs * 2 ** Math.min(rung.failures, 20));
  const pauseMs = Math.max(ownMs, Math.min(reply?.retry_after_ms ?? 0, maxAskedPauseMs));
  return { ...rung, failures: rung.failures + 1, blocked_until: now + pauseMs, last_fault: fault };
}

/** After an answer, accepted or not: the rung itself works. */
export function answered(rung: RungMemory, accepted: boolean, now: EpochMs): RungMemory {
  const rejections = accepted ? 0 : rung.rejections + 1;
  const rests = rejections >= rejectionsBeforeRest;
  return {
    ...rung,
    failures: 0,
    rejections: rests ? 0 : rejections,
    blocked_until: rests ? now + rejectionRestMs : null,
    last_fault: rests ? `${rejectionsBeforeRest} rejected answers` : null,
  };
}
