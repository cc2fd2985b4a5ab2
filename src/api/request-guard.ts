// Who may ask what: Host, Origin and token, checked before anything is read. Must never say which part of a
// token was wrong, nor take longer for a better guess.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { hostNameOf, isLocalHost, isLoopback } from './bind-guard.ts';
import { Problem } from './problem.ts';

export interface GuardOptions {
  readonly apiToken: string | undefined;
  readonly bindAddress: string;
}

const readingMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Throws Problem when the request may not be served. */
export function guardRequest(request: FastifyRequest, options: GuardOptions): void {
  const { apiToken, bindAddress } = options;
  const changes = !readingMethods.has(request.method);
  const local = isLocalHost(request.headers.host, bindAddress);
  // A stream stays open, so another site's page could take all places although it can read none.
  if (changes || request.routeOptions.url === '/events') refuseForeignOrigin(request);
  if (apiToken === undefined) {
    if (!local) throw foreignHost(request.headers.host);
    return;
  }
  if (tokenMatches(request, apiToken)) return;
  const openDoor = isLoopback(bindAddress) && local;
  if (!changes && (openDoor || isPublic(request))) return;
  throw new Problem('unauthorized', 401, 'Send the header "Authorization: Bearer <API_TOKEN>".', {
    headers: { 'www-authenticate': 'Bearer realm="ato"' },
  });
}

function foreignHost(host: string | undefined): Problem {
  const shown = hostNameOf(host) ?? 'an unreadable Host header';
  return new Problem(
    'foreign-host',
    403,
    `This server answers to localhost and its own address, not to ${shown.slice(0, 100)}. ` +
      'To reach it by another name, set API_TOKEN and send it.',
  );
}

/** The page's own files, the documentation and /health carry no data worth a token. */
function isPublic(request: FastifyRequest): boolean {
  const route = request.routeOptions.url;
  return route === '/health' || route === '/' || route === '/*' || route?.startsWith('/docs') === true;
}

/** A page of another site may send a POST but cannot hide where it comes from. */
function refuseForeignOrigin(request: FastifyRequest): void {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const foreignSite = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (!foreignSite && (origin === undefined || originHost(origin) === host?.toLowerCase())) return;
  throw new Problem(
    'foreign-origin',
    403,
    'Commands and streams are for this server’s own page or for no page.',
  );
}

/** Host and port of an Origin as a Host header would show them; undefined for `null` and nonsense. */
function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

function tokenMatches(request: FastifyRequest, apiToken: string): boolean {
  const given = bearerOf(request.headers.authorization) ?? queryTokenOf(request);
  return given !== undefined && timingSafeEqual(digest(given), digest(apiToken));
}

function bearerOf(header: string | undefined): string | undefined {
  return /^bearer +(\S+) *$/i.exec(header ?? '')?.[1];
}

/** EventSource cannot send headers, so the event stream alone also takes the token from its address. */
function queryTokenOf(request: FastifyRequest): string | undefined {
  if (request.routeOptions.url !== '/events') return undefined;
  const { token } = request.query as { readonly token?: unknown };
  return typeof token === 'string' ? token : undefined;
}

/** Equal lengths whatever was given, so that the comparison takes the same time. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
