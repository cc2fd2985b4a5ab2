// Anthropic's messages API; resets are instants, overload is status 529.
import { createAnthropic } from '@ai-sdk/anthropic';
import type { Model } from '../../../shared/ports/model.ts';
import { boundedFetch } from '../shared/bounded-fetch.ts';
import { LanguageModel } from '../shared/language-model.ts';
import { anthropicWindows } from '../shared/rate-limit-headers.ts';

export interface AnthropicOptions {
  readonly apiKey: string;
  readonly model: string;
  /** Another address of the same API; absent for Anthropic itself. */
  readonly baseUrl?: string;
}

export function anthropicModel({ apiKey, model, baseUrl }: AnthropicOptions): Model {
  const anthropic = createAnthropic({
    apiKey,
    fetch: boundedFetch,
    ...(baseUrl === undefined ? {} : { baseURL: baseUrl }),
  });
  return new LanguageModel({
    provider: 'anthropic',
    model,
    language: anthropic(model),
    providerOptions: {},
    takesSchema: true,
    windowsOf: anthropicWindows,
    secrets: [apiKey],
  });
}
