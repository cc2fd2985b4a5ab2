// Stands behind the gate and checks what passed, by rules written apart from the gate's own.
import type { CandleEvent, QuoteBatch } from '../../shared/bus/catalogue.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import type { MarketDataSink } from '../../shared/ports/market-data.ts';
import { ImpossiblePassed } from './fuzz-target.ts';

/** No instrument of the samples may be believed beyond these. */
const mostQuoteLeadMs = 5_000;
/** So many times the prices around it, no single price is real. */
const mostTimes = 5.001;

export class OracleSink implements MarketDataSink {
  passed = 0;
  quarantines = 0;
  readonly #now: () => EpochMs;
  readonly #lastOpen = new Map<string, EpochMs>();
  readonly #closes = new Map<string, readonly number[]>();
  readonly #lastQuote = new Map<string, EpochMs>();

  constructor(now: () => EpochMs) {
    this.#now = now;
  }

  candle({ candle, known_at: knownAt }: CandleEvent): void {
    const { symbol, openTime, open, high, low, close, volume } = candle;
    this.passed += 1;
    for (const price of [open, high, low, close]) demand(isPrice(price), `price ${price}`);
    demand(Number.isFinite(volume) && volume >= 0, `volume ${volume}`);
    demand(low <= open && low <= close && high >= open && high >= close && low <= high, 'high or low');
    demand(Number.isSafeInteger(openTime) && openTime % 60_000 === 0, `open time ${openTime}`);
    demand(openTime + 60_000 <= knownAt && knownAt <= this.#now(), 'a candle known before its end');
    demand(openTime > (this.#lastOpen.get(symbol) ?? 0), 'time running backwards');
    this.#lastOpen.set(symbol, openTime);
    const body = [Math.max(open, close), Math.min(open, close)] as const;
    demand(high <= body[0] * mostTimes && low * mostTimes >= body[1], 'a spike inside a candle');
    const closes = [...(this.#closes.get(symbol) ?? []), close].slice(-3);
    this.#closes.set(symbol, closes);
    demand(!isSpike(closes), `a spike: ${closes.join(', ')}`);
  }

  quotes({ quotes }: QuoteBatch): void {
    for (const { symbol, bid, ask, happenedAt } of quotes) {
      this.passed += 1;
      demand(isPrice(bid) && isPrice(ask) && bid <= ask, `quote ${bid}/${ask}`);
      demand(happenedAt <= this.#now() + mostQuoteLeadMs, 'a quote from the future');
      demand(happenedAt >= (this.#lastQuote.get(symbol) ?? 0), 'quotes running backwards');
      this.#lastQuote.set(symbol, happenedAt);
    }
  }

  status(): void {}

  quarantined(): void {
    this.quarantines += 1;
  }
}

/** The middle one of three is far from both, and they are near each other. */
export function isSpike([before, middle, after]: readonly number[]): boolean {
  if (before === undefined || middle === undefined || after === undefined) return false;
  const times = (left: number, right: number) => Math.max(left / right, right / left);
  return (
    times(before, middle) > mostTimes && times(middle, after) > mostTimes && times(before, after) < mostTimes
  );
}

function isPrice(value: number): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}

function demand(holds: boolean, what: string): void {
  if (!holds) throw new ImpossiblePassed(`passed the gate: ${what}`);
}
