// GET requests to public services that may refuse at any time: spaced within a budget per group of endpoints, told
// to wait means waiting, bodies bounded. It never follows redirects and never retries by itself.
import { type EpochMs, hourMs, minuteMs, secondMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { Alarms } from './alarms.ts';
import { boundedText } from './bounded-text.ts';
import { excerpt, parseJson } from './lenient-json.ts';

const requestTimeoutMs = 10 * secondMs;
const maxBodyBytes = 4_000_000;
const maxWaitMs = 6 * hourMs;
const maxWaiting = 50;

export type HttpFaultKind =
  | 'rate-limited'
  | 'quota-exhausted'
  | 'refused'
  | 'not-found'
  | 'unreachable'
  | 'malformed'
  | 'aborted';

export class HttpFault extends Error {
  override readonly name = 'HttpFault';
  readonly fault: HttpFaultKind;
  /** When it makes sense to ask again; null when nothing is known. */
  readonly retryAt: EpochMs | null;

  constructor(fault: HttpFaultKind, message: string, retryAt: EpochMs | null = null) {
    super(message);
    this.fault = fault;
    this.retryAt = retryAt;
  }
}

/** What an error answer means where the service has its own ways. */
export interface Verdict {
  readonly fault: HttpFaultKind;
  readonly detail: string;
  /** Nothing of the group is sent for this long. */
  readonly waitMs?: number;
}

export interface PoliteHttpOptions {
  readonly baseUrl: string;
  readonly clock: Clock;
  readonly alarms: Alarms;
  readonly fetch: typeof fetch;
  /** Least time between two requests of each group of endpoints. */
  readonly spacingMs: Readonly<Record<string, number>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Where the service says no without saying for how long. */
  readonly defaultWaitMs?: number;
  /** Reads an error in the service's own way; undefined leaves it to the common rules. */
  readonly judge?: (status: number, body: unknown) => Verdict | undefined;
}

interface Group {
  nextAt: EpochMs;
  blockedUntil: EpochMs;
  waiting: number;
}

export class PoliteHttp {
  readonly #options: PoliteHttpOptions;
  readonly #groups = new Map<string, Group>();
  #latencyMs: number | null = null;
  #requests = 0;
  #errors = 0;

  constructor(options: PoliteHttpOptions) {
    this.#options = options;
  }

  /** Round trip of recent requests, smoothed. */
  get latencyMs(): number | null {
    return this.#latencyMs;
  }

  get requests(): number {
    return this.#requests;
  }

  get errors(): number {
    return this.#errors;
  }

  /** Nothing of the group is sent before this instant. */
  blockedUntil(group: string): EpochMs {
    return this.#groups.get(group)?.blockedUntil ?? 0;
  }

  /** True when anything at all answers within the real-time limit; it counts against no budget. */
  async answers(path: string, timeoutMs: number): Promise<boolean> {
    try {
      const response = await this.#options.fetch(`${this.#options.baseUrl}${path}`, {
        signal: AbortSignal.timeout(timeoutMs),
        redirect: 'error',
        headers: this.#headers(),
      });
      await response.body?.cancel();
      return response.status < 500;
    } catch {
      return false;
    }
  }

  /** The parsed JSON of the answer, undocumented shapes included. Throws HttpFault. */
  async json(groupName: string, path: string, signal: AbortSignal): Promise<unknown> {
    const group = this.#group(groupName);
    await this.#turn(groupName, group, signal);
    this.#requests += 1;
    try {
      return await this.#once(group, path, signal);
    } catch (error) {
      this.#errors += 1;
      if (error instanceof HttpFault) throw error;
      if (signal.aborted) throw new HttpFault('aborted', 'the source was stopped');
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw new HttpFault('unreachable', cause instanceof Error ? cause.message : String(cause));
    }
  }

  #group(name: string): Group {
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = { nextAt: 0, blockedUntil: 0, waiting: 0 };
      this.#groups.set(name, group);
    }
    return group;
  }

  async #turn(name: string, group: Group, signal: AbortSignal): Promise<void> {
    const { clock, alarms, spacingMs } = this.#options;
    const now = clock.now();
    if (signal.aborted) throw new HttpFault('aborted', 'the source was stopped');
    this.#refuseWhileBlocked(group, now);
    if (group.waiting >= maxWaiting) throw new HttpFault('rate-limited', 'too many requests wait already');
    const at = Math.max(now, group.nextAt);
    group.nextAt = at + (spacingMs[name] ?? secondMs);
    if (at <= now) return;
    group.waiting += 1;
    try {
      await alarms.sleep(at - now, signal);
    } finally {
      group.waiting -= 1;
    }
    if (signal.aborted) throw new HttpFault('aborted', 'the source was stopped');
    this.#refuseWhileBlocked(group, clock.now());
  }

  #refuseWhileBlocked(group: Group, now: EpochMs): void {
    if (now >= group.blockedUntil) return;
    const waitS = Math.ceil((group.blockedUntil - now) / secondMs);
    throw new HttpFault('rate-limited', `told to wait another ${waitS} s`, group.blockedUntil);
  }

  #headers(): Record<string, string> {
    return { accept: 'application/json', 'user-agent': 'ato', ...this.#options.headers };
  }

  async #once(group: Group, path: string, signal: AbortSignal): Promise<unknown> {
    const { clock, alarms } = this.#options;
    const begun = clock.now();
    const timer = new AbortController();
    const finished = new AbortController();
    void alarms
      .sleep(requestTimeoutMs, finished.signal)
      .then(() => timer.abort(new Error('no answer in time')));
    try {
      const response = await this.#options.fetch(`${this.#options.baseUrl}${path}`, {
        signal: AbortSignal.any([signal, timer.signal]),
        redirect: 'error',
        headers: this.#headers(),
      });
      const text = await boundedText(response, maxBodyBytes, (reason) => new HttpFault('malformed', reason));
      this.#noteLatency(clock.now() - begun);
      const body = parseJson(text);
      if (!response.ok) throw this.#httpFault(response, body, text, group);
      // Some services report an error with status 200.
      const verdict = this.#options.judge?.(response.status, body);
      if (verdict !== undefined) throw this.#judged(verdict, group);
      if (body === undefined)
        throw new HttpFault('malformed', `the answer is not JSON: ${excerpt(text) || 'empty'}`);
      return body;
    } finally {
      finished.abort();
    }
  }

  #noteLatency(roundTripMs: number): void {
    this.#latencyMs =
      this.#latencyMs === null ? roundTripMs : Math.round(0.7 * this.#latencyMs + 0.3 * roundTripMs);
  }

  #httpFault(response: Response, body: unknown, text: string, group: Group): HttpFault {
    const { status } = response;
    const verdict = this.#options.judge?.(status, body);
    if (verdict !== undefined) return this.#judged(verdict, group);
    const retryAfterMs = this.#retryAfterMs(response);
    if (status === 429 || (retryAfterMs !== undefined && (status === 403 || status === 503))) {
      const waitMs = retryAfterMs ?? this.#options.defaultWaitMs ?? minuteMs;
      return this.#judged({ fault: 'rate-limited', detail: `HTTP ${status}`, waitMs }, group);
    }
    const said = `HTTP ${status}: ${excerpt(body ?? text) || 'no reason given'}`;
    if (status === 404) return new HttpFault('not-found', said);
    return new HttpFault(status >= 500 ? 'unreachable' : 'refused', said);
  }

  #judged({ fault, detail, waitMs }: Verdict, group: Group): HttpFault {
    if (waitMs === undefined) return new HttpFault(fault, detail);
    const bounded = Math.min(waitMs, maxWaitMs);
    group.blockedUntil = Math.max(group.blockedUntil, this.#options.clock.now() + bounded);
    const message = `${detail}: told to wait ${Math.ceil(bounded / secondMs)} s`;
    return new HttpFault(fault, message, group.blockedUntil);
  }

  /** Retry-After as seconds or as a date. */
  #retryAfterMs(response: Response): number | undefined {
    const header = response.headers.get('retry-after');
    if (header === null) return undefined;
    if (/^\d{1,9}$/.test(header.trim())) return Math.max(1, Number(header)) * secondMs;
    const waitMs = Date.parse(header) - this.#options.clock.now();
    return waitMs > 0 ? waitMs : undefined;
  }
}
