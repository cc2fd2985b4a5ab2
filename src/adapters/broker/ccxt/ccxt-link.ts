// Any exchange that ccxt knows, as a venue: spot, or linear perpetuals. Orders carry our ids and are asked for by them.
// It must never send twice, never sell on spot what the account does not hold, and never show a key.
import type { Instrument } from '../../../shared/domain/instrument.ts';
import {
  addDecimal,
  compareDecimal,
  type DecimalText,
  floorToStep,
  isZeroDecimal,
  minimumDecimal,
  subtractDecimal,
} from '../../../shared/domain/money.ts';
import type { Fill, OrderQuestion, OrderRequest } from '../../../shared/domain/order.ts';
import { type Redact, redactor } from '../shared/plain-text.ts';
import type { RequestPacer } from '../shared/request-pacer.ts';
import { BrokerRefused, VenueFault } from '../shared/venue-fault.ts';
import { type AccountTruth, isOurId, type OrderTruth, type VenueLink } from '../shared/venue-link.ts';
import { balanceSchema, settledBalance, spotTruth, swapTruth } from './ccxt-account.ts';
import { type CcxtCredentials, type CcxtExchange, openExchange, traced } from './ccxt-exchange.ts';
import { faultOf, isClockFault, replaceFault, saysNoSuchOrder } from './ccxt-faults.ts';
import { canBeAskedById, ourIdOf, venueIdOf } from './ccxt-ids.ts';
import { fromContracts, isPerpetual, marketsOf, toContracts, type VenueMarket } from './ccxt-markets.ts';
import {
  type CcxtOrder,
  fillOf,
  orderSchema,
  requestOf,
  stateOf,
  sumOf,
  tradesSchema,
} from './ccxt-orders.ts';

/** The absence grace of trading is five seconds: an order must be dead on its way before that. */
const requestTimeoutMs = 4_000;
const maxOrderWaitMs = 500;
const maxQuestionWaitMs = 4_000;
const maxTradesPerOrder = 500;
/** Exchanges that put one order in the place of another in a single step on spot, as ccxt's `editOrder` asks them to. */
const replacing: ReadonlySet<string> = new Set(['binance']);
/** How far beyond its trigger a stop may fill where the venue has only stops with a limit. */
const stopLimitReach = 0.05;

export interface CcxtLinkOptions {
  readonly exchange: string;
  readonly credentials: CcxtCredentials;
  /** Compared with the account that the venue names, where it names one. */
  readonly account: string;
  readonly sandbox: boolean;
  readonly symbols: readonly string[];
  readonly now: () => number;
  readonly baseUrl?: string;
  readonly timeoutMs?: number;
}

/** An order in ccxt's words. */
interface Wording {
  readonly type: string;
  readonly price: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
}

/** What can be sold, and the resting sale of ours that must give way in the same step. */
interface Sale {
  readonly quantity: DecimalText;
  readonly instead: string | undefined;
}

export interface CcxtAccount {
  /** In the quote currency of the symbols. */
  readonly balance: DecimalText;
  readonly instruments: readonly Instrument[];
}

export class CcxtLink implements VenueLink {
  readonly name: string;
  readonly attachedBracket = false;
  readonly short: boolean;
  readonly #exchange: CcxtExchange;
  readonly #pacer: RequestPacer;
  readonly #options: CcxtLinkOptions;
  readonly #redact: Redact;
  #markets: ReadonlyMap<string, VenueMarket> = new Map();
  readonly #spot: boolean;

  private constructor(options: CcxtLinkOptions, exchange: CcxtExchange, pacer: RequestPacer) {
    const { apiKey, secret, password } = options.credentials;
    this.#spot = !options.symbols.some(isPerpetual);
    this.name = `${options.exchange}${options.sandbox ? '-testnet' : ''}`;
    this.short = !this.#spot;
    this.#options = options;
    this.#exchange = exchange;
    this.#pacer = pacer;
    this.#redact = redactor([apiKey, secret, password]);
  }

  /** Throws BrokerRefused when the exchange cannot be used safely; nothing is asked over the network yet. */
  static async prepare(options: CcxtLinkOptions): Promise<CcxtLink> {
    const { credentials, sandbox, now, baseUrl } = options;
    const kind = options.symbols.some(isPerpetual) ? 'swap' : 'spot';
    const { exchange, pacer } = await openExchange({
      exchange: options.exchange,
      credentials,
      sandbox,
      kind,
      now,
      timeoutMs: options.timeoutMs ?? requestTimeoutMs,
      ...(baseUrl === undefined ? {} : { baseUrl }),
    });
    const needed = [
      'createOrder',
      'cancelOrder',
      'fetchOrder',
      'fetchOpenOrders',
      'fetchMyTrades',
      'fetchBalance',
    ];
    const lacking = needed.filter((method) => exchange.has[method] !== true);
    if (lacking.length > 0 || !canBeAskedById(options.exchange))
      throw new BrokerRefused(
        `${options.exchange} cannot be asked by our own id what became of an order${lacking.length > 0 ? ` (ccxt has no ${lacking.join(', ')} for it)` : ''}, so it is not traded on. Fix: choose another ATO_CCXT_EXCHANGE, such as binance or okx.`,
      );
    if (exchange.requiredCredentials.password === true && credentials.password === undefined)
      throw new BrokerRefused(`${options.exchange} needs CCXT_API_PASSPHRASE beside key and secret.`);
    return new CcxtLink(options, exchange, pacer);
  }

  /** Loads the venue's rules and checks key and account. Throws BrokerRefused with the fix, or VenueFault. */
  async open(): Promise<CcxtAccount> {
    await this.#ask(() => this.#exchange.loadMarkets());
    this.#markets = marketsOf(this.#exchange, this.#options.symbols);
    const balance = await this.#balance();
    const { uid } = balance.info ?? {};
    if (uid !== undefined && uid !== null && String(uid) !== this.#options.account)
      throw new BrokerRefused(
        `${this.#options.exchange} says that this key belongs to another account than CCXT_ACCOUNT_ID. Fix: correct CCXT_ACCOUNT_ID and LIVE_TRADING_CONFIRM, or the key.`,
      );
    const [market] = this.#markets.values();
    const quote = market?.quote ?? 'USDT';
    return {
      balance: settledBalance(balance, quote) ?? '0',
      instruments: [...this.#markets.values()].map(({ instrument }) => instrument),
    };
  }

  async place(request: OrderRequest): Promise<OrderTruth> {
    const market = this.#marketOf(request.symbol);
    const { quantity, instead } = await this.#sendable(request, market);
    const { type, price, params } = this.#wording(request, market);
    const contracts = toContracts(market, quantity);
    const answer =
      instead === undefined
        ? await this.#call(maxOrderWaitMs, () =>
            this.#exchange.createOrder(market.market, type, request.side, contracts, price, params),
          )
        : await this.#replace(instead, request, market, { type, price, params, contracts });
    const order = this.#readOrder(answer);
    const truth = await this.#truthOf(order, market, request.client_order_id).catch(() => undefined);
    // The order stands, though its fills could not be read just now; the next look brings them.
    if (truth === undefined)
      return { request, state: 'accepted', filled_quantity: '0', fills: [], reason: null };
    const short = truth.state === 'filled' && compareDecimal(truth.filled_quantity, request.quantity) < 0;
    return {
      ...truth,
      request,
      ...(short ? { state: 'cancelled', reason: 'there was no more to reduce' } : {}),
    };
  }

  async cancel(clientOrderId: string, symbol: string): Promise<void> {
    const market = this.#marketOf(symbol);
    const params = { clientOrderId: this.#idThere(clientOrderId) };
    const plain = await this.#cancelOnce(market, params);
    if (plain === undefined) return;
    if (!market.swap) throw plain;
    const conditional = await this.#cancelOnce(market, { ...params, trigger: true });
    if (conditional !== undefined) throw conditional;
  }

  async find(question: OrderQuestion): Promise<OrderTruth | undefined> {
    const market = this.#marketOf(question.symbol);
    const { client_order_id } = question;
    const byId = { clientOrderId: this.#idThere(client_order_id) };
    const plain = await this.#findOnce(market, byId);
    const order =
      plain ?? (market.swap ? await this.#findOnce(market, { ...byId, trigger: true }) : undefined);
    if (order === undefined) return undefined;
    if (order.clientOrderId !== client_order_id)
      throw new VenueFault('unknown', 'the venue answered for another order');
    return this.#truthOf(order, market, client_order_id);
  }

  async openOrders(symbols?: readonly string[]): Promise<readonly OrderTruth[]> {
    const scopes =
      symbols === undefined ? [undefined] : [...new Set(symbols)].map((symbol) => this.#marketOf(symbol));
    const truths = await Promise.all(scopes.map((market) => this.#openOrdersOf(market)));
    return truths.flat();
  }

  async account(): Promise<AccountTruth> {
    return this.#spot ? this.#spotAccount() : this.#swapAccount();
  }

  async close(): Promise<void> {
    await this.#exchange.close().catch(() => undefined);
  }

  /**
   * What really goes out, and the resting sale that gives way to it, if one must. A venue's steps are kept exactly; on spot
   * nothing is sold that is not there.
   */
  async #sendable(request: OrderRequest, market: VenueMarket): Promise<Sale> {
    const { quantityStep, minimumQuantity } = market.instrument;
    let { quantity } = request;
    let instead: string | undefined;
    if (request.reduce_only && !market.swap) ({ quantity, instead } = await this.#freed(request, market));
    if (request.reduce_only) quantity = floorToStep(quantity, quantityStep);
    else if (compareDecimal(floorToStep(quantity, quantityStep), quantity) !== 0)
      throw new VenueFault('rejected', `quantity ${quantity} is no multiple of ${quantityStep}`);
    const least = minimumQuantity ?? quantityStep;
    if (compareDecimal(quantity, least) < 0)
      throw new VenueFault(
        'rejected',
        request.reduce_only ? 'reduce only: there is nothing to reduce' : `quantity is below ${least}`,
      );
    return { quantity, instead };
  }

  /**
   * Base units that can be sold. Our own resting sale locks them: where the venue can put one order in the place of another,
   * that one gives way in the same step; elsewhere an exit cancels it first. A stop never takes the place of a larger one.
   */
  async #freed(request: OrderRequest, market: VenueMarket): Promise<Sale> {
    const { quantity, leg, side } = request;
    try {
      const before = await this.#free(market);
      if (leg !== 'exit' && compareDecimal(before, quantity) >= 0) return { quantity, instead: undefined };
      const resting = (await this.#openOrdersOf(market)).filter((truth) => truth.request.side === side);
      const [only] = resting;
      if (only !== undefined && resting.length === 1 && replacing.has(this.#options.exchange)) {
        const locked = subtractDecimal(only.request.quantity, only.filled_quantity);
        const most = minimumDecimal(quantity, addDecimal(before, locked));
        if (leg === 'exit' || compareDecimal(most, locked) >= 0)
          return { quantity: most, instead: only.request.client_order_id };
      }
      if (leg !== 'exit') return { quantity: minimumDecimal(quantity, before), instead: undefined };
      for (const { request: sale } of resting) await this.cancel(sale.client_order_id, request.symbol);
      return { quantity: minimumDecimal(quantity, await this.#free(market)), instead: undefined };
    } catch (error) {
      // Whatever happened, the order itself has not left.
      throw new VenueFault('not-sent', `could not free what is to be sold: ${this.#redact(error)}`);
    }
  }

  async #free(market: VenueMarket): Promise<DecimalText> {
    const { free } = await this.#balance();
    return free[market.base] ?? '0';
  }

  /** One request: the venue cancels the resting sale and places this order, or does neither, or says how far it came. */
  async #replace(
    resting: string,
    request: OrderRequest,
    market: VenueMarket,
    words: Wording & { readonly contracts: string },
  ): Promise<unknown> {
    const { stopLossPrice, ...rest } = words.params;
    const params = {
      ...rest,
      cancelOrigClientOrderId: this.#idThere(resting),
      ...(stopLossPrice === undefined ? {} : { triggerPrice: stopLossPrice }),
    };
    const { trace, value, error } = await traced(maxOrderWaitMs, () =>
      this.#exchange.editOrder(
        '',
        market.market,
        words.type,
        request.side,
        words.contracts,
        words.price,
        params,
      ),
    );
    if (error === undefined) return value;
    const fault = this.#faultOf(error, trace);
    throw replaceFault(fault, trace) ?? fault;
  }

  /** The order in ccxt's words. */
  #wording(request: OrderRequest, market: VenueMarket): Wording {
    const { client_order_id, price, reduce_only, side } = request;
    const params: Record<string, unknown> = { clientOrderId: this.#idThere(client_order_id) };
    if (reduce_only && market.swap) params.reduceOnly = true;
    if (request.type === 'market') return { type: 'market', price: undefined, params };
    const level = price ?? '';
    if (this.#exchange.priceToPrecision(market.market, level) !== level)
      if (compareDecimal(this.#exchange.priceToPrecision(market.market, level), level) !== 0)
        throw new VenueFault('rejected', `price ${level} is no multiple of ${market.instrument.priceStep}`);
    if (request.type === 'limit') return { type: 'limit', price: level, params };
    params.stopLossPrice = level;
    const plainStop = market.swap ? 'STOP_MARKET' : 'STOP_LOSS';
    if (market.orderTypes.length === 0 || market.orderTypes.includes(plainStop))
      return { type: 'market', price: undefined, params };
    const reach = Number(level) * (1 + (side === 'buy' ? stopLimitReach : -stopLimitReach));
    return { type: 'limit', price: this.#exchange.priceToPrecision(market.market, String(reach)), params };
  }

  async #openOrdersOf(market: VenueMarket | undefined): Promise<OrderTruth[]> {
    const orders = await this.#list(market, {});
    if (!this.#spot) orders.push(...(await this.#list(market, { trigger: true })));
    const truths: OrderTruth[] = [];
    for (const order of orders) {
      const id = order.clientOrderId ?? undefined;
      const listed = market ?? this.#marketNamed(order.symbol ?? '');
      if (isOurId(id) && listed !== undefined) truths.push(await this.#truthOf(order, listed, id));
    }
    return truths;
  }

  async #list(market: VenueMarket | undefined, params: object): Promise<CcxtOrder[]> {
    const answer = await this.#askList(() =>
      this.#exchange.fetchOpenOrders(market?.market, undefined, undefined, params),
    );
    if (!Array.isArray(answer)) throw new VenueFault('unknown', 'the list of open orders is not readable');
    return answer.map((order) => this.#readOrder(order));
  }

  async #cancelOnce(market: VenueMarket, params: object): Promise<VenueFault | undefined> {
    const { trace, error } = await traced(maxOrderWaitMs, () =>
      this.#exchange.cancelOrder(undefined, market.market, params),
    );
    if (error === undefined) return undefined;
    // Nothing to cancel is a no, and not proof of anything else: what became of it is asked by its id.
    if (saysNoSuchOrder(error, trace)) return new VenueFault('rejected', this.#redact(error));
    const fault = this.#faultOf(error, trace);
    if (fault.outcome === 'rejected') return fault;
    throw fault;
  }

  async #findOnce(market: VenueMarket, params: object): Promise<CcxtOrder | undefined> {
    const { trace, value, error } = await traced(maxQuestionWaitMs, () =>
      this.#exchange.fetchOrder(undefined, market.market, params),
    );
    if (error === undefined) return this.#readOrder(value);
    if (saysNoSuchOrder(error, trace)) return undefined;
    throw this.#faultOf(error, trace);
  }

  async #truthOf(order: CcxtOrder, market: VenueMarket, clientOrderId: string): Promise<OrderTruth> {
    const request = requestOf(order, market, clientOrderId);
    const actual = order.info?.actualOrderId;
    // A conditional order of a perpetual fills under the id of the order that it became.
    const hasBecome = actual !== undefined && actual !== null && !['', '0'].includes(String(actual));
    const executed = hasBecome ? await this.#becameOf(String(actual), market) : order;
    const filled = fromContracts(market, executed.filled ?? '0');
    const orderId = executed.id ?? undefined;
    const fills =
      isZeroDecimal(filled) || orderId === undefined ? [] : await this.#fillsOf(orderId, request, market);
    const told = sumOf(fills);
    const filled_quantity = compareDecimal(told, filled) > 0 ? told : filled;
    const state = stateOf(executed, filled_quantity, request.quantity);
    return { request, state, filled_quantity, fills, reason: executed.status };
  }

  async #becameOf(id: string, market: VenueMarket): Promise<CcxtOrder> {
    return this.#readOrder(await this.#ask(() => this.#exchange.fetchOrder(id, market.market)));
  }

  async #fillsOf(orderId: string, request: OrderRequest, market: VenueMarket): Promise<Fill[]> {
    const answer = await this.#askList(() =>
      this.#exchange.fetchMyTrades(market.market, undefined, maxTradesPerOrder, { orderId }),
    );
    const trades = tradesSchema.safeParse(answer);
    if (!trades.success) throw new VenueFault('unknown', 'the list of trades is not readable');
    const seen = new Set<string>();
    return trades.data
      .filter((trade) => trade.order === undefined || trade.order === null || trade.order === orderId)
      .map((trade) => fillOf(trade, request, market))
      .filter((fill) => !seen.has(fill.id) && seen.add(fill.id));
  }

  async #spotAccount(): Promise<AccountTruth> {
    return spotTruth(await this.#balance(), this.#markets.values());
  }

  async #swapAccount(): Promise<AccountTruth> {
    const names = [...this.#markets.values()].map(({ market }) => market);
    const [balance, answer] = await Promise.all([
      this.#balance(),
      this.#askList(() => this.#exchange.fetchPositions(names)),
    ]);
    return swapTruth(balance, answer, this.#markets.values());
  }

  async #balance() {
    const answer = await this.#askList(() => this.#exchange.fetchBalance());
    const parsed = balanceSchema.safeParse(answer);
    if (!parsed.success) throw new VenueFault('unknown', 'the balance is not readable');
    return parsed.data;
  }

  #ask(call: () => Promise<unknown>): Promise<unknown> {
    return this.#call(maxQuestionWaitMs, call);
  }

  /** ccxt makes an empty list of an answer that has none; only a list that the venue sent is a list. */
  async #askList(call: () => Promise<unknown>): Promise<unknown> {
    const { trace, value, error } = await traced(maxQuestionWaitMs, call);
    if (error !== undefined) throw this.#faultOf(error, trace);
    if (!trace.body.includes('[')) throw new VenueFault('unknown', 'the answer has no list in it');
    return value;
  }

  async #call(maxWaitMs: number, call: () => Promise<unknown>): Promise<unknown> {
    const { trace, value, error } = await traced(maxWaitMs, call);
    if (error === undefined) return value;
    throw this.#faultOf(error, trace);
  }

  #faultOf(error: unknown, trace: Parameters<typeof faultOf>[1]): VenueFault {
    if (isClockFault(error)) void this.#exchange.loadTimeDifference?.().catch(() => undefined);
    const fault = faultOf(error, trace, this.#exchange.last_response_headers, this.#redact);
    if (fault.retryAfterMs > 0 && trace.sent) this.#pacer.block(fault.retryAfterMs);
    return fault;
  }

  #readOrder(answer: unknown): CcxtOrder {
    const parsed = orderSchema.safeParse(answer);
    if (parsed.success) {
      const id = parsed.data.clientOrderId;
      return id === undefined || id === null
        ? parsed.data
        : { ...parsed.data, clientOrderId: ourIdOf(this.#options.exchange, id) };
    }
    const [issue] = parsed.error.issues;
    throw new VenueFault('unknown', `an order is not readable: ${issue?.path.join('.')} ${issue?.message}`);
  }

  #idThere(clientOrderId: string): string {
    return venueIdOf(this.#options.exchange, clientOrderId);
  }

  #marketOf(symbol: string): VenueMarket {
    const market = this.#markets.get(symbol);
    if (market === undefined) throw new VenueFault('rejected', `${symbol} is not traded on ${this.name}`);
    return market;
  }

  #marketNamed(name: string): VenueMarket | undefined {
    for (const market of this.#markets.values()) if (market.market === name) return market;
    return undefined;
  }
}
