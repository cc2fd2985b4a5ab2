// OpenAI by chat completions; requests and tokens are counted per minute.
import { createOpenAI } from '@ai-sdk/openai';
import type { Model } from '../../../shared/ports/model.ts';
import { boundedFetch } from '../shared/bounded-fetch.ts';
import { LanguageModel } from '../shared/language-model.ts';
import { openAiWindows } from '../shared/rate-limit-headers.ts';

const reasons = /^(gpt-[5-9]|o\d)/;

export interface OpenAiOptions {
  readonly apiKey: string;
  readonly model: string;
  /** Another address of the same API; absent for OpenAI itself. */
  readonly baseUrl?: string;
}

export function openAiModel({ apiKey, model, baseUrl }: OpenAiOptions): Model {
  const openai = createOpenAI({
    apiKey,
    fetch: boundedFetch,
    ...(baseUrl === undefined ? {} : { baseURL: baseUrl }),
  });
  return new LanguageModel({
    provider: 'openai',
    model,
    language: openai.chat(model),
    providerOptions: {
      openai: reasons.test(model) ? { reasoningEffort: 'low', store: false } : { store: false },
    },
    takesSchema: true,
    windowsOf: (headers) => openAiWindows(headers, 'minute'),
    secrets: [apiKey],
  });
}
