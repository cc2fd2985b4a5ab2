// One pricing stream of OANDA: chunked HTTP with a JSON object per line. It never reconnects by itself.
import type { Connection, ConnectionHandlers } from '../shared/redial.ts';
import { type Redact, safeJson } from '../shared/venue-text.ts';
import { parseOandaError } from './parse-oanda.ts';

const maxLineChars = 64_000;
const maxErrorBytes = 4_000;

export interface OandaStreamOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof fetch;
  readonly redact: Redact;
  readonly line: (text: string) => void;
}

export function openOandaStream(options: OandaStreamOptions, handlers: ConnectionHandlers): Connection {
  const closing = new AbortController();
  void read(options, handlers, closing.signal).catch((error: unknown) => {
    if (closing.signal.aborted) return;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    handlers.ended(options.redact(cause instanceof Error ? cause.message : String(cause)));
  });
  return { close: () => closing.abort() };
}

async function read(
  options: OandaStreamOptions,
  handlers: ConnectionHandlers,
  signal: AbortSignal,
): Promise<void> {
  const { url, headers, redact, line } = options;
  const response = await options.fetch(url, { headers, signal, redirect: 'error' });
  if (response.body === null || !response.ok) {
    const said = redact(parseOandaError(safeJson(await beginning(response))) ?? 'no readable reason');
    // A wrong key stays wrong; everything else may pass.
    handlers.ended(`HTTP ${response.status}: ${said}`, response.status === 401 || response.status === 403);
    return;
  }
  handlers.ready();
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body) {
    if (signal.aborted) return;
    handlers.alive();
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) {
      if (signal.aborted) return;
      if (text.trim() !== '') line(text);
    }
    if (rest.length > maxLineChars) {
      handlers.ended(`a line is longer than ${maxLineChars} characters`);
      return;
    }
  }
  if (!signal.aborted) handlers.ended('ended by the venue');
}

async function beginning(response: Response): Promise<string> {
  if (response.body === null) return '';
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > maxErrorBytes) break;
  }
  return text;
}
