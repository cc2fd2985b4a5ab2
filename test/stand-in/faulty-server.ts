// An HTTP server on loopback that speaks a venue's language and can misbehave as venues do: before it acted, or after it
// acted, which is the worse. What it was asked is kept, so that a test can count what was sent.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Misbehaviour =
  | 'hang'
  | 'reset'
  | 'half-an-answer'
  | 'server-error'
  | 'bad-gateway-html'
  | 'html'
  | 'rate-limit'
  | 'banned'
  | 'missing-fields'
  | 'numbers-for-strings'
  | 'rows-twice';

/** `before` it acted: the order was never made. `after`: it was made, and the caller cannot know. */
export interface Fault {
  readonly when: 'before' | 'after';
  readonly how: Misbehaviour;
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const maxBodyBytes = 100_000;

export abstract class FaultyServer {
  readonly asked: Asked[] = [];
  /** Chooses what goes wrong with this request; undefined is a good day. */
  fault: (asked: Asked) => Fault | undefined = () => undefined;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      void this.#serve(request, response).catch(() => response.destroy());
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Misbehaves once, at the next request that fits. */
  failOnce(fits: (asked: Asked) => boolean, fault: Fault): void {
    const before = this.fault;
    this.fault = (asked) => {
      if (!fits(asked)) return before(asked);
      this.fault = before;
      return fault;
    };
  }

  count(method: string, path: string): number {
    return this.asked.filter((asked) => asked.method === method && asked.path === path).length;
  }

  /** What the venue does and says; called exactly once per request that reaches it. */
  protected abstract answer(asked: Asked): Answer;

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) {
      body += String(chunk);
      if (body.length > maxBodyBytes) return void response.destroy();
    }
    const url = new URL(request.url ?? '/', 'http://venue');
    const { method = 'GET', headers } = request;
    const asked = { method, path: url.pathname, query: url.searchParams, body, headers };
    this.asked.push(asked);
    const fault = this.fault(asked);
    const answer = fault?.when === 'before' ? { status: 200, body: {} } : this.answer(asked);
    if (fault === undefined) send(response, answer);
    else misbehave(response, answer, fault.how);
  }
}

function send(
  response: ServerResponse,
  { status, body }: Answer,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

function sendHtml(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/html' });
  response.end('<html><body><h1>Please wait</h1></body></html>');
}

function misbehave(response: ServerResponse, answer: Answer, how: Misbehaviour): void {
  switch (how) {
    case 'hang':
      return;
    case 'reset':
      response.destroy();
      return;
    case 'half-an-answer': {
      const text = JSON.stringify(answer.body);
      response.writeHead(answer.status, {
        'content-type': 'application/json',
        'content-length': text.length,
      });
      response.write(text.slice(0, Math.floor(text.length / 2)));
      setTimeout(() => response.destroy(), 20);
      return;
    }
    case 'server-error':
      send(response, { status: 503, body: { code: -1001, msg: 'Internal error' } });
      return;
    case 'bad-gateway-html':
      sendHtml(response, 502);
      return;
    case 'html':
      sendHtml(response, 200);
      return;
    case 'rate-limit':
      send(
        response,
        { status: 429, body: { code: -1003, msg: 'Too many requests' } },
        { 'retry-after': '1' },
      );
      return;
    case 'banned':
      send(response, { status: 418, body: { code: -1003, msg: 'Banned' } }, { 'retry-after': '1' });
      return;
    case 'missing-fields':
      send(response, { status: answer.status, body: {} });
      return;
    case 'numbers-for-strings':
      send(response, { status: answer.status, body: numbersIn(answer.body) });
      return;
    case 'rows-twice':
      send(response, { status: answer.status, body: twice(answer.body) });
  }
}

function numbersIn(value: unknown): unknown {
  if (typeof value === 'string' && /^-?\d{1,12}\.\d+$/.test(value)) return Number(value);
  if (Array.isArray(value)) return value.map(numbersIn);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, numbersIn(item)]));
}

function twice(value: unknown): unknown {
  if (Array.isArray(value)) return [...value, ...value];
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, Array.isArray(item) ? [...item, ...item] : item]),
  );
}
