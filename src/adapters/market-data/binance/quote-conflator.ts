// Keeps the last quote of each symbol between two batches. Book tickers stay unread text until the batch is made:
// only the last of each second counts, and parsing them all would cost a core on a busy day.
import { instrumentFor } from '../../../shared/domain/instrument.ts';
import { bookDepth, type Quote } from '../../../shared/domain/quote.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';
import { bookTickerSchema, envelopeSchema } from './binance-schemas.ts';

interface BookState {
  text: string;
  receivedAt: EpochMs;
  fresh: boolean;
  updateId: number;
}

export interface ConflatedQuotes {
  /** In symbol order, at most one each, only of symbols that moved since the last call. */
  readonly quotes: readonly Quote[];
  /** Frames that could not be read. */
  readonly unreadable: readonly string[];
}

export class QuoteConflator {
  readonly #symbols: readonly string[];
  readonly #known: ReadonlySet<string>;
  readonly #books = new Map<string, BookState>();
  readonly #fromKlines = new Map<string, Quote>();

  constructor(symbols: readonly string[]) {
    this.#symbols = symbols;
    this.#known = new Set(symbols);
  }

  keepBook(symbol: string, text: string, receivedAt: EpochMs): void {
    const book = this.#books.get(symbol);
    if (book !== undefined) {
      book.text = text;
      book.receivedAt = receivedAt;
      book.fresh = true;
    } else if (this.#known.has(symbol)) {
      this.#books.set(symbol, { text, receivedAt, fresh: true, updateId: -1 });
    }
  }

  /** For symbols without book ticker: the price under way, with the spread that is typical of the instrument. */
  keepPrice(symbol: string, price: number, receivedAt: EpochMs): void {
    const half = (price * (instrumentFor(symbol)?.typicalSpread ?? 0)) / 2;
    this.#fromKlines.set(symbol, { symbol, bid: price - half, ask: price + half, happenedAt: receivedAt });
  }

  take(): ConflatedQuotes {
    const quotes: Quote[] = [];
    const unreadable: string[] = [];
    for (const symbol of this.#symbols) {
      const book = this.#books.get(symbol);
      if (book?.fresh === true) {
        book.fresh = false;
        const quote = readBook(symbol, book);
        if (quote === undefined) unreadable.push(book.text);
        else if (quote !== 'old') quotes.push(quote);
      } else {
        const quote = this.#fromKlines.get(symbol);
        if (quote !== undefined) quotes.push(quote);
      }
    }
    this.#fromKlines.clear();
    return { quotes, unreadable };
  }

  clear(): void {
    this.#books.clear();
    this.#fromKlines.clear();
  }
}

function readBook(symbol: string, book: BookState): Quote | 'old' | undefined {
  let frame: unknown;
  try {
    frame = JSON.parse(book.text);
  } catch {
    return undefined;
  }
  const envelope = envelopeSchema.safeParse(frame);
  const ticker = bookTickerSchema.safeParse(envelope.success ? envelope.data.data : frame);
  if (!ticker.success || ticker.data.s !== symbol) return undefined;
  // Update ids only grow; frames of a replaced connection may come late.
  if (ticker.data.u < book.updateId) return 'old';
  book.updateId = ticker.data.u;
  const { b: bid, B: bidQuantity, a: ask, A: askQuantity } = ticker.data;
  const depth = bookDepth([[bid, bidQuantity]], [[ask, askQuantity]]);
  return { symbol, bid, ask, ...(depth === undefined ? {} : { depth }), happenedAt: book.receivedAt };
}
