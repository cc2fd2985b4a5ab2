// One question to one language model. It answers or says why not; it never decides, never acts and never throws.
import type { ModelFault, ModelProvider, RateWindow } from '../domain/model.ts';

export interface ModelQuestion {
  /** What the model is to do, from the prompt file. */
  readonly instructions: string;
  /** The brief: JSON text, all of it data. */
  readonly brief: string;
  /** JSON schema of the answer; every property required, none beside them. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly maxOutputTokens: number;
  readonly timeoutMs: number;
}

export interface ModelResponse {
  readonly outcome: 'answered' | ModelFault;
  /** The answer as it came, not yet checked; empty when there is none. */
  readonly text: string;
  readonly finish: 'stop' | 'length' | 'other' | null;
  /** In words, without any key. */
  readonly detail: string;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly retryAfterMs: number | null;
  readonly windows: readonly RateWindow[];
}

/** What stands for an answer when nobody could be asked. */
export function unreachableModel(detail: string): ModelResponse {
  return {
    outcome: 'unreachable',
    text: '',
    finish: null,
    detail,
    inputTokens: null,
    outputTokens: null,
    retryAfterMs: null,
    windows: [],
  };
}

export interface Model {
  readonly provider: ModelProvider;
  readonly model: string;
  /** Exactly one request, within the deadline. Never throws: a failure is a response with its outcome. */
  ask(question: ModelQuestion): Promise<ModelResponse>;
}
