// The ladder of language models as configured: what the agents may know of it, and the adapters that ask.
// Provider packages are loaded with the first question, so a start costs nothing; keys stay here.
import { answerJsonSchema } from '../../orchestrator/models/answer.ts';
import type { EffectDataByKind } from '../../shared/bus/effects.ts';
import { priceOf, startingLimits } from '../../shared/config/model-catalogue.ts';
import type { Settings } from '../../shared/config/settings.ts';
import {
  type ModelProvider,
  type ModelReply,
  type ModelRung,
  type ModelSettings,
  maxAnswerCharacters,
  modelProviders,
} from '../../shared/domain/model.ts';
import { type Model, type ModelResponse, unreachableModel } from '../../shared/ports/model.ts';
import { loadPrompt, type Prompt } from './prompt-file.ts';

const maxDetailLength = 500;

/** Which models are configured, from the first asked to the last. */
export function configuredRungs(settings: Settings): ModelRung[] {
  const models: Readonly<Record<ModelProvider, string | undefined>> = {
    groq: settings.GROQ_API_KEY && settings.ATO_GROQ_MODEL,
    openai: settings.OPENAI_API_KEY && settings.ATO_OPENAI_MODEL,
    anthropic: settings.ANTHROPIC_API_KEY && settings.ATO_ANTHROPIC_MODEL,
    compatible: settings.ATO_COMPATIBLE_URL && settings.ATO_COMPATIBLE_MODEL,
  };
  return modelProviders.flatMap((provider) => {
    const model = models[provider];
    if (model === undefined) return [];
    const { input, output } = priceOf(provider, model, settings.ATO_MODEL_PRICES ?? []);
    const limits = startingLimits[provider];
    return [{ provider, model, limits, usd_per_million_input: input, usd_per_million_output: output }];
  });
}

/** What the agents are told; it holds no key. */
export function modelSettingsOf(
  settings: Settings,
  rungs: readonly ModelRung[],
  prompt: Prompt,
): ModelSettings {
  const { name, version, hash, tokens } = prompt;
  return {
    rungs,
    prompt: { name, version, hash },
    prompt_tokens: tokens,
    daily_usd: settings.ATO_MODEL_DAILY_USD,
    monthly_usd: settings.ATO_MODEL_MONTHLY_USD,
  };
}

export interface LadderOptions {
  readonly instructions: string;
  /** Makes the adapter of a provider; called once each, with the first question. */
  readonly open: (provider: ModelProvider) => Promise<Model>;
}

export class ModelLadder {
  readonly #options: LadderOptions;
  readonly #models = new Map<ModelProvider, Promise<Model>>();

  constructor(options: LadderOptions) {
    this.#options = options;
  }

  /** Puts one question to one model. Never throws: what goes wrong is in the reply. */
  async ask(question: EffectDataByKind['model.ask']): Promise<ModelReply> {
    const begun = performance.now();
    try {
      const response = await (await this.#model(question.provider)).ask({
        instructions: this.#options.instructions,
        brief: question.brief,
        schema: answerJsonSchema,
        maxOutputTokens: question.max_output_tokens,
        timeoutMs: question.timeout_ms,
      });
      return replyOf(question, response, Math.round(performance.now() - begun));
    } catch (error) {
      return replyOf(question, unreachable(error), Math.round(performance.now() - begun));
    }
  }

  #model(provider: ModelProvider): Promise<Model> {
    const known = this.#models.get(provider);
    if (known !== undefined) return known;
    const opening = this.#options.open(provider);
    this.#models.set(provider, opening);
    opening.catch(() => this.#models.delete(provider));
    return opening;
  }
}

/** A response as the input that it becomes: bounded, with what it answers. */
export function replyOf(
  { consult_id, provider, model }: EffectDataByKind['model.ask'],
  response: ModelResponse,
  latencyMs: number,
): ModelReply {
  return {
    consult_id,
    provider,
    model,
    outcome: response.outcome,
    text: response.text.slice(0, maxAnswerCharacters),
    characters: response.text.length,
    finish: response.finish,
    detail: response.detail.slice(0, maxDetailLength),
    input_tokens: response.inputTokens,
    output_tokens: response.outputTokens,
    latency_ms: latencyMs,
    retry_after_ms: response.retryAfterMs,
    windows: response.windows,
  };
}

function unreachable(error: unknown): ModelResponse {
  return unreachableModel(error instanceof Error ? error.message : String(error));
}

/** Loads the provider's package and makes its adapter. Throws when its settings are missing. */
async function openModel(provider: ModelProvider, settings: Settings): Promise<Model> {
  switch (provider) {
    case 'groq': {
      const { groqModel } = await import('../../adapters/model/groq/groq-model.ts');
      return groqModel({ apiKey: needed(settings.GROQ_API_KEY), model: settings.ATO_GROQ_MODEL });
    }
    case 'openai': {
      const { openAiModel } = await import('../../adapters/model/openai/openai-model.ts');
      return openAiModel({ apiKey: needed(settings.OPENAI_API_KEY), model: settings.ATO_OPENAI_MODEL });
    }
    case 'anthropic': {
      const { anthropicModel } = await import('../../adapters/model/anthropic/anthropic-model.ts');
      return anthropicModel({
        apiKey: needed(settings.ANTHROPIC_API_KEY),
        model: settings.ATO_ANTHROPIC_MODEL,
      });
    }
    case 'compatible': {
      const { compatibleModel } = await import(
        '../../adapters/model/openai-compatible/openai-compatible-model.ts'
      );
      const { ATO_COMPATIBLE_API_KEY: apiKey } = settings;
      return compatibleModel({
        baseUrl: needed(settings.ATO_COMPATIBLE_URL),
        model: needed(settings.ATO_COMPATIBLE_MODEL),
        ...(apiKey === undefined ? {} : { apiKey }),
      });
    }
  }
}

function needed(value: string | undefined): string {
  if (value === undefined) throw new Error('this provider is not configured');
  return value;
}

/** The model layer of one run; undefined when the policy decides alone. */
export interface ModelWiring {
  readonly settings: ModelSettings;
  readonly ladder: ModelLadder;
}

/**
 * Undefined without any configured model, and where the market is hurried: minutes that last milliseconds would spend
 * a day's allowance at once. Throws StartRefused when the prompt file cannot be used.
 */
export function wireModels(settings: Settings): ModelWiring | undefined {
  const rungs = configuredRungs(settings);
  if (rungs.length === 0 || settings.ATO_MARKET_SPEED !== 1) return undefined;
  const prompt = loadPrompt();
  return {
    settings: modelSettingsOf(settings, rungs, prompt),
    ladder: new ModelLadder({
      instructions: prompt.instructions,
      open: (provider) => openModel(provider, settings),
    }),
  };
}
