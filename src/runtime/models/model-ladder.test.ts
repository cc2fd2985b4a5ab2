// The ladder as settings make it, and the desk that asks: nothing loaded before the first question, nothing thrown.
import { expect, test } from 'vitest';
import { inputSchemas } from '../../shared/bus/schemas.ts';
import { environmentSchema } from '../../shared/config/settings.ts';
import type { Model, ModelQuestion } from '../../shared/ports/model.ts';
import { configuredRungs, ModelLadder, wireModels } from './model-ladder.ts';

const settings = (given: Record<string, string>) => environmentSchema.parse(given);
const keys = {
  GROQ_API_KEY: 'gsk-secret-groq-key',
  OPENAI_API_KEY: 'sk-secret-openai-key',
  ANTHROPIC_API_KEY: 'sk-ant-secret-key',
  ATO_COMPATIBLE_URL: 'http://127.0.0.1:11434/v1',
  ATO_COMPATIBLE_MODEL: 'llama3.2',
  ATO_COMPATIBLE_API_KEY: 'compatible-secret-key',
};

test('without a key there is no ladder, and with a hurried market none either', () => {
  expect(wireModels(settings({}))).toBeUndefined();
  expect(wireModels(settings({ ...keys, ATO_MARKET_SPEED: '60' }))).toBeUndefined();
});

test('the order is fixed, models and prices come from settings', () => {
  const rungs = configuredRungs(
    settings({
      ...keys,
      ATO_GROQ_MODEL: 'llama-3.3-70b-versatile',
      ATO_OPENAI_MODEL: 'gpt-unheard-of',
      ATO_MODEL_PRICES: 'claude-haiku-4-5=2/6, other=1/1',
    }),
  );
  expect(rungs.map(({ provider, model }) => `${provider} ${model}`)).toEqual([
    'groq llama-3.3-70b-versatile',
    'openai gpt-unheard-of',
    'anthropic claude-haiku-4-5',
    'compatible llama3.2',
  ]);
  expect(rungs.map((rung) => [rung.usd_per_million_input, rung.usd_per_million_output])).toEqual([
    [0.59, 0.79],
    [10, 50],
    [2, 6],
    [0, 0],
  ]);
  expect(rungs[0]?.limits).toMatchObject({ requests_per_day: 1_000, tokens_per_day: 200_000 });
});

test('what the agents are told holds no key', () => {
  const wiring = wireModels(settings(keys));
  const told = JSON.stringify(wiring?.settings);
  for (const [name, value] of Object.entries(keys))
    if (name.endsWith('KEY')) expect(told).not.toContain(value);
  expect(wiring?.settings).toMatchObject({ daily_usd: 1, monthly_usd: 10, prompt: { name: 'decision' } });
});

const ask = {
  consult_id: 'consult-1',
  decision_id: 'decision-1',
  provider: 'groq',
  model: 'm',
  prompt: 'decision@1#abc',
  brief: '{}',
  max_output_tokens: 900,
  timeout_ms: 8_000,
} as const;

function answering(answer: (question: ModelQuestion) => Awaited<ReturnType<Model['ask']>>): Model {
  return { provider: 'groq', model: 'm', ask: async (question) => answer(question) };
}

const answered = {
  outcome: 'answered',
  text: '{}',
  finish: 'stop',
  detail: '',
  inputTokens: 10,
  outputTokens: 2,
  retryAfterMs: null,
  windows: [],
} as const;

test('a model is opened with the first question, once; the reply fits the door of the kernel', async () => {
  let opened = 0;
  const seen: ModelQuestion[] = [];
  const ladder = new ModelLadder({
    instructions: 'Advise.',
    open: async () => {
      opened++;
      return answering((question) => {
        seen.push(question);
        return { ...answered, text: 'x'.repeat(200_000) };
      });
    },
  });
  expect(opened).toBe(0);
  const reply = await ladder.ask(ask);
  await ladder.ask(ask);
  expect(opened).toBe(1);
  expect(seen[0]).toMatchObject({
    instructions: 'Advise.',
    brief: '{}',
    timeoutMs: 8_000,
    maxOutputTokens: 900,
  });
  expect(reply).toMatchObject({ consult_id: 'consult-1', characters: 200_000 });
  expect(reply.text).toHaveLength(8_000);
  expect(inputSchemas['model.reply'].safeParse(reply).success).toBe(true);
});

test('a model that cannot be opened or throws is unreachable, and is opened anew the next time', async () => {
  let opened = 0;
  const ladder = new ModelLadder({
    instructions: 'Advise.',
    open: async () => {
      if (opened++ === 0) throw new Error('no such package');
      return answering(() => {
        throw new Error('broken');
      });
    },
  });
  expect(await ladder.ask(ask)).toMatchObject({ outcome: 'unreachable', detail: 'no such package' });
  expect(await ladder.ask(ask)).toMatchObject({ outcome: 'unreachable', detail: 'broken' });
  expect(opened).toBe(2);
});
