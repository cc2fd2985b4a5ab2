// OANDA v20 as a venue: forex on a practice or live account, stop and target attached to the entry at the venue.
// A 201 is not a fill, and it must never conclude anything from an answer that is not the documented one.
import type { BrokerPosition } from '../../../shared/bus/catalogue.ts';
import { type Instrument, instrumentFor } from '../../../shared/domain/instrument.ts';
import { addDecimal, compareDecimal, type DecimalText, isZeroDecimal } from '../../../shared/domain/money.ts';
import type { OrderQuestion, OrderRequest } from '../../../shared/domain/order.ts';
import { redactor } from '../shared/plain-text.ts';
import { RequestPacer } from '../shared/request-pacer.ts';
import { BrokerRefused, VenueFault } from '../shared/venue-fault.ts';
import { type AccountTruth, isOurId, type OrderTruth, type VenueLink } from '../shared/venue-link.ts';
import { OandaHttp } from './oanda-http.ts';
import { fillOf, orderBody, requestOf, stateOf } from './oanda-orders.ts';
import {
  cancelledSchema,
  createdSchema,
  fillSchema,
  instrumentsSchema,
  type OandaFill,
  type OandaOrder,
  type OandaTrade,
  orderAnswerSchema,
  ordersAnswerSchema,
  positionsSchema,
  summarySchema,
  tradesAnswerSchema,
  transactionAnswerSchema,
} from './oanda-schemas.ts';

const hosts = {
  practice: 'https://api-fxpractice.oanda.com',
  live: 'https://api-fxtrade.oanda.com',
} as const;
/** The venue grants 120 requests per second and account; prices share them. */
const requestsPerSecond = 60;
const requestBurst = 60;
/** The absence grace of trading is five seconds: an order must be dead on its way before that. */
const requestTimeoutMs = 4_000;
const maxWaitMs = 500;
/** Orders in one page, which is the most that the venue gives. */
const maxOpenOrders = 500;
const maxReasonLength = 80;

export interface OandaLinkOptions {
  readonly token: string;
  readonly account: string;
  readonly host: keyof typeof hosts;
  readonly symbols: readonly string[];
  readonly now: () => number;
  readonly baseUrl?: string;
  readonly timeoutMs?: number;
}

export interface OandaAccount {
  readonly balance: DecimalText;
  readonly instruments: readonly Instrument[];
}

export class OandaLink implements VenueLink {
  readonly name: string;
  readonly attachedBracket = true;
  readonly short = true;
  readonly #http: OandaHttp;
  readonly #account: string;
  readonly #options: OandaLinkOptions;
  readonly #symbols: ReadonlyMap<string, string>;

  /** Throws RangeError for a symbol that is no currency pair or metal. */
  constructor(options: OandaLinkOptions) {
    const { token, account, host, now } = options;
    this.name = host === 'live' ? 'oanda' : 'oanda-practice';
    this.#options = options;
    this.#account = `/v3/accounts/${encodeURIComponent(account)}`;
    this.#symbols = new Map(options.symbols.map((symbol) => [nameOf(symbol), symbol]));
    this.#http = new OandaHttp({
      baseUrl: options.baseUrl ?? hosts[host],
      token,
      timeoutMs: options.timeoutMs ?? requestTimeoutMs,
      maxWaitMs,
      redact: redactor([token, account]),
      pacer: new RequestPacer({ requestsPerSecond, burst: requestBurst, now, sleep }),
    });
  }

  /** Checks key, account and symbols. Throws BrokerRefused with the fix, or VenueFault when the venue does not answer. */
  async open(): Promise<OandaAccount> {
    const asked = await this.#http.ask('GET', `${this.#account}/summary`);
    if (asked.status >= 400)
      throw new BrokerRefused(
        `OANDA refuses this key or account: ${this.#http.refusal(asked).message}. Fix: check OANDA_API_KEY, OANDA_ACCOUNT_ID and ATO_OANDA_HOST (practice and live have different keys).`,
      );
    const { account } = this.#http.read(asked, summarySchema);
    if (account.id !== this.#options.account)
      throw new BrokerRefused('OANDA answered for another account than OANDA_ACCOUNT_ID.');
    if (account.currency !== 'USD')
      throw new BrokerRefused(
        `the OANDA account is kept in ${account.currency}, and this version keeps its books in US dollars only. Fix: use an account in USD.`,
      );
    if (account.hedgingEnabled === true)
      throw new BrokerRefused(
        'the OANDA account has hedging enabled, so that its positions do not net. Fix: use an account without hedging.',
      );
    return { balance: account.balance, instruments: await this.#instruments() };
  }

  async place(request: OrderRequest): Promise<OrderTruth> {
    const answer = await this.#http.ask('POST', `${this.#account}/orders`, {
      order: orderBody(request, nameOf(request.symbol)),
    });
    if (answer.status !== 201) {
      const refusal = this.#http.refusal(answer);
      // The venue has an order of this id already: which it is, only a question by id can tell.
      if (refusal.message.includes('ALREADY_EXISTS')) throw new VenueFault('unknown', refusal.message);
      throw refusal;
    }
    const { orderFillTransaction, orderCancelTransaction } = this.#http.read(answer, createdSchema);
    const fills = orderFillTransaction === undefined ? [] : [fillOf(orderFillTransaction, request)];
    const [fill] = fills;
    const filled_quantity = fill?.quantity ?? '0';
    if (orderCancelTransaction !== undefined) {
      // Ended by the venue in the same breath: it never worked.
      const state = fills.length === 0 ? 'rejected' : 'cancelled';
      return { request, state, filled_quantity, fills, reason: orderCancelTransaction.reason ?? 'cancelled' };
    }
    if (fill === undefined) return { request, state: 'accepted', filled_quantity, fills, reason: null };
    // What a reducing order could not fill is gone with it.
    const state = compareDecimal(filled_quantity, request.quantity) >= 0 ? 'filled' : 'cancelled';
    return { request, state, filled_quantity, fills, reason: null };
  }

  async cancel(clientOrderId: string): Promise<void> {
    const answer = await this.#http.ask(
      'PUT',
      `${this.#account}/orders/@${encodeURIComponent(clientOrderId)}/cancel`,
    );
    this.#http.read(answer, cancelledSchema);
  }

  async find(question: OrderQuestion): Promise<OrderTruth | undefined> {
    const path = `${this.#account}/orders/@${encodeURIComponent(question.client_order_id)}`;
    const answer = await this.#http.ask('GET', path);
    if (answer.status === 404) {
      const refusal = this.#http.refusal(answer);
      // Only the venue's own words are a no; a 404 of a proxy on the way is none.
      if (refusal.outcome === 'rejected' && /ORDER|order/.test(refusal.message)) return undefined;
      throw refusal;
    }
    const { order } = this.#http.read(answer, orderAnswerSchema);
    if (order.clientExtensions?.id !== question.client_order_id)
      throw new VenueFault('unknown', 'the venue answered for another order');
    return this.#truthOf(order, await this.#tradesOf([order]), question.symbol);
  }

  async openOrders(): Promise<readonly OrderTruth[]> {
    const orders: OandaOrder[] = [];
    for (let before: string | undefined; ; ) {
      const page = `state=PENDING&count=${maxOpenOrders}${before === undefined ? '' : `&beforeID=${before}`}`;
      const answer = await this.#http.get(`${this.#account}/orders?${page}`, ordersAnswerSchema);
      orders.push(...answer.orders);
      const last = answer.orders.at(-1);
      if (last === undefined || answer.orders.length < maxOpenOrders || last.id === before) break;
      before = last.id;
    }
    const ours = orders.filter((order) => isOurId(order.clientExtensions?.id));
    const trades = await this.#tradesOf(ours);
    return Promise.all(ours.map((order) => this.#truthOf(order, trades, undefined)));
  }

  async account(): Promise<AccountTruth> {
    const [summary, held] = await Promise.all([
      this.#http.get(`${this.#account}/summary`, summarySchema),
      this.#http.get(`${this.#account}/openPositions`, positionsSchema),
    ]);
    const positions: BrokerPosition[] = [];
    for (const { instrument, long, short } of held.positions) {
      const symbol = this.#symbols.get(instrument);
      const quantity = addDecimal(long.units, short.units);
      if (symbol === undefined || isZeroDecimal(quantity)) continue;
      const side = compareDecimal(quantity, '0') > 0 ? long : short;
      positions.push({ symbol, quantity, average_price: side.averagePrice ?? null });
    }
    return { cash: summary.account.balance, positions, unanswered: [] };
  }

  async close(): Promise<void> {}

  async #instruments(): Promise<readonly Instrument[]> {
    const names = [...this.#symbols.keys()].join(',');
    const answer = await this.#http.ask('GET', `${this.#account}/instruments?instruments=${names}`);
    if (answer.status >= 400)
      throw new BrokerRefused(
        `OANDA does not serve all of ${names} on this account: ${this.#http.refusal(answer).message}. Fix: correct ATO_UNIVERSE.`,
      );
    const { instruments } = this.#http.read(answer, instrumentsSchema);
    return [...this.#symbols].map(([name, symbol]) => {
      const found = instruments.find((instrument) => instrument.name === name);
      const known = instrumentFor(symbol);
      if (found === undefined || known === undefined)
        throw new BrokerRefused(`OANDA does not serve ${symbol} on this account. Fix: correct ATO_UNIVERSE.`);
      return {
        ...known,
        priceStep: stepOf(found.displayPrecision),
        quantityStep: stepOf(found.tradeUnitsPrecision),
        minimumQuantity: found.minimumTradeSize,
      };
    });
  }

  /** Open trades by id, asked for only when a leg needs them. */
  async #tradesOf(orders: readonly OandaOrder[]): Promise<ReadonlyMap<string, OandaTrade>> {
    const legs = orders.filter((order) => order.tradeID !== undefined && order.state === 'PENDING');
    if (legs.length === 0) return new Map();
    const { trades } = await this.#http.get(`${this.#account}/openTrades`, tradesAnswerSchema);
    return new Map(trades.map((trade) => [trade.id, trade]));
  }

  async #truthOf(
    order: OandaOrder,
    trades: ReadonlyMap<string, OandaTrade>,
    askedSymbol: string | undefined,
  ): Promise<OrderTruth> {
    const filling = order.fillingTransactionID;
    const fill = filling === undefined ? undefined : await this.#fill(filling);
    const trade = order.tradeID === undefined ? undefined : trades.get(order.tradeID);
    const symbolOf = (instrument: string) => this.#symbols.get(instrument);
    const request = requestOf(order, { fill, trade, symbolOf, askedSymbol });
    if (request === undefined)
      throw new VenueFault('unknown', `order ${order.clientExtensions?.id ?? order.id} is not readable`);
    const fills = fill === undefined ? [] : [fillOf(fill, request)];
    const filled_quantity = fills[0]?.quantity ?? '0';
    const state = stateOf(order, filled_quantity, request.quantity);
    const end = order.state === 'CANCELLED' ? order.cancellingTransactionID : undefined;
    const reason = end === undefined ? null : await this.#endReason(end);
    return { request, state, filled_quantity, fills, reason };
  }

  async #fill(id: string): Promise<OandaFill> {
    const parsed = fillSchema.safeParse(await this.#transaction(id));
    if (!parsed.success) throw new VenueFault('unknown', `transaction ${id} is not readable`);
    return parsed.data;
  }

  async #endReason(id: string): Promise<string> {
    const { reason } = await this.#transaction(id);
    return typeof reason === 'string' ? reason.slice(0, maxReasonLength) : 'cancelled';
  }

  async #transaction(id: string) {
    const path = `${this.#account}/transactions/${encodeURIComponent(id)}`;
    return (await this.#http.get(path, transactionAnswerSchema)).transaction;
  }
}

function nameOf(symbol: string): string {
  const instrument = instrumentFor(symbol);
  if (instrument?.assetClass !== 'forex')
    throw new RangeError(`OANDA: ${symbol} is no currency pair or metal`);
  return `${instrument.base}_${instrument.quote}`;
}

function stepOf(decimals: number): DecimalText {
  return decimals === 0 ? '1' : `0.${'0'.repeat(decimals - 1)}1`;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
