// One polite request for one feed: validators sent, redirects followed within bounds, the body bounded, faults sorted.
// It must never show the address of a feed with a key, and never be led to a private address.
import { isIP } from 'node:net';
import { type EpochMs, hourMs, secondMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { Alarms } from '../../market-data/shared/alarms.ts';
import { FeedFault } from './feed-fault.ts';
import type { FeedAnswer, NewsFeed } from './news-feed.ts';

const requestTimeoutMs = 20 * secondMs;
const maxBodyBytes = 4_000_000;
const maxRedirects = 4;
const defaultRateLimitWaitMs = 60 * secondMs;
const maxAskedWaitMs = 6 * hourMs;
/** After a reset by the venue's clock we wait a little longer, because clocks differ. */
const resetMarginMs = 2 * secondMs;
const maxValidatorChars = 512;
const userAgent = 'ato/0.1 (AI Trading Orchestrator; reads feeds for its own user)';

/** What the server gave us to ask "has it changed?" with. */
export interface Validators {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

export interface FetchedFeed {
  /** Null when nothing changed since (304). */
  readonly answer: FeedAnswer | null;
  readonly validators: Validators;
  readonly latencyMs: number;
  /** Nothing should be sent to this host before; 0 when it did not say. */
  readonly hostClosedUntil: EpochMs;
}

export interface FetchTools {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly alarms: Alarms;
}

/** Throws FeedFault. */
export async function fetchFeed(
  feed: NewsFeed,
  validators: Validators,
  tools: FetchTools,
  signal: AbortSignal,
): Promise<FetchedFeed> {
  const { clock, alarms } = tools;
  const begun = clock.now();
  const timer = new AbortController();
  const finished = new AbortController();
  void alarms.sleep(requestTimeoutMs, finished.signal).then(() => timer.abort());
  try {
    const both = AbortSignal.any([signal, timer.signal]);
    const response = await followed(feed, validators, tools, both);
    const said = waitSaid(response, clock.now());
    if (response.status === 304) {
      await response.body?.cancel();
      return { answer: null, validators, latencyMs: clock.now() - begun, hostClosedUntil: said };
    }
    if (response.status !== 200) {
      await response.body?.cancel();
      throw statusFault(response, said, clock.now());
    }
    const bytes = await boundedBody(response);
    const contentType = response.headers.get('content-type') ?? '';
    const at = clock.now();
    return {
      answer: { bytes, contentType, at },
      validators: { etag: validator(response, 'etag'), lastModified: validator(response, 'last-modified') },
      latencyMs: at - begun,
      hostClosedUntil: said,
    };
  } catch (error) {
    if (error instanceof FeedFault) throw error;
    throw new FeedFault('unreachable', timer.signal.aborted ? 'no answer in time' : networkReason(error));
  } finally {
    finished.abort();
  }
}

async function followed(
  feed: NewsFeed,
  { etag, lastModified }: Validators,
  tools: FetchTools,
  signal: AbortSignal,
): Promise<Response> {
  const headers: Record<string, string> = { accept: feed.accept, 'user-agent': userAgent };
  if (etag !== null) headers['if-none-match'] = etag;
  if (lastModified !== null) headers['if-modified-since'] = lastModified;
  let url = new URL(feed.url);
  for (let hop = 0; ; hop += 1) {
    const response = await tools.fetch(url.href, { headers, signal, redirect: 'manual' });
    const location = response.headers.get('location');
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return response;
    await response.body?.cancel();
    if (hop >= maxRedirects) throw new FeedFault('malformed', `more than ${maxRedirects} redirects`);
    if (!URL.canParse(location, url.href)) throw new FeedFault('malformed', 'redirected to no address');
    const next = new URL(location, url);
    checkRedirect(feed, url, next);
    url = next;
  }
}

function checkRedirect(feed: NewsFeed, from: URL, to: URL): void {
  if (to.protocol !== 'https:' && to.protocol !== from.protocol)
    throw new FeedFault('hostile', 'redirected to an unsafe protocol');
  if (to.hostname === from.hostname) return;
  if (feed.secret) throw new FeedFault('hostile', 'redirected elsewhere with a key');
  const name = to.hostname;
  if (
    isIP(name.replace(/^\[|\]$/g, '')) !== 0 ||
    !name.includes('.') ||
    /\.(local|internal|localhost)$/.test(name)
  )
    throw new FeedFault('hostile', 'redirected to a private address');
}

/** Until when the answer closes its host to us, by Retry-After or an exhausted budget; 0 when it says nothing. */
function waitSaid(response: Response, now: EpochMs): EpochMs {
  const retryAfter = response.headers.get('retry-after') ?? '';
  let waitMs = /^\d{1,7}$/.test(retryAfter) ? Number(retryAfter) * secondMs : Date.parse(retryAfter) - now;
  if (!Number.isFinite(waitMs) || waitMs < 0) waitMs = 0;
  const remaining = Number(response.headers.get('x-ratelimit-remaining') ?? Number.NaN);
  const resetSeconds = Number(response.headers.get('x-ratelimit-reset') ?? Number.NaN);
  // Some count seconds until, some write an instant; an instant is far larger than any wait.
  if (remaining < 1 && resetSeconds > 0 && resetSeconds < 1e6)
    waitMs = Math.max(waitMs, resetSeconds * secondMs + resetMarginMs);
  return waitMs === 0 ? 0 : now + Math.min(waitMs, maxAskedWaitMs);
}

function statusFault(response: Response, said: EpochMs, now: EpochMs): FeedFault {
  const { status } = response;
  const waitMs = said > now ? said - now : null;
  const text = `HTTP ${status}`;
  if (status === 429) return new FeedFault('rate-limited', text, waitMs ?? defaultRateLimitWaitMs);
  if (status === 503 && waitMs !== null) return new FeedFault('rate-limited', text, waitMs);
  if (status === 401 || status === 402 || status === 403) return new FeedFault('refused', text, waitMs);
  if (status === 404 || status === 410) return new FeedFault('gone', text, waitMs);
  if (status >= 500) return new FeedFault('unreachable', text, waitMs);
  return new FeedFault('malformed', text, waitMs);
}

async function boundedBody(response: Response): Promise<Uint8Array> {
  const tooLarge = () => new FeedFault('too-large', `larger than ${maxBodyBytes} bytes`);
  if (Number(response.headers.get('content-length') ?? 0) > maxBodyBytes) {
    await response.body?.cancel();
    throw tooLarge();
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxBodyBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function validator(response: Response, name: string): string | null {
  const value = response.headers.get(name);
  return value === null || value.length > maxValidatorChars ? null : value;
}

/** The code only: messages of the network layer may repeat the address. */
function networkReason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code.slice(0, 60) : 'the connection broke';
}
