// Facts about language models that settings may override: list prices, free allowances, and models that were switched off.
// As read in November 2026; what a provider's own answers say is newer and wins.
import type { ModelLimits, ModelProvider } from '../domain/model.ts';

interface Price {
  readonly input: number;
  readonly output: number;
}

/** US dollars per million tokens. */
const listPrices: Readonly<Record<string, Price>> = {
  'openai/gpt-oss-120b': { input: 0.15, output: 0.75 },
  'openai/gpt-oss-20b': { input: 0.1, output: 0.5 },
  'llama-3.3-70b-versatile': { input: 0.59, output: 0.79 },
  'gpt-5.4-mini': { input: 0.75, output: 4.5 },
  'gpt-5.4-nano': { input: 0.2, output: 1.25 },
  'gpt-5-mini': { input: 0.25, output: 2 },
  'claude-haiku-4-5': { input: 1, output: 5 },
};
/** For a hosted model that is not listed: dear enough that the money caps hold. */
const unknownPrice: Price = { input: 10, output: 50 };

/** Price of a model: the setting's, the list's, nothing for an endpoint of one's own, else a dear guess. */
export function priceOf(provider: ModelProvider, model: string, given: readonly string[]): Price {
  const setting = given.find((entry) => entry.slice(0, entry.lastIndexOf('=')) === model);
  if (setting !== undefined) {
    const [input, output] = setting
      .slice(setting.lastIndexOf('=') + 1)
      .split('/')
      .map(Number);
    if (input !== undefined && output !== undefined) return { input, output };
  }
  return listPrices[model] ?? (provider === 'compatible' ? { input: 0, output: 0 } : unknownPrice);
}

const unsaid: ModelLimits = {
  requests_per_minute: null,
  requests_per_day: null,
  tokens_per_minute: null,
  tokens_per_day: null,
};

/** What is granted before a provider has said so itself. Groq: the free plan. */
export const startingLimits: Readonly<Record<ModelProvider, ModelLimits>> = {
  groq: {
    requests_per_minute: 30,
    requests_per_day: 1_000,
    tokens_per_minute: 8_000,
    tokens_per_day: 200_000,
  },
  openai: unsaid,
  anthropic: unsaid,
  compatible: unsaid,
};

const retired: Readonly<Record<string, string>> = {
  'llama-3.3-70b-versatile':
    'switched off for free and developer plans on 2026-08-16, enterprise only; use openai/gpt-oss-120b',
  'llama-3.1-8b-instant':
    'switched off for free and developer plans on 2026-08-16, enterprise only; use openai/gpt-oss-20b',
  'meta-llama/llama-4-scout-17b-16e-instruct': 'switched off on 2026-07-17; use openai/gpt-oss-120b',
  'qwen/qwen3-32b': 'switched off in August 2026; use qwen/qwen3.8-27b or openai/gpt-oss-120b',
  'qwen/qwen3.6-27b': 'replaced on 2026-09-14 by qwen/qwen3.8-27b',
};

/** What is known against a model, with its successor; undefined when nothing is. */
export function retirementHint(provider: ModelProvider, model: string): string | undefined {
  return provider === 'groq' ? retired[model] : undefined;
}
