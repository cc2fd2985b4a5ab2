// Cash and holdings of the simulated account, exact: cash = starting cash + realised profit - fees, nothing else.
// It must never lend more than the house leverage allows.
import type { BrokerPosition } from '../../../shared/bus/catalogue.ts';
import { marginLeverage } from '../../../shared/domain/account-currency.ts';
import { averagePrice, flatHolding, foldFill, type Holding } from '../../../shared/domain/holding.ts';
import type { Instrument } from '../../../shared/domain/instrument.ts';
import {
  addDecimal,
  compareDecimal,
  type DecimalText,
  decimalNumber,
  isZeroDecimal,
  minimumDecimal,
  multiplyDecimal,
  negateDecimal,
  subtractDecimal,
} from '../../../shared/domain/money.ts';
import type { Fill, OrderSide } from '../../../shared/domain/order.ts';

/** Price and conversion of a symbol for valuing holdings; undefined when not known. */
export interface Valuation {
  readonly price: number;
  readonly rate: number;
  readonly instrument: Instrument;
}

export class PaperAccount {
  cash: DecimalText;
  readonly #holdings = new Map<string, Holding>();

  constructor(startingCash: DecimalText) {
    this.cash = startingCash;
  }

  holding(symbol: string): Holding {
    return this.#holdings.get(symbol) ?? flatHolding;
  }

  restoreHolding(symbol: string, holding: Holding): void {
    this.#holdings.set(symbol, holding);
  }

  /** How much of `quantity` would reduce the holding instead of adding to it or turning it. */
  reducible(symbol: string, side: OrderSide, quantity: DecimalText): DecimalText {
    const held = this.holding(symbol).quantity;
    const direction = compareDecimal(held, '0');
    if (direction === 0 || direction > 0 === (side === 'buy')) return '0';
    return minimumDecimal(quantity, direction < 0 ? negateDecimal(held) : held);
  }

  apply(fill: Fill): void {
    const change = foldFill(this.holding(fill.symbol), fill.side, fill.quantity, fill.price);
    if (isZeroDecimal(change.holding.quantity)) this.#holdings.delete(fill.symbol);
    else this.#holdings.set(fill.symbol, change.holding);
    const net = subtractDecimal(change.realised, fill.fee);
    this.cash = addDecimal(this.cash, multiplyDecimal(net, fill.account_rate ?? '1'));
  }

  /** Holdings in symbol order. */
  positions(): BrokerPosition[] {
    return [...this.#holdings]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([symbol, holding]) => ({
        symbol,
        quantity: holding.quantity,
        average_price: averagePrice(holding),
      }));
  }

  /** Own money not bound as margin, in account currency, at the prices given. */
  freeMargin(valuationOf: (symbol: string) => Valuation | undefined): number {
    let free = decimalNumber(this.cash);
    for (const [symbol, holding] of this.#holdings) {
      const value = valuationOf(symbol);
      if (value === undefined) continue;
      const quantity = decimalNumber(holding.quantity);
      const cost = decimalNumber(holding.cost) * Math.sign(quantity);
      free += (quantity * value.price - cost) * value.rate;
      free -= (Math.abs(quantity) * value.price * value.rate) / marginLeverage[value.instrument.assetClass];
    }
    return free;
  }
}
