// Reads a text/event-stream over fetch. Unlike EventSource it sends the token, hears every event name,
// and leaves the back-off to us.

export interface StreamEvent {
  readonly name: string;
  readonly data: string;
}

/** The server answered, but not with a stream. */
export class StreamRefused extends Error {
  override readonly name = 'StreamRefused';
}

/** Longest event accepted; a longer one ends the stream as broken. */
const eventLimitChars = 2_000_000;

/** Splits pieces of text into events, as the HTML standard's event stream format says. */
export function createEventParser(emit: (event: StreamEvent) => void): (piece: string) => void {
  let rest = '';
  let name = '';
  let data: string[] = [];
  const takeLine = (line: string) => {
    if (line === '') {
      if (data.length > 0) emit({ name: name === '' ? 'message' : name, data: data.join('\n') });
      name = '';
      data = [];
      return;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') name = value;
    if (field === 'data') data.push(value);
  };
  return (piece) => {
    rest += piece;
    if (rest.length > eventLimitChars) throw new Error('event too long');
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) takeLine(line);
  };
}

/** Follows the stream until it ends. Throws StreamRefused when the server answers otherwise, else what broke it. */
export async function followStream(
  address: string,
  options: {
    readonly headers: Record<string, string>;
    readonly signal: AbortSignal;
    readonly onOpen: (response: Response) => void;
    readonly onBytes: () => void;
    readonly onEvent: (event: StreamEvent) => void;
  },
): Promise<void> {
  const response = await fetch(address, {
    headers: { accept: 'text/event-stream', ...options.headers },
    signal: options.signal,
    cache: 'no-store',
  });
  if (!response.ok || response.body === null) throw new StreamRefused(`HTTP ${response.status}`);
  options.onOpen(response);
  const parse = createEventParser(options.onEvent);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    options.onBytes();
    parse(value);
  }
}

const firstRetryMs = 500;
const longestRetryMs = 20_000;

/** Wait before try number `attempt` (0 = first): doubling, capped, with up to a quarter taken off at random. */
export function retryDelayMs(attempt: number, random: number): number {
  const full = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(attempt, 10));
  return Math.round(full * (1 - random / 4));
}
