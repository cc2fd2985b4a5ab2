// A stand-in for the servers news comes from, on loopback: real HTTP with validators, limits, redirects and all the
// ways in which the real ones fail.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface StagedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** `endless` never stops sending; `cut` breaks off in the middle of the promised length. */
  readonly behaviour?: 'hang' | 'reset' | 'endless' | 'cut';
}

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

export class FeedStandIn {
  readonly requests: SeenRequest[] = [];
  /** By path without query; the last staged answer of a path stays. */
  readonly #staged = new Map<string, StagedAnswer[]>();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stage(path: string, ...answers: readonly StagedAnswer[]): void {
    this.#staged.set(path, [...answers]);
  }

  count(path: string): number {
    return this.requests.filter((request) => request.path.split('?')[0] === path).length;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const full = request.url ?? '/';
    const path = full.split('?')[0] ?? '/';
    this.requests.push({ path: full, headers: request.headers });
    const answers = this.#staged.get(path) ?? [];
    const staged = answers.length > 1 ? answers.shift() : answers[0];
    switch (staged?.behaviour) {
      case 'hang':
        return;
      case 'reset':
        request.socket.destroy();
        return;
      case 'endless':
        this.#sendEndlessly(response);
        return;
      case 'cut':
        response.writeHead(200, { ...staged.headers, 'content-length': '100000' });
        response.write(staged.body ?? '<rss>');
        setImmediate(() => request.socket.destroy());
        return;
      default:
    }
    if (staged === undefined) response.writeHead(404).end('not found');
    else response.writeHead(staged.status ?? 200, staged.headers).end(staged.body ?? '');
  }

  #sendEndlessly(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/xml' });
    const chunk = Buffer.alloc(65_536, 'A');
    const push = () => {
      while (!response.destroyed && response.write(chunk));
      if (!response.destroyed) response.once('drain', push);
    };
    push();
  }
}

export interface SampleItem {
  readonly title: string;
  readonly link?: string;
  readonly guid?: string;
  readonly description?: string;
  readonly date?: string;
}

/** RSS 2.0 as desks write it; texts go in as they are. */
export function rss(items: readonly SampleItem[]): string {
  const rows = items.map(
    ({ title, link, guid, description, date }) =>
      `<item><title>${title}</title>${link === undefined ? '' : `<link>${link}</link>`}` +
      `${guid === undefined ? '' : `<guid isPermaLink="false">${guid}</guid>`}` +
      `${description === undefined ? '' : `<description>${description}</description>`}` +
      `${date === undefined ? '' : `<pubDate>${date}</pubDate>`}</item>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Desk</title><link>https://desk.example/</link><description>d</description><language>en-us</language>${rows.join('')}</channel></rss>`;
}

export const rssType = { 'content-type': 'application/rss+xml; charset=utf-8' };
export const jsonType = { 'content-type': 'application/json' };
