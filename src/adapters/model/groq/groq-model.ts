// Groq: OpenAI's wire format, requests counted per day and tokens per minute.
import { createGroq } from '@ai-sdk/groq';
import type { Model } from '../../../shared/ports/model.ts';
import { boundedFetch } from '../shared/bounded-fetch.ts';
import { LanguageModel } from '../shared/language-model.ts';
import { openAiWindows } from '../shared/rate-limit-headers.ts';

/** Models with constrained decoding; any other is asked for plain JSON. */
const takesSchema = /^(openai\/gpt-oss-|qwen\/qwen3\.8)/;

export interface GroqOptions {
  readonly apiKey: string;
  readonly model: string;
  /** Another address of the same API; absent for Groq itself. */
  readonly baseUrl?: string;
}

export function groqModel({ apiKey, model, baseUrl }: GroqOptions): Model {
  const groq = createGroq({
    apiKey,
    fetch: boundedFetch,
    ...(baseUrl === undefined ? {} : { baseURL: baseUrl }),
  });
  const schema = takesSchema.test(model);
  return new LanguageModel({
    provider: 'groq',
    model,
    language: groq(model),
    providerOptions: { groq: { structuredOutputs: schema, ...effortOf(model) } },
    temperature: 0,
    takesSchema: schema,
    windowsOf: (headers) => openAiWindows(headers, 'day'),
    secrets: [apiKey],
  });
}

/** Reasoning counts as output: as little as the model allows. */
function effortOf(model: string): Record<string, string> {
  if (model.startsWith('openai/gpt-oss-')) return { reasoningEffort: 'low' };
  return model.startsWith('qwen/') ? { reasoningEffort: 'none' } : {};
}
