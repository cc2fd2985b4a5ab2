// One websocket to TraderMade's streaming feed: log in, subscribe, hand on quotes. It never reconnects by itself,
// and the key travels only in the login frame.
import { WebSocket } from 'ws';
import type { EpochMs } from '../../../shared/domain/time.ts';
import type { Connection, ConnectionHandlers } from '../shared/redial.ts';
import type { Redact } from '../shared/venue-text.ts';
import { parseTradermadeFrame, type TradermadeQuote } from './parse-tradermade.ts';

const maxFrameBytes = 1_000_000;

export interface TradermadeStreamOptions {
  readonly url: string;
  readonly key: string;
  readonly symbols: readonly string[];
  readonly redact: Redact;
  readonly quote: (quote: TradermadeQuote, at: EpochMs) => void;
  readonly notServed: (symbol: string, reason: string) => void;
  readonly unreadable: (reason: string, text: string) => void;
}

export interface TradermadeStream extends Connection {
  ping(): void;
}

export function openTradermadeStream(
  options: TradermadeStreamOptions,
  handlers: ConnectionHandlers,
): TradermadeStream {
  const { url, key, redact } = options;
  const socket = new WebSocket(url, {
    maxPayload: maxFrameBytes,
    perMessageDeflate: false,
    followRedirects: false,
  });
  let done = false;
  const send = (frame: unknown) => socket.send(JSON.stringify(frame));
  const end = (reason: string, permanent = false) => {
    if (done) return;
    done = true;
    socket.terminate();
    handlers.ended(redact(reason), permanent);
  };
  socket.on('open', () => {
    if (!done) send({ action: 'login', key, fmt: 'JSON' });
  });
  socket.on('message', (data, isBinary) => {
    if (done) return;
    handlers.alive();
    hear(isBinary ? '' : data.toString(), options, send, handlers, end);
  });
  socket.on('pong', () => handlers.alive());
  socket.on('ping', () => handlers.alive());
  socket.on('error', (error) => end(error.message));
  socket.on('close', (code) => end(`closed by the venue with code ${code}`));
  return {
    close: () => {
      done = true;
      socket.terminate();
    },
    ping: () => {
      if (socket.readyState === socket.OPEN) socket.ping();
    },
  };
}

function hear(
  text: string,
  options: TradermadeStreamOptions,
  send: (frame: unknown) => void,
  handlers: ConnectionHandlers,
  end: (reason: string, permanent?: boolean) => void,
): void {
  const frame = parseTradermadeFrame(text);
  switch (frame.kind) {
    case 'greeting':
      break;
    case 'login-ok': {
      const limit = frame.symbolLimit ?? options.symbols.length;
      for (const symbol of options.symbols.slice(limit))
        options.notServed(symbol, `the plan streams ${limit} symbols`);
      const symbols = options.symbols.slice(0, limit).map((symbol) => `${symbol}:QUOTE`);
      send({ action: 'subscribe', symbols, send_last: true });
      break;
    }
    case 'login-reject':
      end(`login refused: ${frame.reason}`, true);
      break;
    case 'subscribed':
      for (const symbol of frame.refused) options.notServed(symbol, 'subscription denied');
      handlers.ready();
      break;
    case 'error':
      end(frame.reason);
      break;
    case 'quote':
      options.quote(frame, frame.at);
      break;
    case 'unreadable':
      options.unreadable(frame.reason, options.redact(text));
      break;
  }
}
