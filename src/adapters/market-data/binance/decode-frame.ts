// Reads one websocket frame into the few things the source knows, or says why it cannot.
import {
  bookTickerSchema,
  envelopeSchema,
  type KlineEvent,
  klineEventSchema,
  replySchema,
  serverShutdownSchema,
} from './binance-schemas.ts';

export const undocumentedFrame = 'a frame does not have a documented shape';

export type DecodedFrame =
  | { readonly kind: 'kline'; readonly event: KlineEvent }
  | { readonly kind: 'book'; readonly symbol: string }
  | { readonly kind: 'shutdown' | 'reply' }
  | { readonly kind: 'unreadable'; readonly reason: string };

export function decodeFrame(text: string): DecodedFrame {
  // Book tickers are by far the most frames, and only the last of each second is ever read.
  const book = /^\{"stream":"([a-z0-9]{1,40})@bookTicker"/.exec(text)?.[1];
  if (book !== undefined) return { kind: 'book', symbol: book.toUpperCase() };
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return { kind: 'unreadable', reason: 'a frame is not JSON' };
  }
  const envelope = envelopeSchema.safeParse(frame);
  const data = envelope.success ? envelope.data.data : frame;
  const kline = klineEventSchema.safeParse(data);
  if (kline.success) return { kind: 'kline', event: kline.data };
  if (serverShutdownSchema.safeParse(data).success) return { kind: 'shutdown' };
  const ticker = bookTickerSchema.safeParse(data);
  if (ticker.success) return { kind: 'book', symbol: ticker.data.s };
  if (replySchema.safeParse(data).success) return { kind: 'reply' };
  return { kind: 'unreadable', reason: undocumentedFrame };
}
