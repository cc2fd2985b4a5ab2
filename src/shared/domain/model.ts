// Language models as the agents know them: names, limits and prices of the ladder, and what one consultation came to.
// Nothing here may hold a key: it travels in `kernel.started` and in the journal.
import type { TaskKind } from './task.ts';
import type { EpochMs } from './time.ts';

/** From the first asked to the last; below them the policy stands alone. */
export const modelProviders = ['groq', 'openai', 'anthropic', 'compatible'] as const;
export type ModelProvider = (typeof modelProviders)[number];

/** Why a call brought no answer. Each has its own back-off; none of them stops the decision cycle. */
export const modelFaults = [
  'rate_limited',
  'quota_exhausted',
  'too_large',
  'unauthorised',
  'unknown_model',
  'refused_request',
  'overloaded',
  'timeout',
  'unreachable',
  'unreadable',
] as const;
export type ModelFault = (typeof modelFaults)[number];

/** What a provider grants; null where it says nothing and only its answers will tell. */
export interface ModelLimits {
  readonly requests_per_minute: number | null;
  readonly requests_per_day: number | null;
  readonly tokens_per_minute: number | null;
  readonly tokens_per_day: number | null;
}

/** One configured provider of the ladder. */
export interface ModelRung {
  readonly provider: ModelProvider;
  readonly model: string;
  readonly limits: ModelLimits;
  readonly usd_per_million_input: number;
  readonly usd_per_million_output: number;
}

/** Which prompt file is in use; the hash is of its exact bytes. */
export interface PromptIdentity {
  readonly name: string;
  readonly version: number;
  readonly hash: string;
}

/** The model part of the agents' settings; absent when no model is configured. */
export interface ModelSettings {
  readonly rungs: readonly ModelRung[];
  readonly prompt: PromptIdentity;
  /** Upper estimate of what the instructions alone cost. */
  readonly prompt_tokens: number;
  readonly daily_usd: number;
  readonly monthly_usd: number;
  /** Asks at every decision, whatever it could change: the benchmark's rival, never set by settings. */
  readonly consult?: 'always';
}

/** What the provider itself says is left, read from an answer's headers. */
export interface RateWindow {
  readonly resource: 'requests' | 'tokens';
  readonly window: 'minute' | 'day';
  readonly limit: number | null;
  readonly remaining: number | null;
  readonly resets_in_ms: number | null;
}

/** One call's result as it enters the kernel. Text from outside: data, never instruction. */
export interface ModelReply {
  readonly consult_id: string;
  readonly provider: ModelProvider;
  readonly model: string;
  readonly outcome: 'answered' | ModelFault;
  /** The beginning of the answer, at most maxAnswerCharacters; empty when there is none. */
  readonly text: string;
  /** Length of the whole answer as it came. */
  readonly characters: number;
  readonly finish: 'stop' | 'length' | 'other' | null;
  readonly detail: string;
  /** Null when the provider did not say. */
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly latency_ms: number;
  readonly retry_after_ms: number | null;
  readonly windows: readonly RateWindow[];
}

/** Longer answers are cut here before they enter the kernel, and rejected there. */
export const maxAnswerCharacters = 8_000;

/** A number that an answer rests on, checked against the snapshot. */
export interface ModelEvidence {
  readonly field: string;
  readonly value: number;
}

/** What an accepted answer may do: scale priorities within [0.5, 2] and tighten the risk appetite within [0.5, 1]. */
export interface ModelAdvice {
  readonly consult_id: string;
  readonly provider: ModelProvider;
  readonly model: string;
  readonly scales: Readonly<Partial<Record<TaskKind, number>>>;
  readonly risk_scale: number;
  readonly reasoning: string;
  readonly evidence: readonly ModelEvidence[];
}

/** The model layer's part in one decision. */
export interface DecisionAdvice {
  /** Name, version and hash of the prompt file, as `decision@1#hash`. */
  readonly prompt: string;
  /** advised: an answer weighs in this decision; asked: one is awaited, the policy stands meanwhile. */
  readonly state: 'advised' | 'asked' | 'not_asked';
  readonly reason: string;
  readonly advice: ModelAdvice | null;
}

/** What became of one call, for journal, metrics and people. */
export interface ModelConsultation {
  readonly consult_id: string;
  readonly decision_id: string;
  readonly provider: ModelProvider;
  readonly model: string;
  readonly prompt: string;
  readonly reason: string;
  readonly verdict: 'accepted' | 'rejected' | 'failed' | 'late' | 'cached';
  /** Why it was rejected or failed; `none` otherwise. */
  readonly code: string;
  readonly detail: string;
  readonly advice: ModelAdvice | null;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly micro_usd: number;
  readonly latency_ms: number;
  readonly at: EpochMs;
}

export interface LadderRungState {
  readonly provider: ModelProvider;
  readonly model: string;
  readonly state: 'ready' | 'backing_off' | 'limited';
  readonly detail: string;
  readonly failures: number;
  /** When it is asked again; null unless it is backing off. */
  readonly resumes_at: EpochMs | null;
  readonly requests_last_day: number;
  readonly tokens_last_day: number;
}

/** The ladder as of the last consultation or decision. */
export interface LadderState {
  readonly at: EpochMs;
  readonly prompt: string;
  readonly rungs: readonly LadderRungState[];
  readonly awaiting: ModelProvider | null;
  readonly advice: ModelAdvice | null;
  readonly usd_today: number;
  readonly usd_month: number;
  readonly daily_usd: number;
  readonly monthly_usd: number;
}
