// A stand-in for Binance, spot and USDT perpetuals: signed requests, filters, error codes, orders, trades, conditional
// orders, in the venue's own words. It checks signature and receive window as the venue does.
import { createHmac } from 'node:crypto';
import { exchangeInfo } from './binance-exchange-info.ts';
import {
  type Order,
  orderOnWire,
  positionRiskOnWire,
  spotAccountOnWire,
  swapAccountOnWire,
  type Trade,
  tradeOnWire,
} from './binance-wire.ts';
import { type Answer, type Asked, FaultyServer } from './faulty-server.ts';

const feeRate = 0.001;
const brackets = [
  { bracket: 1, initialLeverage: 20, notionalCap: 50_000, notionalFloor: 0, maintMarginRatio: 0.01, cum: 0 },
];
const halfSpread = 0.0001;
const defaultReceiveWindowMs = 5_000;

export class BinanceVenue extends FaultyServer {
  readonly key = 'stand-in-key-0123456789abcdef';
  readonly secret = 'stand-in-secret-0123456789abcdef';
  readonly uid = 354937868;
  readonly kind: 'spot' | 'swap';
  readonly prices = new Map([
    ['BTCUSDT', 50_000],
    ['ETHUSDT', 2_000],
  ]);
  readonly balances = new Map([
    ['USDT', 10_000],
    ['BTC', 0],
    ['ETH', 0],
  ]);
  /** Signed size and cost per symbol, perpetuals only. */
  readonly positions = new Map<string, { size: number; entry: number }>();
  /** A market order fills only this much at once; the rest at the next price. */
  fillShare = 1;
  clockOffsetMs = 0;
  readonly #orders: Order[] = [];
  readonly #byClientId = new Map<string, Order>();
  readonly #trades: Trade[] = [];
  #lastId = 1_000;

  constructor(kind: 'spot' | 'swap') {
    super();
    this.kind = kind;
  }

  /** Sets the price and lets resting orders meet it. */
  move(symbol: string, price: number): void {
    this.prices.set(symbol, price);
    for (const order of this.#orders)
      if (isOpen(order) && order.symbol === symbol && this.#reached(order, price)) this.#execute(order, 1);
  }

  ordersOf(clientId: string): number {
    return this.#orders.filter((order) => order.clientId === clientId).length;
  }

  orderOf(clientId: string): Order | undefined {
    return this.#byClientId.get(clientId);
  }

  /** Resting limit orders far from the market, as a past of the account. */
  stock(count: number, idOf: (index: number) => string): void {
    for (let index = 0; index < count; index++)
      this.#add({
        clientId: idOf(index),
        symbol: 'BTCUSDT',
        side: 'BUY',
        type: 'LIMIT',
        quantity: 0.001,
        price: 10_000,
      });
  }

  protected answer(asked: Asked): Answer {
    const { method, path } = asked;
    const [, , , first = '', second] = path.split('/');
    const resource = second === undefined ? first : `${first}/${second}`;
    if (resource === 'exchangeInfo')
      return { status: 200, body: exchangeInfo(this.kind, [...this.prices.keys()]) };
    if (resource === 'time') return { status: 200, body: { serverTime: Date.now() + this.clockOffsetMs } };
    const params = new URLSearchParams([...asked.query, ...new URLSearchParams(asked.body)]);
    const refused = this.#refusal(asked, params);
    if (refused !== undefined) return refused;
    switch (`${method} ${resource}`) {
      case 'POST order':
      case 'POST algoOrder':
        return this.#create(params, resource === 'algoOrder');
      case 'POST order/cancelReplace':
        return this.#cancelReplace(params);
      case 'GET order':
      case 'GET algoOrder':
        return this.#one(params, resource === 'algoOrder');
      case 'DELETE order':
      case 'DELETE algoOrder':
        return this.#cancel(params, resource === 'algoOrder');
      case 'GET openOrders':
      case 'GET openAlgoOrders':
        return this.#open(params.get('symbol'), resource === 'openAlgoOrders');
      case 'GET myTrades':
      case 'GET userTrades':
        return this.#tradesOf(params);
      case 'GET account':
      case 'GET balance':
        return {
          status: 200,
          body:
            this.kind === 'spot'
              ? spotAccountOnWire(this.uid, this.balances, (symbol) => this.#locked(symbol))
              : swapAccountOnWire(this.#balance('USDT'), this.positions, this.prices),
        };
      case 'GET positionRisk':
        return { status: 200, body: positionRiskOnWire(this.positions, this.prices) };
      case 'GET leverageBracket':
        return { status: 200, body: [...this.prices.keys()].map((symbol) => ({ symbol, brackets })) };
      default:
        return { status: 404, body: { code: -5000, msg: `no such path: ${method} ${path}` } };
    }
  }

  #refusal({ query, body, headers }: Asked, params: URLSearchParams): Answer | undefined {
    if (headers['x-mbx-apikey'] !== this.key)
      return error(401, -2015, 'Invalid API-key, IP, or permissions for action.');
    const signature = params.get('signature');
    const signed = [query.toString(), body].filter((part) => part !== '').join('');
    const plain = decodeURIComponent(signed).replace(/&?signature=[0-9a-f]+$/, '');
    const expected = createHmac('sha256', this.secret).update(plain).digest('hex');
    if (signature !== expected) return error(400, -1022, 'Signature for this request is not valid.');
    const age = Date.now() + this.clockOffsetMs - Number(params.get('timestamp'));
    if (age > Number(params.get('recvWindow') ?? defaultReceiveWindowMs) || age < -1_000)
      return error(400, -1021, 'Timestamp for this request is outside of the recvWindow.');
    return undefined;
  }

  #create(params: URLSearchParams, conditional: boolean): Answer {
    const clientId = params.get('newClientOrderId') ?? params.get('clientAlgoId') ?? '';
    const known = this.#byClientId.get(clientId);
    // As the venue: an id is unique among open orders only.
    if (known !== undefined && isOpen(known)) return error(400, -2010, 'Duplicate order sent.');
    const symbol = params.get('symbol') ?? '';
    const quantity = Number(params.get('quantity'));
    const steps = Math.round(quantity / 0.00001);
    if (!(quantity > 0) || Math.abs(steps * 0.00001 - quantity) > 1e-9)
      return error(400, -1013, 'Filter failure: LOT_SIZE');
    const side = params.get('side') === 'SELL' ? 'SELL' : 'BUY';
    const price = Number(params.get('price') ?? 0);
    const stopPrice = Number(params.get('stopPrice') ?? params.get('triggerPrice') ?? 0);
    const reduceOnly = params.get('reduceOnly') === 'true';
    const type = params.get('type') ?? '';
    if (this.#lacks({ symbol, side, quantity, price, reduceOnly }))
      return error(400, -2010, 'Account has insufficient balance for requested action.');
    if (reduceOnly && !conditional && this.#reducible(symbol, side) === 0)
      return error(400, -2022, 'ReduceOnly Order is rejected.');
    const order = this.#add({
      clientId,
      symbol,
      side,
      type,
      quantity,
      price,
      stopPrice,
      reduceOnly,
      conditional,
    });
    if (this.#reached(order, this.prices.get(symbol) ?? 0)) this.#execute(order, this.fillShare);
    return { status: 200, body: orderOnWire(order, this.#trades) };
  }

  #add(
    made: Partial<Order> & Pick<Order, 'clientId' | 'symbol' | 'side' | 'type' | 'quantity' | 'price'>,
  ): Order {
    const order: Order = {
      stopPrice: 0,
      reduceOnly: false,
      conditional: false,
      ...made,
      orderId: ++this.#lastId,
      actualOrderId: undefined,
      status: 'NEW',
      executed: 0,
    };
    this.#orders.push(order);
    this.#byClientId.set(order.clientId, order);
    return order;
  }

  #one(params: URLSearchParams, conditional: boolean): Answer {
    const order = this.#named(params);
    if (order === undefined || order.conditional !== conditional)
      return error(400, -2013, 'Order does not exist.');
    return { status: 200, body: orderOnWire(order, this.#trades) };
  }

  #cancel(params: URLSearchParams, conditional: boolean): Answer {
    const order = this.#named(params);
    if (order === undefined || order.conditional !== conditional || !isOpen(order))
      return error(400, -2011, 'Unknown order sent.');
    order.status = 'CANCELED';
    return { status: 200, body: orderOnWire(order, this.#trades) };
  }

  /** As documented for cancelReplaceMode STOP_ON_FAILURE, the only one that the adapter may use. */
  #cancelReplace(params: URLSearchParams): Answer {
    if (params.get('cancelReplaceMode') !== 'STOP_ON_FAILURE') return error(400, -1102, 'cancelReplaceMode');
    const resting = this.#byClientId.get(params.get('cancelOrigClientOrderId') ?? '');
    if (resting === undefined || !isOpen(resting))
      return {
        status: 400,
        body: {
          code: -2022,
          msg: 'Order cancel-replace failed.',
          data: {
            cancelResult: 'FAILURE',
            newOrderResult: 'NOT_ATTEMPTED',
            cancelResponse: { code: -2011, msg: 'Unknown order sent.' },
            newOrderResponse: null,
          },
        },
      };
    resting.status = 'CANCELED';
    const made = this.#create(params, false);
    const cancelResponse = orderOnWire(resting, this.#trades);
    if (made.status === 200)
      return {
        status: 200,
        body: {
          cancelResult: 'SUCCESS',
          newOrderResult: 'SUCCESS',
          cancelResponse,
          newOrderResponse: made.body,
        },
      };
    const data = {
      cancelResult: 'SUCCESS',
      newOrderResult: 'FAILURE',
      cancelResponse,
      newOrderResponse: made.body,
    };
    return { status: 409, body: { code: -2021, msg: 'Order cancel-replace partially failed.', data } };
  }

  #named(params: URLSearchParams): Order | undefined {
    const clientId = params.get('origClientOrderId') ?? params.get('clientAlgoId');
    if (clientId !== null) return this.#byClientId.get(clientId);
    const id = Number(params.get('orderId') ?? params.get('algoId'));
    return this.#orders.find((order) => order.orderId === id);
  }

  #open(symbol: string | null, conditional: boolean): Answer {
    const open = this.#orders.filter(
      (order) =>
        isOpen(order) && order.conditional === conditional && (symbol === null || order.symbol === symbol),
    );
    return { status: 200, body: open.map((order) => orderOnWire(order, this.#trades)) };
  }

  #tradesOf(params: URLSearchParams): Answer {
    const orderId = Number(params.get('orderId'));
    const trades = this.#trades.filter(
      ({ order }) => order.symbol === params.get('symbol') && (!(orderId > 0) || order.orderId === orderId),
    );
    return { status: 200, body: trades.map(tradeOnWire) };
  }

  /** What the account lacks for the order: quote for a purchase, base that no resting sale locks for a sale. */
  #lacks({
    symbol,
    side,
    quantity,
    price,
    reduceOnly,
  }: Pick<Order, 'symbol' | 'side' | 'quantity' | 'price' | 'reduceOnly'>): boolean {
    const at = price > 0 ? price : (this.prices.get(symbol) ?? 0);
    if (this.kind === 'swap') return !reduceOnly && quantity * at > this.#balance('USDT') * 20;
    if (side === 'BUY') return quantity * at > this.#balance('USDT');
    return quantity > this.#balance(baseOf(symbol)) - this.#locked(symbol) + 1e-9;
  }

  #locked(symbol: string): number {
    let locked = 0;
    for (const order of this.#orders)
      if (isOpen(order) && order.symbol === symbol && order.side === 'SELL')
        locked += order.quantity - order.executed;
    return locked;
  }

  #reducible(symbol: string, side: 'BUY' | 'SELL'): number {
    const size = this.positions.get(symbol)?.size ?? 0;
    return side === 'SELL' ? Math.max(0, size) : Math.max(0, -size);
  }

  #reached(order: Order, price: number): boolean {
    const { type, side } = order;
    if (type === 'MARKET' || order.executed > 0) return true;
    if (type === 'LIMIT') return side === 'BUY' ? price <= order.price : price >= order.price;
    return side === 'SELL' ? price <= order.stopPrice : price >= order.stopPrice;
  }

  #execute(order: Order, share: number): void {
    const wanted = (order.quantity - order.executed) * share;
    const most = order.reduceOnly ? Math.min(wanted, this.#reducible(order.symbol, order.side)) : wanted;
    const target = order.conditional ? this.#become(order) : order;
    if (most <= 0) {
      target.status = 'EXPIRED';
      return;
    }
    const market = this.prices.get(order.symbol) ?? 0;
    const price =
      order.type === 'LIMIT' ? order.price : market * (1 + (order.side === 'BUY' ? halfSpread : -halfSpread));
    const quantity = Number(most.toFixed(8));
    target.executed = Number((target.executed + quantity).toFixed(8));
    target.status = target.executed >= target.quantity ? 'FILLED' : 'PARTIALLY_FILLED';
    // A reducing market order that found less to reduce ends short.
    if (target.status === 'PARTIALLY_FILLED' && most < wanted) target.status = 'EXPIRED';
    this.#settle(target, quantity, price);
  }

  #become(order: Order): Order {
    const { symbol, side, quantity, reduceOnly } = order;
    const actual = this.#add({
      clientId: `algo-${order.orderId}`,
      symbol,
      side,
      type: 'MARKET',
      quantity,
      price: 0,
      reduceOnly,
    });
    order.actualOrderId = actual.orderId;
    order.status = 'FINISHED';
    return actual;
  }

  #settle(order: Order, quantity: number, price: number): void {
    const buying = order.side === 'BUY';
    const base = baseOf(order.symbol);
    const inBase = this.kind === 'spot' && buying;
    const commission = Number((inBase ? quantity * feeRate : quantity * price * feeRate).toFixed(8));
    const commissionAsset = inBase ? base : 'USDT';
    const trade = {
      id: ++this.#lastId,
      order,
      quantity,
      price,
      commission,
      commissionAsset,
      time: Date.now(),
    };
    this.#trades.push(trade);
    if (this.kind === 'spot') {
      this.#change('USDT', buying ? -quantity * price : quantity * price - commission);
      this.#change(base, buying ? quantity - commission : -quantity);
      return;
    }
    const held = this.positions.get(order.symbol) ?? { size: 0, entry: 0 };
    const signed = buying ? quantity : -quantity;
    const reduces = held.size !== 0 && Math.sign(held.size) !== Math.sign(signed);
    const size = Number((held.size + signed).toFixed(8));
    const realised = reduces ? -signed * (price - held.entry) : 0;
    const entry = reduces
      ? held.entry
      : (held.entry * Math.abs(held.size) + price * quantity) / Math.abs(size);
    this.positions.set(order.symbol, { size, entry });
    this.#change('USDT', realised - commission);
  }

  #balance(asset: string): number {
    return this.balances.get(asset) ?? 0;
  }

  #change(asset: string, by: number): void {
    this.balances.set(asset, Number((this.#balance(asset) + by).toFixed(8)));
  }
}

function isOpen(order: Order): boolean {
  return order.status === 'NEW' || order.status === 'PARTIALLY_FILLED';
}

function baseOf(symbol: string): string {
  return symbol.slice(0, -'USDT'.length);
}

function error(status: number, code: number, msg: string): Answer {
  return { status, body: { code, msg } };
}
