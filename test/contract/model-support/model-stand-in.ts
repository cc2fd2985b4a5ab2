// A real HTTP server that stands in for a model provider: it answers what the test says, and keeps what it was sent.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, unknown>;
}

export type Reaction =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body: string }
  | 'hang'
  | 'reset'
  | 'drip';

export class ModelStandIn {
  readonly seen: SeenRequest[] = [];
  react: (request: SeenRequest) => Reaction = () => 'reset';
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async open(): Promise<ModelStandIn> {
    const standIn = new ModelStandIn();
    await new Promise<void>((resolve) => standIn.#server.listen(0, '127.0.0.1', resolve));
    return standIn;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    const seen = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
    this.seen.push(seen);
    const reaction = this.react(seen);
    if (reaction === 'hang') return;
    if (reaction === 'reset') {
      request.socket.destroy();
      return;
    }
    if (reaction === 'drip') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{');
      return;
    }
    response.writeHead(reaction.status, { 'content-type': 'application/json', ...reaction.headers });
    response.end(reaction.body);
  }
}
