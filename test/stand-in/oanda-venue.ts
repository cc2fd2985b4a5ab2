// A stand-in for OANDA's v20 REST API: orders, dependent orders of a trade, transactions, positions, in the venue's own
// words. One instrument price at a time; a market order fills at once, as there.
import { type Answer, type Asked, FaultyServer } from './faulty-server.ts';

interface Order {
  id: string;
  type: string;
  state: 'PENDING' | 'FILLED' | 'CANCELLED';
  instrument: string;
  units: number;
  price: number | undefined;
  reduceOnly: boolean;
  clientId: string | undefined;
  tradeID: string | undefined;
  fillingTransactionID: string | undefined;
  cancellingTransactionID: string | undefined;
  onFill: { stop: Leg | undefined; target: Leg | undefined };
}
interface Leg {
  readonly price: string;
  readonly clientExtensions?: { readonly id: string };
}
interface Trade {
  readonly id: string;
  readonly instrument: string;
  units: number;
  readonly price: number;
}

const startingBalance = 10_000;
const maxUnits = 100_000;
const halfSpread = 0.0001;

export class OandaVenue extends FaultyServer {
  readonly token = 'practice-token-0123456789abcdef';
  readonly account = '101-001-1234567-001';
  readonly prices = new Map<string, number>([
    ['EUR_USD', 1.25],
    ['USD_JPY', 150],
  ]);
  currency = 'USD';
  balance = startingBalance;
  /** Set to make the venue cancel the next market order instead of filling it, with this reason. */
  cancelReason: string | undefined;
  readonly #orders = new Map<string, Order>();
  readonly #trades = new Map<string, Trade>();
  readonly #transactions = new Map<string, Record<string, unknown>>();
  #lastId = 100;

  /** Sets the price and lets resting orders meet it. */
  move(instrument: string, price: number): void {
    this.prices.set(instrument, price);
    for (const order of [...this.#orders.values()])
      if (order.state === 'PENDING' && order.instrument === instrument && this.#reached(order, price))
        this.#fill(order);
  }

  orderOf(clientId: string): Order | undefined {
    return [...this.#orders.values()].findLast((order) => order.clientId === clientId);
  }

  ordersOf(clientId: string): number {
    return [...this.#orders.values()].filter((order) => order.clientId === clientId).length;
  }

  /** Resting limit orders far from the market, as a past of the account. */
  stock(count: number, idOf: (index: number) => string): void {
    for (let index = 0; index < count; index++) {
      const id = this.#nextId();
      this.#orders.set(id, {
        id,
        type: 'LIMIT',
        state: 'PENDING',
        instrument: 'EUR_USD',
        units: 100,
        price: 1,
        reduceOnly: false,
        clientId: idOf(index),
        tradeID: undefined,
        fillingTransactionID: undefined,
        cancellingTransactionID: undefined,
        onFill: { stop: undefined, target: undefined },
      });
    }
  }

  unitsOf(instrument: string): number {
    let units = 0;
    for (const trade of this.#trades.values()) if (trade.instrument === instrument) units += trade.units;
    return units;
  }

  protected answer(asked: Asked): Answer {
    const { method, path, headers } = asked;
    if (headers.authorization !== `Bearer ${this.token}`)
      return refused(401, 'Insufficient authorization to perform request.');
    const base = `/v3/accounts/${this.account}`;
    if (!path.startsWith(base))
      return refused(404, 'The account specified does not exist', 'NO_SUCH_ACCOUNT');
    const [resource = '', specifier = '', action = ''] = path.slice(base.length + 1).split('/');
    const route = `${method} ${resource}${specifier === '' ? '' : '/:id'}${action === '' ? '' : `/${action}`}`;
    switch (route) {
      case 'GET summary':
        return ok({ account: this.#summary(), lastTransactionID: String(this.#lastId) });
      case 'GET instruments':
        return this.#instruments(asked);
      case 'GET openPositions':
        return ok({ positions: this.#positions(), lastTransactionID: String(this.#lastId) });
      case 'GET openTrades':
        return ok({ trades: [...this.#trades.values()].map(tradeOf) });
      case 'GET orders':
        return this.#page(asked);
      case 'POST orders':
        return this.#create(JSON.parse(asked.body) as { order: Record<string, unknown> });
      case 'GET orders/:id':
        return this.#one(decodeURIComponent(specifier));
      case 'PUT orders/:id/cancel':
        return this.#cancel(decodeURIComponent(specifier));
      case 'GET transactions/:id': {
        const transaction = this.#transactions.get(specifier);
        return transaction === undefined ? refused(404, 'No such transaction') : ok({ transaction });
      }
      default:
        return refused(404, `no such path: ${route}`);
    }
  }

  #summary() {
    return {
      id: this.account,
      currency: this.currency,
      balance: this.balance.toFixed(4),
      NAV: this.balance.toFixed(4),
      hedgingEnabled: false,
      openTradeCount: this.#trades.size,
    };
  }

  #instruments({ query }: Asked): Answer {
    const names = (query.get('instruments') ?? '').split(',').filter((name) => name !== '');
    const unknown = names.find((name) => !this.prices.has(name));
    if (unknown !== undefined)
      return refused(400, `Invalid value specified for 'instruments': ${unknown}`, 'INVALID_INSTRUMENT');
    return ok({
      instruments: names.map((name) => ({
        name,
        type: 'CURRENCY',
        displayName: name.replace('_', '/'),
        pipLocation: name.endsWith('JPY') ? -2 : -4,
        displayPrecision: name.endsWith('JPY') ? 3 : 5,
        tradeUnitsPrecision: 0,
        minimumTradeSize: '1',
        maximumOrderUnits: '100000000',
      })),
    });
  }

  #positions() {
    return [...this.prices.keys()].flatMap((instrument) => {
      const trades = [...this.#trades.values()].filter((trade) => trade.instrument === instrument);
      if (trades.length === 0) return [];
      const units = trades.reduce((sum, trade) => sum + trade.units, 0);
      const value = trades.reduce((sum, trade) => sum + trade.units * trade.price, 0);
      const held = { units: String(units), averagePrice: (value / units).toFixed(5) };
      const none = { units: '0' };
      return [{ instrument, long: units > 0 ? held : none, short: units < 0 ? held : none }];
    });
  }

  #page({ query }: Asked): Answer {
    const before = Number(query.get('beforeID') ?? Number.POSITIVE_INFINITY);
    const count = Number(query.get('count') ?? 50);
    const orders = [...this.#orders.values()]
      .filter((order) => order.state === 'PENDING' && Number(order.id) < before)
      .sort((left, right) => Number(right.id) - Number(left.id));
    return ok({ orders: orders.slice(0, count).map(wireOf) });
  }

  #create({ order }: { order: Record<string, unknown> }): Answer {
    const clientId = (order.clientExtensions as { id?: string } | undefined)?.id;
    const units = Number(order.units);
    const alive = clientId !== undefined && this.orderOf(clientId)?.state === 'PENDING';
    if (alive) return rejected('CLIENT_ORDER_ID_ALREADY_EXISTS');
    if (!Number.isInteger(units)) return rejected('UNITS_PRECISION_EXCEEDED');
    if (Math.abs(units) > maxUnits) return rejected('UNITS_LIMIT_EXCEEDED');
    const made: Order = {
      id: this.#nextId(),
      type: String(order.type),
      state: 'PENDING',
      instrument: String(order.instrument),
      units,
      price: order.price === undefined || order.price === null ? undefined : Number(order.price),
      reduceOnly: order.positionFill === 'REDUCE_ONLY',
      clientId,
      tradeID: undefined,
      fillingTransactionID: undefined,
      cancellingTransactionID: undefined,
      onFill: {
        stop: order.stopLossOnFill as Leg | undefined,
        target: order.takeProfitOnFill as Leg | undefined,
      },
    };
    this.#orders.set(made.id, made);
    const answer: Record<string, unknown> = {
      orderCreateTransaction: { id: made.id, type: `${made.type}_ORDER` },
    };
    if (made.type === 'MARKET') {
      const reason =
        this.cancelReason ?? (this.#nothingToReduce(made) ? 'POSITION_NOT_REDUCIBLE' : undefined);
      this.cancelReason = undefined;
      if (reason === undefined) answer.orderFillTransaction = this.#fill(made);
      else answer.orderCancelTransaction = this.#end(made, reason);
    } else if (this.#reached(made, this.prices.get(made.instrument) ?? 0)) {
      answer.orderFillTransaction = this.#fill(made);
    }
    return { status: 201, body: { ...answer, lastTransactionID: String(this.#lastId) } };
  }

  #one(specifier: string): Answer {
    const order = specifier.startsWith('@') ? this.orderOf(specifier.slice(1)) : this.#orders.get(specifier);
    if (order === undefined) return refused(404, 'The order ID specified does not exist', 'NO_SUCH_ORDER');
    return ok({ order: wireOf(order), lastTransactionID: String(this.#lastId) });
  }

  #cancel(specifier: string): Answer {
    const order = specifier.startsWith('@') ? this.orderOf(specifier.slice(1)) : this.#orders.get(specifier);
    if (order === undefined || order.state !== 'PENDING')
      return {
        status: 404,
        body: {
          orderCancelRejectTransaction: {},
          errorCode: 'ORDER_DOESNT_EXIST',
          errorMessage: 'The Order specified does not exist',
        },
      };
    return ok({ orderCancelTransaction: this.#end(order, 'CLIENT_REQUEST') });
  }

  #nothingToReduce(order: Order): boolean {
    return order.reduceOnly && this.unitsOf(order.instrument) * order.units >= 0;
  }

  #reached(order: Order, price: number): boolean {
    const { type, units, price: level = 0 } = order;
    if (type === 'MARKET') return true;
    const buying = units > 0;
    const below = type === 'LIMIT' || type === 'TAKE_PROFIT' ? buying : !buying;
    return below ? price <= level : price >= level;
  }

  #fill(order: Order) {
    const held = this.unitsOf(order.instrument);
    const most = order.reduceOnly ? Math.min(Math.abs(order.units), Math.abs(held)) : Math.abs(order.units);
    const units = Math.sign(order.units) * most;
    if (units === 0) return this.#end(order, 'POSITION_NOT_REDUCIBLE');
    const middle = this.prices.get(order.instrument) ?? 0;
    const price = Number((middle * (1 + Math.sign(units) * halfSpread)).toFixed(5));
    const id = this.#nextId();
    order.state = 'FILLED';
    order.fillingTransactionID = id;
    const transaction = {
      id,
      type: 'ORDER_FILL',
      orderID: order.id,
      clientOrderID: order.clientId,
      instrument: order.instrument,
      units: String(units),
      price: price.toFixed(5),
      commission: '0.0000',
      time: new Date().toISOString(),
      reason: `${order.type}_ORDER`,
      ...(order.instrument.endsWith('_USD') ? {} : { gainQuoteHomeConversionFactor: (1 / price).toFixed(8) }),
    };
    this.#transactions.set(id, transaction);
    this.#book(order, units, price);
    return transaction;
  }

  /** Closes the oldest trades first, then opens one with what is left. */
  #book(order: Order, units: number, price: number): void {
    let left = units;
    for (const trade of [...this.#trades.values()]) {
      if (trade.instrument !== order.instrument || Math.sign(trade.units) === Math.sign(left) || left === 0)
        continue;
      const closed = Math.min(Math.abs(left), Math.abs(trade.units)) * Math.sign(trade.units);
      const rate = order.instrument.endsWith('_USD') ? 1 : 1 / price;
      this.balance += closed * (price - trade.price) * rate;
      trade.units -= closed;
      left += closed;
      if (trade.units === 0) this.#closeTrade(trade);
    }
    if (left === 0) return;
    const trade: Trade = { id: this.#nextId(), instrument: order.instrument, units: left, price };
    this.#trades.set(trade.id, trade);
    this.#attach(trade, 'STOP_LOSS', order.onFill.stop);
    this.#attach(trade, 'TAKE_PROFIT', order.onFill.target);
  }

  #closeTrade(trade: Trade): void {
    this.#trades.delete(trade.id);
    for (const order of this.#orders.values())
      if (order.tradeID === trade.id && order.state === 'PENDING') this.#end(order, 'LINKED_TRADE_CLOSED');
  }

  #attach(trade: Trade, type: string, leg: Leg | undefined): void {
    if (leg === undefined) return;
    const id = this.#nextId();
    this.#orders.set(id, {
      id,
      type,
      state: 'PENDING',
      instrument: trade.instrument,
      units: -trade.units,
      price: Number(leg.price),
      reduceOnly: true,
      clientId: leg.clientExtensions?.id,
      tradeID: trade.id,
      fillingTransactionID: undefined,
      cancellingTransactionID: undefined,
      onFill: { stop: undefined, target: undefined },
    });
  }

  #end(order: Order, reason: string) {
    const id = this.#nextId();
    order.state = 'CANCELLED';
    order.cancellingTransactionID = id;
    const transaction = { id, type: 'ORDER_CANCEL', orderID: order.id, reason };
    this.#transactions.set(id, transaction);
    return transaction;
  }

  #nextId(): string {
    this.#lastId++;
    return String(this.#lastId);
  }
}

function wireOf(order: Order): Record<string, unknown> {
  const attached = order.tradeID !== undefined;
  return {
    id: order.id,
    type: order.type,
    state: order.state,
    ...(attached
      ? { tradeID: order.tradeID }
      : {
          instrument: order.instrument,
          units: String(order.units),
          positionFill: order.reduceOnly ? 'REDUCE_ONLY' : 'DEFAULT',
        }),
    ...(order.price === undefined ? {} : { price: String(order.price) }),
    ...(order.clientId === undefined ? {} : { clientExtensions: { id: order.clientId, tag: 'ato' } }),
    ...(order.fillingTransactionID === undefined ? {} : { fillingTransactionID: order.fillingTransactionID }),
    ...(order.cancellingTransactionID === undefined
      ? {}
      : { cancellingTransactionID: order.cancellingTransactionID }),
  };
}

function tradeOf(trade: Trade) {
  const { id, instrument, units, price } = trade;
  return { id, instrument, currentUnits: String(units), price: String(price), state: 'OPEN' };
}

function ok(body: unknown): Answer {
  return { status: 200, body };
}

function refused(status: number, errorMessage: string, errorCode?: string): Answer {
  return { status, body: errorCode === undefined ? { errorMessage } : { errorCode, errorMessage } };
}

function rejected(rejectReason: string): Answer {
  return {
    status: 400,
    body: { orderRejectTransaction: { rejectReason }, errorCode: rejectReason, errorMessage: rejectReason },
  };
}
