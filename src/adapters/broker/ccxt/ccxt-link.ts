// Any exchange that ccxt knows, as a venue: spot, or linear perpetuals. Orders carry our ids and are asked for by them.
// It must never send twice, never sell on spot what the account does not hold, and never show a key.
import type { Instrument } from '../../../shared/domain/instrument.ts';
import { compareDecimal, type DecimalText } from '../../../shared/domain/money.ts';
import type { OrderQuestion, OrderRequest } from '../../../shared/domain/order.ts';
import { redactor } from '../shared/plain-text.ts';
import type { RequestPacer } from '../shared/request-pacer.ts';
import { BrokerRefused, VenueFault } from '../shared/venue-fault.ts';
import type { AccountTruth, OrderTruth, VenueLink } from '../shared/venue-link.ts';
import { settledBalance } from './ccxt-account.ts';
import { CcxtAsking, maxOrderWaitMs } from './ccxt-asking.ts';
import { type CcxtCredentials, type CcxtExchange, openExchange, traced } from './ccxt-exchange.ts';
import { replaceFault, saysNoSuchOrder } from './ccxt-faults.ts';
import { canBeAskedById } from './ccxt-ids.ts';
import { isPerpetual, marketsOf, toContracts, type VenueMarket } from './ccxt-markets.ts';
import { type SaleHands, sendable } from './ccxt-sale.ts';
import { CcxtTruth } from './ccxt-truth.ts';
import { type Wording, wordingOf } from './ccxt-wording.ts';

/** The absence grace of trading is five seconds: an order must be dead on its way before that. */
const requestTimeoutMs = 4_000;
/** Exchanges that put one order in the place of another in a single step on spot, as ccxt's `editOrder` asks them to. */
const replacing: ReadonlySet<string> = new Set(['binance']);

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
  readonly #asking: CcxtAsking;
  readonly #truth: CcxtTruth;
  readonly #options: CcxtLinkOptions;
  #markets: ReadonlyMap<string, VenueMarket> = new Map();
  readonly #spot: boolean;

  private constructor(options: CcxtLinkOptions, exchange: CcxtExchange, pacer: RequestPacer) {
    const { apiKey, secret, password } = options.credentials;
    this.#spot = !options.symbols.some(isPerpetual);
    this.name = `${options.exchange}${options.sandbox ? '-testnet' : ''}`;
    this.short = !this.#spot;
    this.#options = options;
    this.#exchange = exchange;
    const redact = redactor([apiKey, secret, password]);
    this.#asking = new CcxtAsking({ exchange, pacer, redact, id: options.exchange });
    this.#truth = new CcxtTruth(this.#asking, this.#spot, () => this.#markets);
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
    await this.#asking.ask(() => this.#exchange.loadMarkets());
    this.#markets = marketsOf(this.#exchange, this.#options.symbols);
    const balance = await this.#truth.balance();
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
    const { quantity, instead } = await sendable(request, market, this.#saleHands());
    const { type, price, params } = wordingOf(
      request,
      market,
      this.#exchange,
      this.#asking.idThere(request.client_order_id),
    );
    const contracts = toContracts(market, quantity);
    const answer =
      instead === undefined
        ? await this.#asking.call(maxOrderWaitMs, () =>
            this.#exchange.createOrder(market.market, type, request.side, contracts, price, params),
          )
        : await this.#replace(instead, request, market, { type, price, params, contracts });
    const order = this.#asking.readOrder(answer);
    const truth = await this.#truth.of(order, market, request.client_order_id).catch(() => undefined);
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
    const params = { clientOrderId: this.#asking.idThere(clientOrderId) };
    const plain = await this.#cancelOnce(market, params);
    if (plain === undefined) return;
    if (!market.swap) throw plain;
    const conditional = await this.#cancelOnce(market, { ...params, trigger: true });
    if (conditional !== undefined) throw conditional;
  }

  async find(question: OrderQuestion): Promise<OrderTruth | undefined> {
    return this.#truth.find(question, this.#marketOf(question.symbol));
  }

  async openOrders(symbols?: readonly string[]): Promise<readonly OrderTruth[]> {
    const scopes =
      symbols === undefined ? [undefined] : [...new Set(symbols)].map((symbol) => this.#marketOf(symbol));
    const truths = await Promise.all(scopes.map((market) => this.#truth.openOrders(market)));
    return truths.flat();
  }

  async account(): Promise<AccountTruth> {
    return this.#truth.account();
  }

  async close(): Promise<void> {
    await this.#exchange.close().catch(() => undefined);
  }

  #saleHands(): SaleHands {
    return {
      free: async (market) => (await this.#truth.balance()).free[market.base] ?? '0',
      openOrders: (market) => this.#truth.openOrders(market),
      cancel: (clientOrderId, symbol) => this.cancel(clientOrderId, symbol),
      replaces: replacing.has(this.#options.exchange),
      redact: this.#asking.redact,
    };
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
      cancelOrigClientOrderId: this.#asking.idThere(resting),
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
    const fault = this.#asking.faultOf(error, trace);
    throw replaceFault(fault, trace) ?? fault;
  }

  async #cancelOnce(market: VenueMarket, params: object): Promise<VenueFault | undefined> {
    const { trace, error } = await traced(maxOrderWaitMs, () =>
      this.#exchange.cancelOrder(undefined, market.market, params),
    );
    if (error === undefined) return undefined;
    // Nothing to cancel is a no, and not proof of anything else: what became of it is asked by its id.
    if (saysNoSuchOrder(error, trace)) return new VenueFault('rejected', this.#asking.redact(error));
    const fault = this.#asking.faultOf(error, trace);
    if (fault.outcome === 'rejected') return fault;
    throw fault;
  }

  #marketOf(symbol: string): VenueMarket {
    const market = this.#markets.get(symbol);
    if (market === undefined) throw new VenueFault('rejected', `${symbol} is not traded on ${this.name}`);
    return market;
  }
}
