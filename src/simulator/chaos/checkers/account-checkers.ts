// Judges of the account: what the venue holds and what the books say must be the same, to the last digit.
import {
  addDecimal,
  compareDecimal,
  decimalNumber,
  isZeroDecimal,
  multiplyDecimal,
  subtractDecimal,
} from '../../../shared/domain/money.ts';
import type { Fill } from '../../../shared/domain/order.ts';
import type { Position } from '../../../shared/domain/position.ts';
import type { HouseBook } from '../house-book.ts';
import { isLiveAtVenue, type LedgerOrder, type VenueLedger } from '../venue-ledger.ts';
import type { Checker, Scene } from './checker.ts';

/** Largest difference of average prices: 0.01 %. */
const averagePriceTolerance = 0.0001;

export class NothingLost implements Checker {
  readonly name = 'nothing_lost';

  rested({ ledger, book }: Scene): string | undefined {
    let fills = 0;
    for (const [id, order] of ledger.orders) {
      const row = book.get('orders', id);
      if (row === undefined) {
        if (order.state === 'in_transit') continue;
        return `the venue has ${describe(id, order)}, the books do not know it`;
      }
      if (compareDecimal(row.filled_quantity, order.filled) !== 0)
        return `${id} filled ${order.filled} at the venue, ${row.filled_quantity} in the books`;
      const liveInBooks = row.state === 'accepted' || row.state === 'partially_filled';
      // An order that the venue fills beyond its quantity is filled as far as anybody at home can say.
      const overFilled = row.state === 'filled' && compareDecimal(row.filled_quantity, row.quantity) > 0;
      if (isLiveAtVenue(order) !== liveInBooks && !overFilled)
        return `${describe(id, order)} is ${row.state} in the books`;
      for (const fill of order.fills) {
        fills++;
        const wrong = differenceOf(fill, book.get('fills', fill.id));
        if (wrong !== undefined) return wrong;
      }
    }
    return fills === book.count('fills') ? undefined : inventedFill(ledger, book);
  }
}

/**
 * A fill that the venue does not have. Only one kind is allowed: half out and half in at one price, by which the average is
 * moved after fills were heard in another order than they happened; together they are nothing.
 */
function inventedFill(ledger: VenueLedger, book: HouseBook): string | undefined {
  const corrections = new Map<string, string>();
  for (const { id, client_order_id, symbol, side, quantity } of book.all('fills')) {
    if (ledger.orders.get(client_order_id)?.fills.some((one) => one.id === id)) continue;
    if (!id.startsWith('adopt-'))
      return `the books have fill ${id} of ${quantity} ${symbol}, the venue does not`;
    const before = corrections.get(symbol) ?? '0';
    corrections.set(
      symbol,
      side === 'buy' ? addDecimal(before, quantity) : subtractDecimal(before, quantity),
    );
  }
  for (const [symbol, quantity] of corrections)
    if (!isZeroDecimal(quantity)) return `adoptions in ${symbol} add ${quantity} to what the venue filled`;
  return undefined;
}

function describe(id: string, { request, state, filled }: LedgerOrder): string {
  return `${request.leg} order ${id} (${state}, ${filled} of ${request.quantity} filled)`;
}

function differenceOf(fill: Fill, booked: Fill | undefined): string | undefined {
  if (booked === undefined) return `fill ${fill.id} of ${fill.quantity} ${fill.symbol} is not in the books`;
  for (const field of ['client_order_id', 'symbol', 'side', 'quantity', 'price', 'fee'] as const)
    if (fill[field] !== booked[field])
      return `fill ${fill.id} has ${field} ${fill[field]}, in the books ${booked[field]}`;
  return undefined;
}

function signed(position: Position): string {
  return position.side === 'long' ? position.quantity : subtractDecimal('0', position.quantity);
}

export class QuantityExact implements Checker {
  readonly name = 'quantity_exact';

  rested({ ledger, book }: Scene, flat: boolean): string | undefined {
    const left = new Map([...ledger.holdings].map(([symbol, { quantity }]) => [symbol, quantity]));
    for (const position of book.openPositions()) {
      const held = left.get(position.symbol) ?? '0';
      if (compareDecimal(signed(position), held) !== 0)
        return `${position.symbol}: the venue holds ${held}, the books ${signed(position)}`;
      left.delete(position.symbol);
    }
    for (const [symbol, quantity] of left)
      if (!isZeroDecimal(quantity)) return `${symbol}: the venue holds ${quantity}, the books nothing`;
    if (flat && ledger.holdings.size > 0) return `not flat although everything was to be closed`;
    return undefined;
  }
}

export class AveragePrice implements Checker {
  readonly name = 'average_price';

  rested({ ledger, book }: Scene): string | undefined {
    for (const position of book.openPositions()) {
      const holding = ledger.holdings.get(position.symbol);
      if (holding === undefined) continue;
      const theirs = decimalNumber(holding.cost) / Math.abs(decimalNumber(holding.quantity));
      const ours = decimalNumber(position.average_entry_price);
      if (Math.abs(ours / theirs - 1) > averagePriceTolerance)
        return `${position.symbol}: average price ${ours} in the books, ${theirs} at the venue`;
    }
    return undefined;
  }
}

export class ProfitPreserved implements Checker {
  readonly name = 'profit_preserved';
  readonly #startingCash: string;

  constructor(startingCash: string) {
    this.#startingCash = startingCash;
  }

  rested({ ledger, book }: Scene, flat: boolean): string | undefined {
    if (book.cash !== undefined && compareDecimal(book.cash, ledger.cash) !== 0)
      return `cash is ${book.cash} in the books, ${ledger.cash} at the venue`;
    let realised = this.#startingCash;
    for (const position of book.all('positions')) realised = addDecimal(realised, position.realised_profit);
    if (compareDecimal(realised, ledger.cash) !== 0)
      return `starting cash and realised profit make ${realised}, the venue has ${ledger.cash}`;
    return flat ? this.#identity(ledger.cash, ledger.orders.values()) : undefined;
  }

  /** Of a flat account: sales minus purchases minus fees, whoever folds them. */
  #identity(cash: string, orders: Iterable<LedgerOrder>): string | undefined {
    let expected = this.#startingCash;
    for (const order of orders)
      for (const { side, quantity, price, fee } of order.fills) {
        const value = multiplyDecimal(quantity, price);
        expected = side === 'sell' ? addDecimal(expected, value) : subtractDecimal(expected, value);
        expected = subtractDecimal(expected, fee);
      }
    if (compareDecimal(cash, expected) === 0) return undefined;
    return `cash ${cash} of a flat account, its fills make ${expected}`;
  }
}
