// Between our orders and OANDA's: units are signed, legs are orders attached to a trade. Pure; it guesses no amount.
import type { BrokerOrder } from '../../../shared/bus/catalogue.ts';
import {
  compareDecimal,
  type DecimalText,
  divideDecimal,
  isZeroDecimal,
  negateDecimal,
  roundToStep,
} from '../../../shared/domain/money.ts';
import type { Fill, OrderLeg, OrderRequest, OrderType } from '../../../shared/domain/order.ts';
import type { OandaFill, OandaOrder, OandaTrade } from './oanda-schemas.ts';

const tag = 'ato';
const rateStep = '0.000000000001';

/** The `order` object of POST /orders. */
export function orderBody(request: OrderRequest, instrument: string): Readonly<Record<string, unknown>> {
  const { client_order_id, side, type, quantity, price, reduce_only, bracket } = request;
  const clientExtensions = { id: client_order_id, tag };
  const common = {
    instrument,
    units: side === 'buy' ? quantity : negateDecimal(quantity),
    positionFill: reduce_only ? 'REDUCE_ONLY' : 'DEFAULT',
    clientExtensions,
    ...(reduce_only ? {} : { tradeClientExtensions: { tag } }),
    ...(bracket === null
      ? {}
      : {
          stopLossOnFill: {
            price: bracket.stop_price,
            timeInForce: 'GTC',
            clientExtensions: { id: bracket.stop_client_order_id, tag },
          },
          takeProfitOnFill: {
            price: bracket.target_price,
            timeInForce: 'GTC',
            clientExtensions: { id: bracket.target_client_order_id, tag },
          },
        }),
  };
  switch (type) {
    case 'market':
      return { type: 'MARKET', timeInForce: 'FOK', ...common };
    case 'limit':
      return { type: 'LIMIT', timeInForce: 'GTC', price, ...common };
    case 'stop':
      return { type: 'STOP', timeInForce: 'GTC', price, ...common };
  }
}

const typeOf: Readonly<Record<string, OrderType>> = {
  MARKET: 'market',
  LIMIT: 'limit',
  STOP: 'stop',
  STOP_LOSS: 'stop',
  TAKE_PROFIT: 'limit',
};

/** What else the venue knows of an order: its fill, the trade it is attached to, and the symbol that we asked about. */
export interface OrderContext {
  readonly fill: OandaFill | undefined;
  readonly trade: OandaTrade | undefined;
  readonly symbolOf: (instrument: string) => string | undefined;
  readonly askedSymbol: string | undefined;
}

/**
 * Our request as the venue remembers it; undefined when the order cannot be read. Legs carry neither instrument nor units:
 * they are as large as their trade. One that ended together with its trade is told with size 0, which nobody takes over.
 */
export function requestOf(order: OandaOrder, context: OrderContext): OrderRequest | undefined {
  const { fill, trade, symbolOf, askedSymbol } = context;
  const type = typeOf[order.type];
  const attached = order.type === 'STOP_LOSS' || order.type === 'TAKE_PROFIT';
  const closing = trade === undefined ? undefined : negateDecimal(trade.currentUnits);
  const ended = order.state === 'CANCELLED' && attached ? '0' : undefined;
  const size = order.units ?? fill?.units ?? closing ?? ended;
  const instrument = order.instrument ?? fill?.instrument ?? trade?.instrument;
  const symbol = instrument === undefined ? askedSymbol : symbolOf(instrument);
  const id = order.clientExtensions?.id;
  if (type === undefined || size === undefined || symbol === undefined || id === undefined) return undefined;
  if (type !== 'market' && order.price === undefined) return undefined;
  const reduce_only = attached || order.positionFill === 'REDUCE_ONLY';
  return {
    client_order_id: id,
    symbol,
    side: compareDecimal(size, '0') < 0 ? 'sell' : 'buy',
    type,
    leg: legOf(type, reduce_only),
    quantity: absolute(size),
    price: type === 'market' ? null : (order.price ?? null),
    reduce_only,
    bracket: null,
  };
}

function legOf(type: OrderType, reduceOnly: boolean): OrderLeg {
  if (!reduceOnly) return 'entry';
  return type === 'market' ? 'exit' : type === 'stop' ? 'stop' : 'target';
}

export function stateOf(order: OandaOrder, filled: DecimalText, quantity: DecimalText): BrokerOrder['state'] {
  switch (order.state) {
    case 'PENDING':
      return 'accepted';
    case 'CANCELLED':
      return 'cancelled';
    case 'TRIGGERED':
      // A stop whose fill the venue has not written yet.
      if (isZeroDecimal(filled)) return 'accepted';
  }
  // FILLED is an end: what a reducing order could not fill any more is gone.
  return compareDecimal(filled, quantity) >= 0 ? 'filled' : 'cancelled';
}

/**
 * One fill transaction in our words. The venue's spread is in its price; a commission is in account currency.
 * Throws RangeError when nothing tells the rate into dollars: a profit in yen booked as dollars would be worse.
 */
export function fillOf(fill: OandaFill, request: OrderRequest): Fill {
  const rate = accountRateOf(fill);
  const commission = absolute(fill.commission ?? '0');
  return {
    id: `oanda-${fill.id}`,
    client_order_id: request.client_order_id,
    symbol: request.symbol,
    side: compareDecimal(fill.units, '0') < 0 ? 'sell' : 'buy',
    quantity: absolute(fill.units),
    price: fill.price,
    fee: rate === undefined ? commission : roundToStep(divideDecimal(commission, rate), rateStep),
    liquidity: 'taker',
    at: fill.time,
    ...(rate === undefined ? {} : { account_rate: rate }),
  };
}

/** Dollars per unit of the quote currency; undefined when that is the dollar. */
function accountRateOf(fill: OandaFill): DecimalText | undefined {
  const [base, quote] = fill.instrument.split('_');
  if (quote === 'USD') return undefined;
  const told = fill.gainQuoteHomeConversionFactor ?? fill.homeConversionFactors?.gainQuoteHome?.factor;
  if (told !== undefined && compareDecimal(told, '0') > 0) return told;
  if (base === 'USD') return roundToStep(divideDecimal('1', fill.price), rateStep);
  throw new RangeError(`no rate of ${quote} into dollars in fill ${fill.id}`);
}

function absolute(value: DecimalText): DecimalText {
  return compareDecimal(value, '0') < 0 ? negateDecimal(value) : value;
}
