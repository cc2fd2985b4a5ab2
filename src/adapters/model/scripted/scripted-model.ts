// A model that answers by a function: for simulations, benchmarks and tests. No network, no waiting, no chance.
import type { ModelProvider } from '../../../shared/domain/model.ts';
import {
  type Model,
  type ModelQuestion,
  type ModelResponse,
  unreachableModel,
} from '../../../shared/ports/model.ts';

/** What a script returns: the text of an answer, or a whole response such as a fault. */
export type Script = (question: ModelQuestion) => string | ModelResponse;

/** Characters per token, for counting what a real model would have been charged for. */
const charactersPerToken = 3.5;

/** The answer at once; for virtual time. A script that throws is an unreachable model. */
export function scriptedResponse(script: Script, question: ModelQuestion): ModelResponse {
  const given = attempt(script, question);
  if (typeof given !== 'string') return given;
  const asked = question.instructions.length + question.brief.length + JSON.stringify(question.schema).length;
  return {
    outcome: 'answered',
    text: given,
    finish: 'stop',
    detail: '',
    inputTokens: Math.ceil(asked / charactersPerToken),
    outputTokens: Math.min(question.maxOutputTokens, Math.ceil(given.length / charactersPerToken)),
    retryAfterMs: null,
    windows: [],
  };
}

function attempt(script: Script, question: ModelQuestion): string | ModelResponse {
  try {
    return script(question);
  } catch (error) {
    return unreachableModel(error instanceof Error ? error.message : String(error));
  }
}

export function scriptedModel(provider: ModelProvider, model: string, script: Script): Model {
  return { provider, model, ask: async (question) => scriptedResponse(script, question) };
}
