// Alerts to a webhook: signed so that the receiver can tell ours, repeated under one delivery id, bounded.
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebhookNotifier, webhookSignature } from '../../src/adapters/notifier/webhook/webhook-notifier.ts';

const secret = 'a-secret-of-some-length';
const alert = { incident_id: 'i', severity: 'warning', phase: 'opened', text: 'so <it> is' } as const;

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let received: Received[];
let answers: { status: number; headers?: Record<string, string> }[];
let url: string;
let slept: number[];
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    received.push({ headers: request.headers, body });
    const { status, headers = {} } = answers.shift() ?? { status: 204 };
    response.writeHead(status, headers).end();
  });
});

beforeEach(async () => {
  [received, answers, slept] = [[], [], []];
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

function webhook(withSecret: string | undefined = secret) {
  return new WebhookNotifier({ url, secret: withSecret, sleep: async (ms) => void slept.push(ms) });
}

test('the receiver can check who sent it, when, and whether it is a repeat', async () => {
  answers.push({ status: 503 }, { status: 429, headers: { 'retry-after': '9' } });
  await webhook().send(alert);
  expect(received).toHaveLength(3);
  expect(slept).toEqual([1_000, 9_000]);
  expect(new Set(received.map(({ headers }) => headers['x-ato-delivery'])).size).toBe(1);
  for (const { headers, body } of received) {
    const expected = webhookSignature(secret, Number(headers['x-ato-timestamp']), body);
    expect(headers['x-ato-signature']).toBe(`sha256=${expected}`);
    expect(JSON.parse(body)).toEqual({ event: 'alert', ...alert });
  }
  await webhook().send({ ...alert, phase: 'resolved' });
  expect(received[3]?.headers['x-ato-delivery']).not.toBe(received[0]?.headers['x-ato-delivery']);
});

test('a no is not repeated, a redirect is not followed, and neither address nor secret is in the error', async () => {
  answers.push({ status: 302, headers: { location: url } });
  const error = String(
    await webhook()
      .send(alert)
      .catch((reason: unknown) => reason),
  );
  expect(error).toBe('Error: the webhook did not accept it: HTTP 302');
  expect(received).toHaveLength(1);
  answers.push(...Array.from({ length: 30 }, () => ({ status: 500 })));
  await expect(webhook().send(alert)).rejects.toThrow('HTTP 500');
  expect(received).toHaveLength(21);
});
