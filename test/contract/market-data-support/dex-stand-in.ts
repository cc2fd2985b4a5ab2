// A loopback service that answers as the token services are documented to, or fails in the ways they fail; and what a
// candidate source needs around it in a test: a clock that moves only while nothing is under way, and a sink.
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { MarketQuarantine } from '../../../src/shared/bus/catalogue.ts';
import type { CandidateBatch, CandidateObservation } from '../../../src/shared/domain/candidate.ts';
import type { SourceStatus } from '../../../src/shared/domain/source-status.ts';
import type { CandidateSink } from '../../../src/shared/ports/candidate-source.ts';
import { ManualClock } from './manual-clock.ts';

export interface DexAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string is sent as it is, everything else as JSON. */
  readonly body?: unknown;
  readonly behaviour?: 'hang' | 'reset' | 'truncate';
}

export interface DexRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The test's time. */
  readonly at: number;
}

const stepMs = 250;
const startAt = Date.UTC(2026, 10, 1, 12);

export class DexStandIn {
  readonly clock = new ManualClock(startAt);
  readonly requests: DexRequest[] = [];
  /** What paths are answered with, first match wins; 404 where none matches. */
  readonly routes: [RegExp, (request: DexRequest) => DexAnswer][] = [];
  readonly #http: Server;
  readonly #raw = new Set<Socket>();
  #busy = 0;

  constructor() {
    this.#http = createServer((incoming, response) => {
      const url = new URL(incoming.url ?? '/', 'http://x');
      const request = {
        path: url.pathname,
        query: url.searchParams,
        headers: incoming.headers,
        at: this.clock.now(),
      };
      this.requests.push(request);
      const route = this.routes.find(([pattern]) => pattern.test(url.pathname));
      const { status = 200, headers, body, behaviour } = route?.[1](request) ?? { status: 404, body: {} };
      if (behaviour === 'hang') return;
      if (behaviour === 'reset') {
        incoming.socket.destroy();
        return;
      }
      const text = typeof body === 'string' ? body : JSON.stringify(body ?? {});
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(behaviour === 'truncate' ? text.slice(0, text.length / 2) : text);
    });
    this.#http.on('connection', (socket) => {
      this.#raw.add(socket);
      socket.on('close', () => this.#raw.delete(socket));
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#http.listen(0, '127.0.0.1', resolve));
  }

  async close(): Promise<void> {
    for (const socket of this.#raw) socket.destroy();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** The real fetch, counted, so that time stands still while an answer is under way. */
  readonly fetch: typeof fetch = async (input, init) => {
    this.#busy += 1;
    try {
      const response = await fetch(input, init);
      const bytes = await response.arrayBuffer();
      const empty = response.status === 204 || response.status === 304;
      return new Response(empty ? null : bytes, { status: response.status, headers: response.headers });
    } finally {
      this.#busy -= 1;
    }
  };

  /** Common options of a polled source on this service. */
  get options() {
    return { clock: this.clock, baseUrl: this.baseUrl, fetch: this.fetch, random: () => 0.5 };
  }

  /** Lets time pass, standing still while a request is under way. */
  async play(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    while (this.clock.now() < end) {
      this.clock.advanceTo(Math.min(end, this.clock.now() + stepMs));
      await this.#settle();
    }
  }

  /** Requests of a path since an instant. */
  asked(pattern: RegExp, since = 0): readonly DexRequest[] {
    return this.requests.filter(({ path, at }) => pattern.test(path) && at >= since);
  }

  async #settle(): Promise<void> {
    const breath = () => new Promise((resolve) => setImmediate(resolve));
    do {
      await breath();
      await breath();
    } while (this.#busy > 0);
    await breath();
  }
}

/** Keeps everything a candidate source says. */
export class CandidateRecorder implements CandidateSink {
  readonly batches: CandidateBatch[] = [];
  readonly statuses: SourceStatus[] = [];
  readonly quarantines: MarketQuarantine[] = [];

  candidates(batch: CandidateBatch): void {
    this.batches.push(batch);
  }

  status(status: SourceStatus): void {
    this.statuses.push(status);
  }

  quarantined(report: MarketQuarantine): void {
    this.quarantines.push(report);
  }

  get state(): string | undefined {
    return this.statuses.at(-1)?.state;
  }

  get detail(): string {
    return this.statuses.at(-1)?.detail ?? '';
  }

  /** Observations of an address, oldest first. */
  of(address: string): readonly CandidateObservation[] {
    return this.batches.flatMap((batch) => batch.observations.filter((one) => one.address === address));
  }
}

/** Ways in which every one of these services was seen to fail. */
export const failures: readonly (readonly [string, DexAnswer])[] = [
  ['HTML of a gatekeeper', { status: 403, body: '<!doctype html><title>Just a moment...</title>' }],
  ['a broken gateway', { status: 502, body: '<html>bad gateway</html>' }],
  ['half a body', { behaviour: 'truncate', body: [{ chainId: 'solana', tokenAddress: 'x'.repeat(40) }] }],
  ['an empty body', { body: '' }],
  ['a word instead of a list', { body: '"Invalid request"' }],
  ['a connection cut', { behaviour: 'reset' }],
  ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }],
];
