// What asking models costs and changes: a day with the gate and the ledger, against asking at every cycle and never.
import { scriptedResponse } from '../../adapters/model/scripted/scripted-model.ts';
import { looksOf } from '../../orchestrator/looks/look-limits.ts';
import { answerJsonSchema } from '../../orchestrator/models/answer.ts';
import { keptBack } from '../../orchestrator/models/ladder.ts';
import { everyCycle, noRoom } from '../../orchestrator/models/model-layer.ts';
import { rulePolicy } from '../../orchestrator/policy.ts';
import type { EffectDataByKind } from '../../shared/bus/effects.ts';
import { priceOf, startingLimits } from '../../shared/config/model-catalogue.ts';
import { environmentSchema, type Settings } from '../../shared/config/settings.ts';
import type { AgentSettings } from '../../shared/domain/agent-settings.ts';
import type { DecisionCandidate, DecisionContext } from '../../shared/domain/decision.ts';
import type { ModelAdvice, ModelLimits, ModelReply, ModelSettings } from '../../shared/domain/model.ts';
import { dayMs, type EpochMs, toIso } from '../../shared/domain/time.ts';
import {
  type ConsultationFigures,
  ConsultationLog,
  type Cycle,
} from '../../simulator/decision-benchmark/consultation-log.ts';
import { scriptedAdvice } from '../../simulator/decision-benchmark/scripted-adviser.ts';
import { modelSettingsOf, replyOf } from '../models/model-ladder.ts';
import { loadPrompt } from '../models/prompt-file.ts';
import { simulate } from '../simulation.ts';
import { version } from '../version.ts';

const syntheticFrom = Date.UTC(2026, 0, 5);
const syntheticDays = 21;
/** Days played before the one that counts: the measures of activity need to know what is normal. */
const warmingDays = 3;
const unlimited: ModelLimits = {
  requests_per_minute: null,
  requests_per_day: null,
  tokens_per_minute: null,
  tokens_per_day: null,
};
const noCap = 1e9;
const marks = { noRoom, keptBack };

export interface DecisionBenchRequest {
  readonly tape?: readonly string[];
  readonly symbols?: readonly string[];
  readonly seed: number;
  /** Synthetic days among which the busiest and the quietest are sought. */
  readonly days?: number;
  readonly note: (text: string) => void;
}

export interface DayFigures {
  readonly day: 'active' | 'calm';
  readonly date: string;
  /** Mean over the decisions of the larger activity of the classes; 1 is normal. */
  readonly mean_activity: number;
  readonly cycles: number;
  readonly gated: ConsultationFigures;
  readonly every_cycle: ConsultationFigures;
  readonly calls_saved: number;
  readonly decisions_that_differ: {
    /** Share of cycles at which a model that is always asked chooses otherwise than the policy, on the same candidates. */
    readonly every_cycle_from_policy: number;
    /** Share at which it does so and the gate would not have asked: what asking less gives up, at most. */
    readonly every_cycle_from_gated: number;
  };
}

export interface DecisionBenchReport {
  readonly version: string;
  readonly model: string;
  readonly prompt: string;
  readonly market: {
    readonly kind: 'synthetic' | 'recorded';
    readonly symbols: readonly string[];
    readonly seed: number;
  };
  readonly groq_free_plan: ModelLimits;
  readonly days: readonly DayFigures[];
  readonly fits_groq_free_plan: boolean;
  readonly remarks: readonly string[];
}

/** Throws Error with a message for a person when the market cannot be read or is too short. */
export async function benchDecisions(request: DecisionBenchRequest): Promise<DecisionBenchReport> {
  const settings = environmentSchema.parse({});
  const prompt = loadPrompt();
  const { symbols, calmAt, activeAt } = await extremeDays(settings, request);
  const days: DayFigures[] = [];
  for (const [day, at] of [
    ['active', activeAt],
    ['calm', calmAt],
  ] as const) {
    request.note(`${day} day ${toIso(at).slice(0, 10)}: gated, then every cycle`);
    days.push(await oneDay(settings, request, day, at));
  }
  const limits = startingLimits.groq;
  return {
    version,
    model: 'scripted adviser, priced and limited as openai/gpt-oss-120b of Groq',
    prompt: `${prompt.name}@${prompt.version}#${prompt.hash}`,
    market: { kind: request.tape === undefined ? 'synthetic' : 'recorded', symbols, seed: request.seed },
    groq_free_plan: limits,
    days,
    fits_groq_free_plan: days.every(({ gated }) => fits(gated, limits)),
    remarks: [
      'tokens are characters / 3.5 of what would be sent and answered',
      'a scripted adviser shows what is asked and what could change, not how wise a model is',
    ],
  };
}

/** A full day of the gate's own wishes has room, and was not merely held back by the ledger. */
function fits(figures: ConsultationFigures, limits: ModelLimits): boolean {
  return (
    figures.refused_by_ledger === 0 &&
    figures.peak_requests_per_minute <= (limits.requests_per_minute ?? 0) &&
    figures.model_calls <= (limits.requests_per_day ?? 0) &&
    figures.peak_tokens_per_minute <= (limits.tokens_per_minute ?? 0) &&
    figures.tokens_per_day <= (limits.tokens_per_day ?? 0)
  );
}

type Consulting = 'gated' | 'always';

async function oneDay(
  settings: Settings,
  request: DecisionBenchRequest,
  day: DayFigures['day'],
  at: EpochMs,
): Promise<DayFigures> {
  const gated = await played(settings, request, at, 'gated');
  const always = await played(settings, request, at, 'always');
  const activities = gated.cycles.map(({ decision }) => activityOf(decision.context));
  const [gatedFigures, alwaysFigures] = [gated.figures(), always.figures()];
  return {
    day,
    date: toIso(at).slice(0, 10),
    mean_activity: round(mean(activities)),
    cycles: gated.cycles.length,
    gated: gatedFigures,
    every_cycle: alwaysFigures,
    calls_saved: round(1 - gatedFigures.model_calls / Math.max(1, alwaysFigures.model_calls)),
    decisions_that_differ: {
      every_cycle_from_policy: shareOf(always.cycles, ({ decision, advice }) =>
        turns(decision.candidates, advice),
      ),
      every_cycle_from_gated: shareOf(
        always.cycles,
        ({ decision, advice }) =>
          decision.advice?.reason.startsWith(everyCycle) === true && turns(decision.candidates, advice),
      ),
    },
  };
}

async function played(
  settings: Settings,
  request: DecisionBenchRequest,
  at: EpochMs,
  consulting: Consulting,
): Promise<ConsultationLog> {
  const log = new ConsultationLog(at, marks);
  const prompt = loadPrompt();
  await simulate(settings, {
    ...marketOf(request),
    from: at - warmingDays * dayMs,
    to: at + dayMs,
    observe: (record) => log.observe(record),
    models: {
      settings: benchLadder(settings, consulting),
      reply: (question) => scriptedReply(question, prompt.instructions),
    },
  });
  return log;
}

function benchLadder(settings: Settings, consulting: Consulting): ModelSettings {
  const model = settings.ATO_GROQ_MODEL;
  const { input, output } = priceOf('groq', model, []);
  const limits = consulting === 'always' ? unlimited : startingLimits.groq;
  const rung = {
    provider: 'groq',
    model,
    limits,
    usd_per_million_input: input,
    usd_per_million_output: output,
  } as const;
  const ladder = modelSettingsOf(settings, [rung], loadPrompt());
  return consulting === 'always'
    ? { ...ladder, daily_usd: noCap, monthly_usd: noCap, consult: 'always' }
    : ladder;
}

function scriptedReply(question: EffectDataByKind['model.ask'], instructions: string): ModelReply {
  const response = scriptedResponse(({ brief }) => scriptedAdvice(brief), {
    instructions,
    brief: question.brief,
    schema: answerJsonSchema,
    maxOutputTokens: question.max_output_tokens,
    timeoutMs: question.timeout_ms,
  });
  return replyOf(question, response, 0);
}

/** Whether advice turns the choice among these very candidates. */
function turns(candidates: readonly DecisionCandidate[], advice: ModelAdvice | null): boolean {
  if (advice === null) return false;
  const chosen = candidates.filter((one) => one.chosen).map((one) => one.kind);
  const scaled = candidates.map((one) => ({ ...one, score: one.score * (advice.scales[one.kind] ?? 1) }));
  const { threshold } = rulePolicy;
  const advised = scaled.filter((one) => {
    if (!one.due) return false;
    if (one.terms.floor !== undefined) return true;
    const family = looksOf(one.kind);
    const better = scaled.some(
      (rival) =>
        rival.due && family !== undefined && looksOf(rival.kind) === family && rival.score > one.score,
    );
    return one.score >= threshold && !better;
  });
  return advised.map((one) => one.kind).join() !== chosen.join();
}

/** The market's symbols, and its working days with the lowest and the highest mean activity, as the policy alone sees them. */
async function extremeDays(
  settings: Settings,
  request: DecisionBenchRequest,
): Promise<{ readonly symbols: readonly string[]; readonly calmAt: EpochMs; readonly activeAt: EpochMs }> {
  request.note('looking for the most active and the calmest day');
  const log = new ConsultationLog(0, marks);
  let symbols: readonly string[] = [];
  await simulate(settings, {
    ...marketOf(request),
    ...(request.tape === undefined
      ? { from: syntheticFrom, to: syntheticFrom + (request.days ?? syntheticDays) * dayMs }
      : {}),
    observe: (record) => {
      log.observe(record);
      if (record.input.message_type === 'kernel.started')
        symbols = (record.input.data.agent_settings as unknown as AgentSettings).universe;
    },
  });
  const byDay = new Map<EpochMs, number[]>();
  for (const { decision } of log.cycles) {
    const day = Math.floor(decision.at / dayMs) * dayMs;
    byDay.set(day, [...(byDay.get(day) ?? []), activityOf(decision.context)]);
  }
  const days = [...byDay.keys()].sort((left, right) => left - right).slice(warmingDays, -1);
  const ranked = days
    .filter((day) => ![0, 6].includes(new Date(day).getUTCDay()))
    .sort((left, right) => mean(byDay.get(left) ?? []) - mean(byDay.get(right) ?? []));
  const [calm, active] = [ranked[0], ranked.at(-1)];
  if (calm === undefined || active === undefined || calm === active)
    throw new Error(
      `the market is too short: it needs ${warmingDays + 4} days with at least two working days`,
    );
  return { symbols, calmAt: calm, activeAt: active };
}

/** The larger activity of the classes; an unknown one counts as normal, as for the policy. */
function activityOf({ crypto_activity, forex_activity }: DecisionContext): number {
  return Math.max(crypto_activity ?? 1, forex_activity ?? 1);
}

function marketOf(request: DecisionBenchRequest) {
  return {
    ...(request.tape === undefined ? {} : { tape: request.tape }),
    ...(request.symbols === undefined ? {} : { symbols: request.symbols }),
    seed: request.seed,
    note: request.note,
    progress: () => undefined,
  };
}

function shareOf(cycles: readonly Cycle[], differs: (cycle: Cycle) => boolean): number {
  return round(cycles.filter(differs).length / Math.max(1, cycles.length));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
