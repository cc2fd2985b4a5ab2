// What every model adapter owes, whatever its vendor: one request, one response, every failure named, no key let out.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ModelFault, RateWindow } from '../../src/shared/domain/model.ts';
import type { Model, ModelQuestion } from '../../src/shared/ports/model.ts';
import { ModelStandIn, type Reaction, type SeenRequest } from './model-support/model-stand-in.ts';

export const secretKey = 'sk-test-key-that-must-stay-hidden-4711';

export const question: ModelQuestion = {
  instructions: 'You advise. Answer in JSON.',
  brief: '{"mode":"hybrid","fields":{"crypto_activity":1.9}}',
  schema: {
    type: 'object',
    properties: { choice: { type: 'array', items: { type: 'string' } } },
    required: ['choice'],
    additionalProperties: false,
  },
  maxOutputTokens: 300,
  timeoutMs: 5_000,
};

/** One vendor's documented wire format. */
export interface Vendor {
  readonly name: string;
  readonly make: (baseUrl: string) => Model;
  readonly path: string;
  /** A complete answer with 120 input and 30 output tokens. */
  readonly answer: (text: string, finish: 'stop' | 'length') => string;
  readonly error: (message: string, code: string) => string;
  /** Headers for 7 requests and 6,500 tokens left, and what they mean. */
  readonly rateHeaders: Record<string, string>;
  readonly windows: readonly RateWindow[];
  readonly checkRequest: (request: SeenRequest) => void;
  readonly faults: readonly (readonly [status: number, code: string, fault: ModelFault])[];
}

const json = '{"choice":["crypto-normal-scan"]}';

export function modelContract(vendor: Vendor): void {
  describe(`model adapter: ${vendor.name}`, () => {
    let standIn: ModelStandIn;
    let model: Model;
    beforeAll(async () => {
      standIn = await ModelStandIn.open();
      model = vendor.make(standIn.url);
      // The first call loads the vendor's package; its time belongs to no test.
      standIn.react = () => ({ status: 500, body: '' });
      await model.ask(question);
    });
    afterAll(() => standIn.close());

    const ask = async (reaction: Reaction, changes: Partial<ModelQuestion> = {}) => {
      standIn.seen.length = 0;
      standIn.react = () => reaction;
      const response = await model.ask({ ...question, ...changes });
      expect(JSON.stringify(response)).not.toContain(secretKey);
      expect(JSON.parse(JSON.stringify(response))).toEqual(response);
      return response;
    };

    test('asks once, in the documented form, and reads answer, usage and what is left', async () => {
      const response = await ask({
        status: 200,
        headers: vendor.rateHeaders,
        body: vendor.answer(json, 'stop'),
      });
      expect(response).toMatchObject({
        outcome: 'answered',
        text: json,
        finish: 'stop',
        inputTokens: 120,
        outputTokens: 30,
        retryAfterMs: null,
      });
      expect(response.windows).toEqual(vendor.windows);
      expect(standIn.seen).toHaveLength(1);
      const [request] = standIn.seen;
      expect(request).toMatchObject({ method: 'POST', path: `/v1${vendor.path}` });
      expect(request?.headers['user-agent']).toMatch(/\S/);
      expect(JSON.stringify(request?.body)).toContain('crypto_activity');
      vendor.checkRequest(request as SeenRequest);
    });

    test('an answer cut off at the token limit says so and keeps its text', async () => {
      const response = await ask({ status: 200, body: vendor.answer('{"choice":["cry', 'length') });
      expect(response).toMatchObject({ outcome: 'answered', finish: 'length', text: '{"choice":["cry' });
    });

    test.each([
      ['fenced', '```json\n{"choice":[]}\n```'],
      ['French', 'Voici ma réponse : {"choix":[]}'],
      ['empty', ''],
    ])('text that is %s is handed on as it came, to be judged', async (_, text) => {
      expect(await ask({ status: 200, body: vendor.answer(text, 'stop') })).toMatchObject({
        outcome: 'answered',
        text,
      });
    });

    test('an answer of 200 KB is read whole; one beyond the bound is given up', async () => {
      const long = 'x'.repeat(200_000);
      expect((await ask({ status: 200, body: vendor.answer(long, 'stop') })).text).toHaveLength(200_000);
      const endless = await ask({ status: 200, body: vendor.answer('x'.repeat(2_000_000), 'stop') });
      expect(endless).toMatchObject({ outcome: 'unreadable', text: '' });
    });

    test('without usage and headers nothing is made up', async () => {
      const body = JSON.parse(vendor.answer(json, 'stop')) as Record<string, unknown>;
      delete body.usage;
      const response = await ask({ status: 200, body: JSON.stringify(body) });
      expect(response).toMatchObject({
        // Anthropic's format has no answer without usage.
        outcome: vendor.name === 'anthropic' ? 'unreadable' : 'answered',
        inputTokens: null,
        outputTokens: null,
        windows: [],
      });
    });

    test.each([
      ['a web page', '<!doctype html><title>Sign in</title>'],
      ['nothing', ''],
      ['half an answer', '{"id":"x","choices":[{"mess'],
      ['something else', '{"hello":"world"}'],
      ['null', 'null'],
      ['a number', '7'],
    ])('status 200 with %s is unreadable', async (_, body) => {
      expect(await ask({ status: 200, body })).toMatchObject({ outcome: 'unreadable', text: '' });
    });

    test('a web page of a proxy with status 502 counts as overload', async () => {
      const page = {
        status: 502,
        headers: { 'content-type': 'text/html' },
        body: '<html>Bad gateway</html>',
      };
      expect(await ask(page)).toMatchObject({ outcome: 'overloaded' });
    });

    test('a rate limit names its pause and what is left, and is not retried', async () => {
      const response = await ask({
        status: 429,
        headers: { ...vendor.rateHeaders, 'retry-after': '75' },
        body: vendor.error('Rate limit reached', 'rate_limit_exceeded'),
      });
      expect(response).toMatchObject({
        outcome: 'rate_limited',
        retryAfterMs: 75_000,
        windows: vendor.windows,
      });
      expect(standIn.seen).toHaveLength(1);
    });

    test.each(vendor.faults)('status %i with code "%s" is %s', async (status, code, fault) => {
      const response = await ask({ status, body: vendor.error('what went wrong', code) });
      expect(response).toMatchObject({ outcome: fault, text: '' });
      expect(response.detail).toContain('what went wrong');
      expect(standIn.seen).toHaveLength(1);
    });

    test.each(['hang', 'drip'] as const)(
      'a server that answers with %s is given up at the deadline',
      async (how) => {
        const begun = performance.now();
        expect(await ask(how, { timeoutMs: 150 })).toMatchObject({ outcome: 'timeout' });
        expect(performance.now() - begun).toBeLessThan(2_000);
      },
    );

    test('a connection that breaks is unreachable', async () => {
      expect(await ask('reset')).toMatchObject({ outcome: 'unreachable' });
    });

    test('nobody there is unreachable', async () => {
      const response = await vendor.make('http://127.0.0.1:9/v1').ask(question);
      expect(response).toMatchObject({ outcome: 'unreachable' });
      expect(response.detail).not.toBe('');
    });

    test('a redirect is not followed, so the key goes nowhere else', async () => {
      const elsewhere = await ModelStandIn.open();
      try {
        const response = await ask({
          status: 307,
          headers: { location: `${elsewhere.url}${vendor.path}` },
          body: '',
        });
        expect(response.outcome).not.toBe('answered');
        expect(elsewhere.seen).toEqual([]);
      } finally {
        await elsewhere.close();
      }
    });

    test('a provider that echoes the key cannot make it known', async () => {
      for (const status of [401, 500])
        expect(
          (
            await ask({
              status,
              body: vendor.error(`Incorrect key ${secretKey} in Bearer ${secretKey}`, 'bad'),
            })
          ).detail,
        ).toContain('(hidden)');
      expect((await ask({ status: 200, body: vendor.answer(`key: ${secretKey}`, 'stop') })).text).toBe(
        'key: (hidden)',
      );
    });

    test('hostile rate headers are left out', async () => {
      const hostile = ['-1', '1e9', 'NaN', '99999999999999999999', '0x10', ' ', 'many'];
      for (const value of hostile) {
        const headers = Object.fromEntries(Object.keys(vendor.rateHeaders).map((name) => [name, value]));
        const response = await ask({
          status: 200,
          headers: { ...headers, 'retry-after': value },
          body: vendor.answer(json, 'stop'),
        });
        expect(response.windows).toEqual([]);
        expect(response.outcome).toBe('answered');
      }
    });
  });
}
