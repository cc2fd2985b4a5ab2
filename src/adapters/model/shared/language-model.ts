// One request through a provider package, with everything that can come back turned into a ModelResponse.
// It never retries (the ladder does, within the ledger) and never lets a key out.
import { APICallError, type JSONSchema7, type LanguageModelV4 } from '@ai-sdk/provider';
import type { ModelProvider, RateWindow } from '../../../shared/domain/model.ts';
import type { Model, ModelQuestion, ModelResponse } from '../../../shared/ports/model.ts';
import { classifyFailure } from './classify-failure.ts';
import { hideKeys, shortDetail } from './hide-keys.ts';
import { type Headers, retryAfterMs } from './rate-limit-headers.ts';

export interface LanguageModelOptions {
  readonly provider: ModelProvider;
  readonly model: string;
  readonly language: LanguageModelV4;
  readonly providerOptions: Readonly<Record<string, Record<string, string | boolean>>>;
  readonly temperature?: number;
  /** The model takes a schema; otherwise it is told to answer in JSON, and the schema goes into the instructions. */
  readonly takesSchema: boolean;
  readonly windowsOf: (headers: Headers) => RateWindow[];
  readonly secrets: readonly string[];
}

export class LanguageModel implements Model {
  readonly provider: ModelProvider;
  readonly model: string;
  readonly #options: LanguageModelOptions;

  constructor(options: LanguageModelOptions) {
    this.provider = options.provider;
    this.model = options.model;
    this.#options = options;
  }

  async ask(question: ModelQuestion): Promise<ModelResponse> {
    try {
      return await this.#generate(question);
    } catch (error) {
      return this.#failure(error);
    }
  }

  async #generate(question: ModelQuestion): Promise<ModelResponse> {
    const { language, providerOptions, takesSchema, temperature, windowsOf, secrets } = this.#options;
    const instructions = takesSchema
      ? question.instructions
      : `${question.instructions}\n\nJSON schema of the answer:\n${JSON.stringify(question.schema)}`;
    const result = await language.doGenerate({
      prompt: [
        { role: 'system', content: instructions },
        { role: 'user', content: [{ type: 'text', text: question.brief }] },
      ],
      responseFormat: takesSchema
        ? { type: 'json', name: 'advice', schema: question.schema as JSONSchema7 }
        : { type: 'json' },
      maxOutputTokens: question.maxOutputTokens,
      ...(temperature === undefined ? {} : { temperature }),
      providerOptions: providerOptions as never,
      abortSignal: AbortSignal.timeout(question.timeoutMs),
    });
    const headers: Headers = result.response?.headers ?? {};
    const texts = result.content.map((part) => (part.type === 'text' ? part.text : ''));
    const { unified } = result.finishReason;
    return {
      outcome: 'answered',
      text: hideKeys(texts.join(''), secrets),
      finish: unified === 'stop' || unified === 'length' ? unified : 'other',
      detail: '',
      inputTokens: tokens(result.usage.inputTokens.total),
      outputTokens: tokens(result.usage.outputTokens.total),
      retryAfterMs: null,
      windows: windowsOf(headers),
    };
  }

  #failure(error: unknown): ModelResponse {
    const { windowsOf, secrets } = this.#options;
    const { fault, detail, failedText } = classifyFailure(error);
    const headers = (APICallError.isInstance(error) ? error.responseHeaders : undefined) ?? {};
    const common = {
      detail: shortDetail(detail, secrets),
      inputTokens: null,
      outputTokens: null,
      retryAfterMs: retryAfterMs(headers),
      windows: windowsOf(headers),
    };
    // The model did answer, only not in the shape asked for: it is judged like any other answer.
    if (failedText !== undefined)
      return { ...common, outcome: 'answered', text: hideKeys(failedText, secrets), finish: 'other' };
    return { ...common, outcome: fault, text: '', finish: null };
  }
}

/** Counts as the provider gave them; a number that cannot be one is as good as none. */
function tokens(count: number | undefined): number | null {
  return count !== undefined && Number.isSafeInteger(count) && count >= 0 ? count : null;
}
