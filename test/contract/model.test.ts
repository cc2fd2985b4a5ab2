// The model contract for every adapter that speaks HTTP, against a stand-in in each vendor's documented wire format.
import { expect, test } from 'vitest';
import { anthropicModel } from '../../src/adapters/model/anthropic/anthropic-model.ts';
import { groqModel } from '../../src/adapters/model/groq/groq-model.ts';
import { openAiModel } from '../../src/adapters/model/openai/openai-model.ts';
import { compatibleModel } from '../../src/adapters/model/openai-compatible/openai-compatible-model.ts';
import { recordedModel, recordingModel } from '../../src/adapters/model/recorded/recorded-model.ts';
import { scriptedModel } from '../../src/adapters/model/scripted/scripted-model.ts';
import { modelContract, question, secretKey, type Vendor } from './model.contract.ts';
import { ModelStandIn } from './model-support/model-stand-in.ts';

const chatAnswer = (text: string, finish: 'stop' | 'length') =>
  JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_790_000_000,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: finish }],
    usage: { prompt_tokens: 120, completion_tokens: 30, total_tokens: 150, total_time: 0.2 },
    x_groq: { id: 'req_1' },
  });

const chatError = (message: string, code: string) =>
  JSON.stringify({ error: { message, type: 'invalid_request_error', param: null, code } });

const commonFaults = [
  [400, 'invalid_request', 'refused_request'],
  [401, 'invalid_api_key', 'unauthorised'],
  [403, 'forbidden', 'unauthorised'],
  [404, 'model_not_found', 'unknown_model'],
  [413, 'request_too_large', 'too_large'],
  [422, 'unprocessable', 'refused_request'],
  [500, 'server_error', 'overloaded'],
  [503, 'service_unavailable', 'overloaded'],
] as const;

const openAiHeaders = {
  'x-ratelimit-limit-requests': '1000',
  'x-ratelimit-limit-tokens': '8000',
  'x-ratelimit-remaining-requests': '7',
  'x-ratelimit-remaining-tokens': '6500',
  'x-ratelimit-reset-requests': '2m59.56s',
  'x-ratelimit-reset-tokens': '120ms',
};

const openAiWindows = (requestWindow: 'minute' | 'day') =>
  [
    { resource: 'requests', window: requestWindow, limit: 1_000, remaining: 7, resets_in_ms: 179_560 },
    { resource: 'tokens', window: 'minute', limit: 8_000, remaining: 6_500, resets_in_ms: 120 },
  ] as const;

const schemaFormat = {
  type: 'json_schema',
  json_schema: { name: 'advice', strict: true, schema: question.schema },
};

const groq: Vendor = {
  name: 'groq',
  make: (baseUrl) => groqModel({ apiKey: secretKey, model: 'openai/gpt-oss-120b', baseUrl }),
  path: '/chat/completions',
  answer: chatAnswer,
  error: chatError,
  rateHeaders: openAiHeaders,
  windows: openAiWindows('day'),
  checkRequest: ({ headers, body }) => {
    expect(headers.authorization).toBe(`Bearer ${secretKey}`);
    expect(body).toMatchObject({
      model: 'openai/gpt-oss-120b',
      max_tokens: 300,
      reasoning_effort: 'low',
      temperature: 0,
      response_format: schemaFormat,
    });
  },
  faults: [
    ...commonFaults,
    [400, 'model_decommissioned', 'unknown_model'],
    [498, 'capacity_exceeded', 'overloaded'],
  ],
};

const openai: Vendor = {
  ...groq,
  name: 'openai',
  make: (baseUrl) => openAiModel({ apiKey: secretKey, model: 'gpt-5.4-mini', baseUrl }),
  windows: openAiWindows('minute'),
  checkRequest: ({ headers, body }) => {
    expect(headers.authorization).toBe(`Bearer ${secretKey}`);
    expect(body).toMatchObject({
      model: 'gpt-5.4-mini',
      max_completion_tokens: 300,
      reasoning_effort: 'low',
      store: false,
      response_format: schemaFormat,
    });
    expect(body).not.toHaveProperty('temperature');
  },
  faults: [...commonFaults, [429, 'insufficient_quota', 'quota_exhausted']],
};

const anthropic: Vendor = {
  name: 'anthropic',
  make: (baseUrl) => anthropicModel({ apiKey: secretKey, model: 'claude-haiku-4-5', baseUrl }),
  path: '/messages',
  answer: (text, finish) =>
    JSON.stringify({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-haiku-4-5',
      content: [{ type: 'text', text }],
      stop_reason: finish === 'stop' ? 'end_turn' : 'max_tokens',
      stop_sequence: null,
      usage: {
        input_tokens: 120,
        output_tokens: 30,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
      },
    }),
  error: (message, type) => JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_1' }),
  rateHeaders: {
    date: 'Sat, 21 Nov 2026 06:00:00 GMT',
    'anthropic-ratelimit-requests-limit': '50',
    'anthropic-ratelimit-requests-remaining': '7',
    'anthropic-ratelimit-requests-reset': '2026-11-21T06:00:30Z',
    'anthropic-ratelimit-tokens-limit': '60000',
    'anthropic-ratelimit-tokens-remaining': '6500',
    'anthropic-ratelimit-tokens-reset': '2026-11-21T06:00:10Z',
  },
  windows: [
    { resource: 'requests', window: 'minute', limit: 50, remaining: 7, resets_in_ms: 30_000 },
    { resource: 'tokens', window: 'minute', limit: 60_000, remaining: 6_500, resets_in_ms: 10_000 },
  ],
  checkRequest: ({ headers, body }) => {
    expect(headers['x-api-key']).toBe(secretKey);
    expect(headers['anthropic-version']).toBe('2023-06-01');
    expect(body).toMatchObject({
      model: 'claude-haiku-4-5',
      max_tokens: 300,
      output_config: { format: { type: 'json_schema', schema: question.schema } },
    });
  },
  faults: [
    [400, 'invalid_request_error', 'refused_request'],
    [401, 'authentication_error', 'unauthorised'],
    [402, 'billing_error', 'quota_exhausted'],
    [404, 'not_found_error', 'unknown_model'],
    [413, 'request_too_large', 'too_large'],
    [500, 'api_error', 'overloaded'],
    [504, 'timeout_error', 'overloaded'],
    [529, 'overloaded_error', 'overloaded'],
  ],
};

const compatible: Vendor = {
  ...groq,
  name: 'openai-compatible',
  make: (baseUrl) => compatibleModel({ baseUrl, model: 'llama3.2', apiKey: secretKey }),
  windows: openAiWindows('minute'),
  checkRequest: ({ headers, body }) => {
    expect(headers.authorization).toBe(`Bearer ${secretKey}`);
    expect(body).toMatchObject({ model: 'llama3.2', max_tokens: 300, response_format: schemaFormat });
  },
  faults: commonFaults,
};

for (const vendor of [groq, openai, anthropic, compatible]) modelContract(vendor);

async function withStandIn(run: (standIn: ModelStandIn) => Promise<void>): Promise<void> {
  const standIn = await ModelStandIn.open();
  try {
    await run(standIn);
  } finally {
    await standIn.close();
  }
}

test('groq: a model without constrained decoding gets JSON mode, and the schema in its instructions', () =>
  withStandIn(async (standIn) => {
    standIn.react = () => ({ status: 200, body: chatAnswer('{}', 'stop') });
    await groqModel({ apiKey: secretKey, model: 'llama-3.3-70b-versatile', baseUrl: standIn.url }).ask(
      question,
    );
    const body = standIn.seen[0]?.body as { messages: { content: string }[] };
    expect(body).toMatchObject({
      model: 'llama-3.3-70b-versatile',
      response_format: { type: 'json_object' },
    });
    expect(body.messages[0]?.content).toContain(JSON.stringify(question.schema));
  }));

test('groq: a generation that missed the schema is an answer to be judged, not a fault', () =>
  withStandIn(async (standIn) => {
    const error = {
      message: 'Failed to generate JSON',
      code: 'json_validate_failed',
      failed_generation: '{"a":',
    };
    standIn.react = () => ({ status: 400, body: JSON.stringify({ error }) });
    const response = await groqModel({
      apiKey: secretKey,
      model: 'openai/gpt-oss-20b',
      baseUrl: standIn.url,
    }).ask(question);
    expect(response).toMatchObject({ outcome: 'answered', text: '{"a":', inputTokens: null });
  }));

test('compatible: a local endpoint needs no key and gets none', () =>
  withStandIn(async (standIn) => {
    standIn.react = () => ({ status: 200, body: chatAnswer('{}', 'stop') });
    await compatibleModel({ baseUrl: standIn.url, model: 'llama3.2' }).ask(question);
    expect(standIn.seen[0]?.headers.authorization).toBeUndefined();
  }));

test('scripted: answers by its script, counts tokens, and a script that throws is unreachable', async () => {
  const model = scriptedModel('groq', 'scripted', ({ brief }) => `{"length":${brief.length}}`);
  const response = await model.ask(question);
  expect(response).toMatchObject({ outcome: 'answered', text: `{"length":${question.brief.length}}` });
  expect(response.inputTokens).toBeGreaterThan(10);
  const broken = scriptedModel('groq', 'scripted', () => {
    throw new Error('scripted');
  });
  expect(await broken.ask(question)).toMatchObject({ outcome: 'unreachable', detail: 'scripted' });
});

test('recorded: repeats what was recorded, byte for byte; a question never recorded is a failure', async () => {
  const lines: string[] = [];
  const inner = scriptedModel('groq', 'm', () => '{"choice":[]}');
  const first = await recordingModel(inner, (line) => lines.push(line)).ask(question);
  const recorded = recordedModel('groq', 'm', lines.join(''));
  expect(await recorded.ask(question)).toEqual(first);
  expect(await recorded.ask({ ...question, brief: '{}' })).toMatchObject({
    outcome: 'unreachable',
    detail: 'this question was not recorded',
  });
  expect(await recordedModel('groq', 'another', lines.join('')).ask(question)).toMatchObject({
    outcome: 'unreachable',
  });
  expect(() => recordedModel('groq', 'm', '{"question":1}\n')).toThrow(/line 1 of the recording/);
});
