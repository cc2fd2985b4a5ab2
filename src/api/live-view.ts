// The newest word of each kind, folded from committed messages and primed from the store. It only repeats what
// was said; it must never ask an agent and never guess.
import type { HealthSummary, TradingSummary } from '../shared/bus/catalogue.ts';
import type { AnyMessage } from '../shared/bus/message.ts';
import type { Decision } from '../shared/domain/decision.ts';
import type { Mandate } from '../shared/domain/mandate.ts';
import type { LadderState } from '../shared/domain/model.ts';
import { decimalText } from '../shared/domain/money.ts';
import type { EquityPoint } from '../shared/domain/position.ts';
import { midOf } from '../shared/domain/quote.ts';
import type { TradingStateRecord } from '../shared/domain/trading-state.ts';
import type { MarketState } from '../shared/domain/vitals.ts';
import type { StoreReader } from '../shared/ports/store.ts';

/** Symbols whose last price is remembered; the first heard stay. */
const maxPricedSymbols = 2_000;

/** Symbols with a price keep being updated; a new one is taken only while there is room. */
function remember(prices: Map<string, number>, symbol: string, price: number): void {
  if (prices.has(symbol) || prices.size < maxPricedSymbols) prices.set(symbol, price);
}

export class LiveView {
  #decision: Decision | undefined;
  #mandate: Mandate | undefined;
  #tradingState: TradingStateRecord | undefined;
  #tradingSummary: TradingSummary | undefined;
  #healthSummary: HealthSummary | undefined;
  #equity: EquityPoint | undefined;
  #running: boolean | undefined;
  #ladder: LadderState | undefined;
  readonly #markets = new Map<MarketState['asset_class'], MarketState>();
  readonly #quotes = new Map<string, number>();
  readonly #closes = new Map<string, number>();

  get decision(): Decision | undefined {
    return this.#decision;
  }
  get mandate(): Mandate | undefined {
    return this.#mandate;
  }
  get tradingState(): TradingStateRecord | undefined {
    return this.#tradingState;
  }
  get tradingSummary(): TradingSummary | undefined {
    return this.#tradingSummary;
  }
  get healthSummary(): HealthSummary | undefined {
    return this.#healthSummary;
  }
  get equity(): EquityPoint | undefined {
    return this.#equity;
  }
  /** After the last start or stop command heard; undefined when none was. */
  get running(): boolean | undefined {
    return this.#running;
  }
  /** Said with every decision while a model is configured. */
  get ladder(): LadderState | undefined {
    return this.#ladder;
  }
  get markets(): readonly MarketState[] {
    return [...this.#markets.values()];
  }

  /** Last known price as decimal text: mid of the last quote, else close of the last candle. */
  markPrice(symbol: string): string | undefined {
    const price = this.#quotes.get(symbol) ?? this.#closes.get(symbol);
    return price === undefined || !Number.isFinite(price) ? undefined : decimalText(price);
  }

  /** Reads what was last said before this start. What the stream has said meanwhile is newer and stays. */
  async prime(reader: StoreReader): Promise<void> {
    const one = { limit: 1 };
    const [decisions, mandates, states, equity] = await Promise.all([
      reader.list('decisions', one),
      reader.list('mandates', one),
      reader.list('trading_state', one),
      reader.list('equity', one),
    ]);
    this.#decision ??= decisions[0];
    this.#mandate ??= mandates[0];
    this.#tradingState ??= states[0];
    this.#equity ??= equity[0];
  }

  observe(message: AnyMessage): void {
    switch (message.message_type) {
      case 'market.quotes':
        for (const quote of message.data.quotes) remember(this.#quotes, quote.symbol, midOf(quote));
        break;
      case 'market.candle':
        remember(this.#closes, message.data.candle.symbol, message.data.candle.close);
        break;
      case 'decision':
        this.#decision = message.data;
        break;
      case 'decision.scored':
        if (this.#decision?.id === message.data.id) this.#decision = { ...this.#decision, ...message.data };
        break;
      case 'model.ladder':
        this.#ladder = message.data;
        break;
      case 'mandate':
        this.#mandate = message.data;
        break;
      case 'trading.state_changed':
        this.#tradingState = message.data;
        break;
      case 'trading.summary':
        this.#tradingSummary = message.data;
        this.#equity = message.data.equity;
        break;
      case 'health.summary':
        this.#healthSummary = message.data;
        break;
      case 'market.state':
        this.#markets.set(message.data.asset_class, message.data);
        break;
      case 'operator.command':
        if (message.data.command === 'start') this.#running = true;
        if (message.data.command === 'stop') this.#running = false;
        break;
      default:
    }
  }
}
