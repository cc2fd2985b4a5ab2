// Serves the built page under the strict policy with made answers in the API's own wire form. For page tests only.
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { toWireForm } from '../../src/api/wire-form.ts';
import type { SampleRows } from './sample-rows.ts';

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface Posted {
  readonly path: string;
  readonly body: string;
}

export class StandInServer {
  readonly posted: Posted[] = [];
  token: string | undefined;
  readonly #folder: string;
  readonly #rows: SampleRows;
  readonly #streams = new Set<ServerResponse>();
  #server: Server | undefined;

  constructor(folder: string, rows: SampleRows) {
    this.#folder = folder;
    this.#rows = rows;
  }

  /** Listens on `port`, 0 for any free one; returns the port. */
  async start(port = 0): Promise<number> {
    const server = createServer((request, response) => void this.#answer(request, response));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const stream of this.#streams) stream.destroy();
    this.#streams.clear();
    this.#server?.closeAllConnections();
    await new Promise<void>((resolve) => this.#server?.close(() => resolve()) ?? resolve());
  }

  send(name: string, data: unknown): void {
    for (const stream of this.#streams)
      stream.write(`event: ${name}\ndata: ${JSON.stringify(toWireForm(data))}\n\n`);
  }

  #json(path: string, query: URLSearchParams): unknown {
    const rows = this.#rows;
    const { decisions, positions } = rows;
    const answers: Readonly<Record<string, unknown>> = {
      '/status': {
        version: '0.1.0',
        run_mode: 'paper',
        started_at: Date.now() - 3_600_000,
        data_kind: 'simulated',
        running: true,
        universe: ['BTCUSDT', 'ETHUSDT', 'EURUSD'],
        trading_state: { state: 'active', by: 'system', reason: 'paper start', since: Date.now() },
      },
      '/orchestrator/status': {
        mode: 'crypto',
        running: true,
        next_decision_at: decisions[0]?.next_decision_at,
        decisions_total: 112,
        success_rate: 0.91,
        system_load: 0.21,
      },
      '/decisions': { decisions },
      '/tasks': { tasks: rows.tasks },
      '/analyst/signals': { signals: rows.signals },
      '/trading/positions': { positions },
      '/trading/orders': { orders: rows.orders },
      '/trading/fills': { fills: rows.fills },
      '/trading/equity': { equity: rows.equity },
      '/health/system': { vitals: rows.vitals },
      '/health/incidents': { incidents: rows.incidents },
      '/markets/sources': { sources: rows.sources },
      '/markets/candles': { candles: rows.candles.filter((row) => row.symbol === query.get('symbol')) },
    };
    return answers[path];
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const address = new URL(request.url ?? '/', 'http://local');
    response.setHeader('content-security-policy', "default-src 'self'");
    if (request.method === 'POST') return this.#post(address.pathname, request, response);
    if (address.pathname === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(': open\n\n');
      this.#streams.add(response);
      request.on('close', () => this.#streams.delete(response));
      return;
    }
    const body = this.#json(address.pathname, address.searchParams);
    if (body !== undefined) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(toWireForm(body)));
      return;
    }
    const path = normalize(address.pathname === '/' ? '/index.html' : address.pathname);
    const file = await readFile(join(this.#folder, path)).catch(() => undefined);
    response.writeHead(file === undefined ? 404 : 200, {
      'content-type': contentTypes[extname(path)] ?? 'application/octet-stream',
    });
    response.end(file);
  }

  async #post(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const piece of request) body += String(piece);
    const allowed = this.token === undefined || request.headers.authorization === `Bearer ${this.token}`;
    if (allowed) this.posted.push({ path, body });
    response.writeHead(allowed ? 202 : 401, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(allowed ? { accepted: true } : { title: 'A valid token is needed', status: 401 }),
    );
  }
}
