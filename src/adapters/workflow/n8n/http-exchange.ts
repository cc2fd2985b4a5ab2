// One HTTP request that knows whether it was ever sent: the difference between "call again" and "ask what happened".
// It must never follow a redirect, read without bound, or throw.
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

const maxBodyBytes = 1_000_000;
const connectTimeoutMs = 3_000;

export interface ExchangeRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** `unsent`: no byte of the request left. `broken`: it left, and no whole answer came back. */
export type Exchange =
  | { readonly kind: 'unsent' | 'broken'; readonly detail: string }
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly contentType: string;
      readonly headers: Readonly<Record<string, string | undefined>>;
      readonly body: string;
    };

/** Sends one request over a connection of its own, so that a connection closed while idle is never mistaken for an answer. */
export function exchange(wanted: ExchangeRequest): Promise<Exchange> {
  const { promise, resolve } = Promise.withResolvers<Exchange>();
  let sent = false;
  const fail = (error: unknown) => resolve({ kind: sent ? 'broken' : 'unsent', detail: reasonOf(error) });
  const send = wanted.url.protocol === 'https:' ? httpsRequest : httpRequest;
  const body = wanted.body === undefined ? undefined : Buffer.from(wanted.body);
  const outgoing = send(wanted.url, {
    method: wanted.method,
    agent: false,
    headers: {
      ...wanted.headers,
      ...(body === undefined ? {} : { 'content-length': String(body.byteLength) }),
    },
  });
  const stop = (reason: string) => outgoing.destroy(new Error(reason));
  const whole = setTimeout(() => stop(`no answer within ${wanted.timeoutMs} ms`), wanted.timeoutMs);
  const connecting = setTimeout(
    () => stop(`no connection within ${connectTimeoutMs} ms`),
    Math.min(connectTimeoutMs, wanted.timeoutMs),
  );
  const onAbort = () => stop('given up');
  wanted.signal?.addEventListener('abort', onAbort, { once: true });
  outgoing.once('socket', (socket) => {
    const ready = wanted.url.protocol === 'https:' ? 'secureConnect' : 'connect';
    socket.once(ready, () => {
      sent = true;
      clearTimeout(connecting);
    });
  });
  outgoing.once('error', fail);
  outgoing.once('response', (incoming) => readAnswer(incoming).then(resolve, fail));
  if (wanted.signal?.aborted === true) onAbort();
  outgoing.end(body);
  return promise.finally(() => {
    clearTimeout(whole);
    clearTimeout(connecting);
    wanted.signal?.removeEventListener('abort', onAbort);
    outgoing.destroy();
  });
}

async function readAnswer(incoming: IncomingMessage): Promise<Exchange> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > maxBodyBytes) throw new Error(`an answer longer than ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, [value].flat()[0]]),
  );
  return {
    kind: 'answered',
    status: incoming.statusCode ?? 0,
    contentType: headers['content-type'] ?? '',
    headers,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

/** Our own words for what a socket says; the other side's text is not in them. */
function reasonOf(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  switch (code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its name cannot be resolved';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'the connection was broken';
    default:
      return typeof message === 'string' && message !== '' ? message.slice(0, 200) : String(code);
  }
}
