// Settings of a model ladder and replies of models, for tests of the decision engine.
import type { Effect } from '../../src/shared/bus/effects.ts';
import type { AgentSettings } from '../../src/shared/domain/agent-settings.ts';
import type { ModelProvider, ModelReply, ModelRung, ModelSettings } from '../../src/shared/domain/model.ts';
import { testSettings } from './orchestrator-world.ts';

type Ask = Effect<'model.ask'>['data'];

const groqFree = {
  requests_per_minute: 30,
  requests_per_day: 1_000,
  tokens_per_minute: 8_000,
  tokens_per_day: 200_000,
} as const;

const unlimited = {
  requests_per_minute: null,
  requests_per_day: null,
  tokens_per_minute: null,
  tokens_per_day: null,
} as const;

export function rung(provider: ModelProvider, changes: Partial<ModelRung> = {}): ModelRung {
  return {
    provider,
    model: `${provider}-model`,
    limits: provider === 'groq' ? groqFree : unlimited,
    usd_per_million_input: 1,
    usd_per_million_output: 5,
    ...changes,
  };
}

export function ladder(changes: Partial<ModelSettings> = {}): ModelSettings {
  return {
    rungs: [rung('groq')],
    prompt: { name: 'decision', version: 1, hash: 'abc123def456' },
    prompt_tokens: 700,
    daily_usd: 1,
    monthly_usd: 10,
    ...changes,
  };
}

export function withModels(models: ModelSettings = ladder()): AgentSettings {
  return { ...testSettings, models };
}

export function reply(ask: Ask, changes: Partial<ModelReply> = {}): ModelReply {
  const { consult_id, provider, model } = ask;
  const text = changes.text ?? '';
  return {
    consult_id,
    provider,
    model,
    outcome: 'answered',
    text: text.slice(0, 8_000),
    characters: text.length,
    finish: 'stop',
    detail: '',
    input_tokens: 1_200,
    output_tokens: 200,
    latency_ms: 900,
    retry_after_ms: null,
    windows: [],
    ...changes,
  };
}

export interface Brief {
  readonly mode: string;
  readonly threshold: number;
  readonly fields: Readonly<Record<string, number>>;
  readonly candidates: readonly {
    readonly kind: string;
    readonly score: number;
    readonly policy_runs_it: boolean;
  }[];
  readonly quoted_from_outside: readonly { readonly origin: string; readonly text: string }[];
}

export function briefOf(ask: Ask): Brief {
  return JSON.parse(ask.brief) as Brief;
}

/** A well-formed answer; by default it repeats the policy's choice and cites nothing. */
export function answer(ask: Ask, changes: Readonly<Record<string, unknown>> = {}): ModelReply {
  const { candidates } = briefOf(ask);
  const document = {
    choice: candidates.filter((one) => one.policy_runs_it).map((one) => one.kind),
    scales: [],
    risk_scale: 1,
    reasoning: 'The choice of the policy fits the situation.',
    evidence: [],
    ...changes,
  };
  return reply(ask, { text: JSON.stringify(document) });
}
