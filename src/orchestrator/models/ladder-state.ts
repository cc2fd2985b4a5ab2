// The ladder as people see it in API, page and metrics. It only reads.
import type { LadderRungState, LadderState, ModelRung, ModelSettings } from '../../shared/domain/model.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import { rungMemory } from './ladder.ts';
import { lastDay, moneyAt, windowObstacle } from './ledger.ts';
import type { ModelMemory } from './model-memory.ts';

export function ladderState(
  settings: ModelSettings,
  memory: ModelMemory,
  prompt: string,
  now: EpochMs,
): LadderState {
  const money = moneyAt(memory.money, now);
  return {
    at: now,
    prompt,
    rungs: settings.rungs.map((rung) => rungState(rung, memory, now)),
    awaiting: memory.pending?.provider ?? null,
    advice: memory.standing?.advice ?? null,
    usd_today: money.day_micro_usd / 1e6,
    usd_month: money.month_micro_usd / 1e6,
    daily_usd: settings.daily_usd,
    monthly_usd: settings.monthly_usd,
  };
}

function rungState(rung: ModelRung, memory: ModelMemory, now: EpochMs): LadderRungState {
  const used = rungMemory(memory, rung);
  const day = lastDay(used, now);
  const resting = used.blocked_until !== null && used.blocked_until > now;
  const limited = windowObstacle(rung.limits, used, 1, now);
  return {
    provider: rung.provider,
    model: rung.model,
    state: resting ? 'backing_off' : limited === undefined ? 'ready' : 'limited',
    detail: resting ? (used.last_fault ?? '') : (limited ?? ''),
    failures: used.failures,
    resumes_at: resting ? used.blocked_until : null,
    requests_last_day: day.requests,
    tokens_last_day: day.tokens,
  };
}
