// Any endpoint that speaks OpenAI's chat completions: a local Ollama or vLLM, or a hosted one. A key is optional.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { Model } from '../../../shared/ports/model.ts';
import { boundedFetch } from '../shared/bounded-fetch.ts';
import { LanguageModel } from '../shared/language-model.ts';
import { openAiWindows } from '../shared/rate-limit-headers.ts';

export interface CompatibleOptions {
  /** Such as http://127.0.0.1:11434/v1. */
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey?: string;
}

export function compatibleModel({ baseUrl, model, apiKey }: CompatibleOptions): Model {
  const compatible = createOpenAICompatible({
    name: 'compatible',
    baseURL: baseUrl,
    fetch: boundedFetch,
    supportsStructuredOutputs: true,
    ...(apiKey === undefined ? {} : { apiKey }),
  });
  return new LanguageModel({
    provider: 'compatible',
    model,
    language: compatible(model),
    providerOptions: {},
    temperature: 0,
    takesSchema: true,
    windowsOf: (headers) => openAiWindows(headers, 'minute'),
    secrets: apiKey === undefined ? [] : [apiKey],
  });
}
