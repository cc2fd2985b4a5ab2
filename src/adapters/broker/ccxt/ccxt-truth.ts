// What is true at the exchange: one order by our id with its fills, all open orders of ours, the account. It only asks.
import { compareDecimal, isZeroDecimal } from '../../../shared/domain/money.ts';
import type { Fill, OrderQuestion, OrderRequest } from '../../../shared/domain/order.ts';
import { VenueFault } from '../shared/venue-fault.ts';
import { type AccountTruth, isOurId, type OrderTruth } from '../shared/venue-link.ts';
import { balanceSchema, spotTruth, swapTruth } from './ccxt-account.ts';
import { type CcxtAsking, maxQuestionWaitMs } from './ccxt-asking.ts';
import { traced } from './ccxt-exchange.ts';
import { saysNoSuchOrder } from './ccxt-faults.ts';
import { fromContracts, type VenueMarket } from './ccxt-markets.ts';
import { type CcxtOrder, fillOf, requestOf, stateOf, sumOf, tradesSchema } from './ccxt-orders.ts';

const maxTradesPerOrder = 500;

export class CcxtTruth {
  readonly #asking: CcxtAsking;
  /** False asks for conditional orders and positions too, which only perpetuals have. */
  readonly #spot: boolean;
  readonly #markets: () => ReadonlyMap<string, VenueMarket>;

  /** `markets`: those traded here by symbol, once they are known. */
  constructor(asking: CcxtAsking, spot: boolean, markets: () => ReadonlyMap<string, VenueMarket>) {
    this.#asking = asking;
    this.#spot = spot;
    this.#markets = markets;
  }

  /** Undefined when the venue says that it never had the order. Throws VenueFault. */
  async find({ client_order_id }: OrderQuestion, market: VenueMarket): Promise<OrderTruth | undefined> {
    const byId = { clientOrderId: this.#asking.idThere(client_order_id) };
    const plain = await this.#findOnce(market, byId);
    const order =
      plain ?? (market.swap ? await this.#findOnce(market, { ...byId, trigger: true }) : undefined);
    if (order === undefined) return undefined;
    if (order.clientOrderId !== client_order_id)
      throw new VenueFault('unknown', 'the venue answered for another order');
    return this.of(order, market, client_order_id);
  }

  /** Orders of ours that rest in one market, or in all. Throws VenueFault. */
  async openOrders(market: VenueMarket | undefined): Promise<OrderTruth[]> {
    const orders = await this.#list(market, {});
    if (!this.#spot) orders.push(...(await this.#list(market, { trigger: true })));
    const truths: OrderTruth[] = [];
    for (const order of orders) {
      const id = order.clientOrderId ?? undefined;
      const listed = market ?? this.#marketNamed(order.symbol ?? '');
      if (isOurId(id) && listed !== undefined) truths.push(await this.of(order, listed, id));
    }
    return truths;
  }

  /** What became of an order as the venue lists it, with its fills. Throws VenueFault. */
  async of(order: CcxtOrder, market: VenueMarket, clientOrderId: string): Promise<OrderTruth> {
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

  async account(): Promise<AccountTruth> {
    const markets = [...this.#markets().values()];
    if (this.#spot) return spotTruth(await this.balance(), markets);
    const names = markets.map(({ market }) => market);
    const [balance, answer] = await Promise.all([
      this.balance(),
      this.#asking.askList(() => this.#asking.exchange.fetchPositions(names)),
    ]);
    return swapTruth(balance, answer, markets);
  }

  async balance() {
    const answer = await this.#asking.askList(() => this.#asking.exchange.fetchBalance());
    const parsed = balanceSchema.safeParse(answer);
    if (!parsed.success) throw new VenueFault('unknown', 'the balance is not readable');
    return parsed.data;
  }

  async #list(market: VenueMarket | undefined, params: object): Promise<CcxtOrder[]> {
    const answer = await this.#asking.askList(() =>
      this.#asking.exchange.fetchOpenOrders(market?.market, undefined, undefined, params),
    );
    if (!Array.isArray(answer)) throw new VenueFault('unknown', 'the list of open orders is not readable');
    return answer.map((order) => this.#asking.readOrder(order));
  }

  async #findOnce(market: VenueMarket, params: object): Promise<CcxtOrder | undefined> {
    const { trace, value, error } = await traced(maxQuestionWaitMs, () =>
      this.#asking.exchange.fetchOrder(undefined, market.market, params),
    );
    if (error === undefined) return this.#asking.readOrder(value);
    if (saysNoSuchOrder(error, trace)) return undefined;
    throw this.#asking.faultOf(error, trace);
  }

  async #becameOf(id: string, market: VenueMarket): Promise<CcxtOrder> {
    return this.#asking.readOrder(
      await this.#asking.ask(() => this.#asking.exchange.fetchOrder(id, market.market)),
    );
  }

  async #fillsOf(orderId: string, request: OrderRequest, market: VenueMarket): Promise<Fill[]> {
    const answer = await this.#asking.askList(() =>
      this.#asking.exchange.fetchMyTrades(market.market, undefined, maxTradesPerOrder, { orderId }),
    );
    const trades = tradesSchema.safeParse(answer);
    if (!trades.success) throw new VenueFault('unknown', 'the list of trades is not readable');
    const seen = new Set<string>();
    return trades.data
      .filter((trade) => trade.order === undefined || trade.order === null || trade.order === orderId)
      .map((trade) => fillOf(trade, request, market))
      .filter((fill) => !seen.has(fill.id) && seen.add(fill.id));
  }

  #marketNamed(name: string): VenueMarket | undefined {
    for (const market of this.#markets().values()) if (market.market === name) return market;
    return undefined;
  }
}
