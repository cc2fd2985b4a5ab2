// From a strategy's verdict to a signal on the wire. Verdicts are user code's output: checked here, never trusted.
// It must not let a number into the reasoning that is not in the evidence, nor a signal out without a volatility.
import type { Turn } from '../kernel/agent.ts';
import { type Timeframe, timeframeMs, timeframes } from '../shared/domain/candle.ts';
import { failure, type Result, success } from '../shared/domain/result.ts';
import type { Evidence, Signal, SignalAction } from '../shared/domain/signal.ts';
import { dayMs, type EpochMs, minuteMs } from '../shared/domain/time.ts';
import type { StrategyVerdict, TimeframeView } from './strategy.ts';

export const maxEvidenceItems = 16;
export const maxReasoningLength = 600;
const maxHorizonMs = 30 * dayMs;
/** A signal lives this many base candles, but never less than minimumLifeMs. */
const lifeInBaseCandles = 2;
const minimumLifeMs = 3 * minuteMs;
const significantDigits = 8;
const actions: readonly unknown[] = ['BUY', 'SELL', 'CLOSE'] satisfies readonly SignalAction[];

/** A verdict whose every field has been checked, with evidence rounded and the reasoning filled in. */
export interface SoundVerdict {
  readonly action: SignalAction;
  readonly timeframe: Timeframe;
  readonly conviction: number;
  readonly horizonMs: number;
  readonly evidence: readonly Evidence[];
  readonly reasoning: string;
}

/** Checks what `evaluate` returned. The reason of a failure is for the strategy's author. */
export function checkVerdict(verdict: unknown, symbol: string, now: EpochMs): Result<SoundVerdict, string> {
  if (typeof verdict !== 'object' || verdict === null)
    return failure('the verdict is neither null nor an object');
  const fields = verdict as Readonly<Partial<Record<keyof StrategyVerdict, unknown>>>;
  if (fields.symbol !== symbol)
    return failure(`the verdict speaks of ${quoted(fields.symbol)}, asked was ${symbol}`);
  if (!actions.includes(fields.action))
    return failure(`action ${quoted(fields.action)} is not BUY, SELL or CLOSE`);
  const timeframe = timeframes.find((known) => known === fields.timeframe);
  if (timeframe === undefined) return failure(`timeframe ${quoted(fields.timeframe)} is unknown`);
  const conviction = fields.confidence;
  if (typeof conviction !== 'number' || !(conviction >= 0 && conviction <= 1))
    return failure(`confidence ${quoted(conviction)} is not within 0..1`);
  const horizonMs = fields.horizonMs;
  if (typeof horizonMs !== 'number' || !(horizonMs >= minuteMs && horizonMs <= maxHorizonMs))
    return failure(`horizonMs ${quoted(horizonMs)} is not between a minute and 30 days`);
  const evidence = checkEvidence(fields.evidence, now);
  if (!evidence.ok) return evidence;
  const reasoning = fillIn(fields.reasoning, evidence.value);
  if (!reasoning.ok) return reasoning;
  return success({
    action: fields.action as SignalAction,
    timeframe,
    conviction,
    horizonMs: Math.round(horizonMs),
    evidence: evidence.value,
    reasoning: reasoning.value,
  });
}

function checkEvidence(evidence: unknown, now: EpochMs): Result<readonly Evidence[], string> {
  if (!Array.isArray(evidence) || evidence.length === 0) return failure('the verdict brings no evidence');
  if (evidence.length > maxEvidenceItems) return failure(`more than ${maxEvidenceItems} pieces of evidence`);
  const checked: Evidence[] = [];
  for (const item of evidence as readonly unknown[]) {
    const { name, value, at } = (item ?? {}) as Readonly<Partial<Record<keyof Evidence, unknown>>>;
    if (typeof name !== 'string' || !/^[a-z][a-z0-9_]{0,47}$/.test(name))
      return failure(`evidence name ${quoted(name)} is not like lower_case_words`);
    if (typeof value !== 'number' || !Number.isFinite(value))
      return failure(`evidence ${name} is not a number`);
    if (typeof at !== 'number' || !Number.isSafeInteger(at) || at <= 0 || at > now)
      return failure(`evidence ${name} is not dated in the past`);
    if (checked.some((other) => other.name === name)) return failure(`evidence ${name} is given twice`);
    checked.push({ name, value: rounded(value), at });
  }
  return success(checked);
}

/** Puts the evidence's numbers where the sentence names them, so that text and evidence cannot differ. */
function fillIn(template: unknown, evidence: readonly Evidence[]): Result<string, string> {
  if (typeof template !== 'string' || template.trim() === '')
    return failure('the verdict gives no reasoning');
  let unknown: string | undefined;
  const text = template.replaceAll(/\{([^{}]*)\}/g, (_whole, name: string) => {
    const found = evidence.find((item) => item.name === name);
    if (found === undefined) unknown ??= name;
    return String(found?.value);
  });
  if (unknown !== undefined) return failure(`the reasoning cites {${unknown}}, which is not in the evidence`);
  if (text.length > maxReasoningLength)
    return failure(`the reasoning is longer than ${maxReasoningLength} characters`);
  return success(text);
}

/** Eight significant digits; never negative zero. */
function rounded(value: number): number {
  return Number(value.toPrecision(significantDigits)) + 0;
}

/** Only what cannot run code of its own is turned into text: an object's toString may do anything. */
function quoted(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? `"${value.slice(0, 40)}"` : `of type ${typeof value}`;
}

export interface SignalContext {
  readonly strategy: string;
  readonly symbol: string;
  /** Window of the verdict's timeframe. */
  readonly window: TimeframeView;
  readonly confidence: number;
  readonly price: number;
  readonly base: Timeframe;
  readonly taskId: string | null;
}

/** The signal of a sound verdict; a failure when the instrument shows no volatility to size by. */
export function buildSignal(
  verdict: SoundVerdict,
  context: SignalContext,
  turn: Turn,
): Result<Signal, string> {
  const { strategy, symbol, window, base } = context;
  const range = window.indicator('atr_14');
  if (!(range > 0)) return failure(`no average true range on ${verdict.timeframe} yet`);
  const lifeMs = Math.max(minimumLifeMs, lifeInBaseCandles * timeframeMs[base]);
  return success({
    signal_id: turn.id('sig', strategy, symbol, verdict.action, verdict.timeframe, window.closeTime()),
    action: verdict.action,
    symbol,
    confidence: context.confidence,
    reasoning: verdict.reasoning,
    horizon_ms: verdict.horizonMs,
    issued_at: turn.now,
    expires_at: turn.now + lifeMs,
    strategy,
    timeframe: verdict.timeframe,
    evidence: verdict.evidence,
    reference_price: context.price,
    average_true_range: rounded(range),
    task_id: context.taskId,
  });
}
