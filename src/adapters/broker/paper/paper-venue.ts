// The only matching engine of the house: a synchronous venue fed with market data and the time. The same inputs give
// the same reports. It must never forget an accepted order, and never make two orders of one client order id.
import type { BrokerReport, BrokerSnapshot, CandleEvent, QuoteBatch } from '../../../shared/bus/catalogue.ts';
import { accountRate } from '../../../shared/domain/account-currency.ts';
import type { Holding } from '../../../shared/domain/holding.ts';
import {
  addDecimal,
  compareDecimal,
  type DecimalText,
  decimalText,
  floorToStep,
  isZeroDecimal,
  multiplyDecimal,
  roundAgainst,
  roundToStep,
} from '../../../shared/domain/money.ts';
import type { Fill, OrderQuestion, OrderRequest } from '../../../shared/domain/order.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';
import type { SimulatedVenue } from '../../../shared/ports/simulated-venue.ts';
import type { VenueRow } from '../../../shared/ports/venue-book.ts';
import { bellChance } from './chance.ts';
import { type Execution, type MatchingHost, matchCandle, matchQuote } from './matching.ts';
import { type Admission, refusalOf } from './order-admission.ts';
import { PaperAccount, type Valuation } from './paper-account.ts';
import { defaultPaperVenueSettings, type PaperVenueSettings, snapshotFinalMs } from './paper-settings.ts';
import { SymbolMarket } from './symbol-market.ts';
import { brokerOrderOf, isFinal, isLive, remainingOf, reportOf, type VenueOrder } from './venue-order.ts';
import { isPositive, VenueOrders } from './venue-orders.ts';

const cashKey = 'cash';
const holdingPrefix = 'holding/';
const rateStep = '0.000000000001';

export class PaperVenue implements SimulatedVenue, MatchingHost {
  readonly settings: PaperVenueSettings;
  readonly #orders = new VenueOrders();
  readonly #account: PaperAccount;
  readonly #markets = new Map<string, SymbolMarket>();
  #reports: BrokerReport[] = [];
  #changedHoldings = new Set<string>();
  #now: EpochMs = 0;

  constructor(settings: Partial<PaperVenueSettings> = {}) {
    this.settings = { ...defaultPaperVenueSettings, ...settings };
    this.#account = new PaperAccount(this.settings.startingCash);
  }

  /** Settled balance in account currency. */
  get cash(): DecimalText {
    return this.#account.cash;
  }

  submit(request: OrderRequest, now: EpochMs): void {
    this.#orders.prune(now);
    const known = this.#orders.get(request.client_order_id);
    if (known !== undefined) {
      this.#repeatTruth(known, now);
      return;
    }
    this.#orders.add({
      ...this.#blank(request, now),
      state: 'in_transit',
      arrives_at: now + this.#latencyMs('submit', request.client_order_id),
    });
    if (this.settings.latencyMs <= 0) this.advance(now);
  }

  cancel(clientOrderId: string, now: EpochMs): void {
    const order = this.#orders.get(clientOrderId);
    if (order === undefined) return;
    if (isFinal(order)) {
      this.#repeatTruth(order, now);
      return;
    }
    if (order.cancel_at !== null) return;
    order.cancel_at = now + this.#latencyMs('cancel', clientOrderId);
    this.#orders.touch(order);
    if (this.settings.latencyMs <= 0) this.advance(now);
  }

  advance(now: EpochMs): void {
    this.#now = Math.max(this.#now, now);
    for (let due = this.#orders.dueAt(now); due.length > 0; due = this.#orders.dueAt(now)) {
      for (const order of due) {
        if (order.state === 'in_transit') this.#arrive(order);
        else if (order.cancel_at !== null && isLive(order))
          this.#end(order, 'cancelled', order.cancel_at, 'cancelled on request');
      }
    }
  }

  nextEventAt(): EpochMs | undefined {
    return this.#orders.nextDueAt();
  }

  onCandle(event: CandleEvent): void {
    this.advance(event.known_at);
    const { candle } = event;
    const market = this.#market(candle.symbol);
    if (market === undefined) return;
    market.candle(candle, this.settings.participation);
    if (this.#orders.live(candle.symbol).length === 0) return;
    if (!this.#isOpen(market, candle.openTime)) return;
    matchCandle(this, market, candle);
  }

  onQuotes(batch: QuoteBatch): void {
    this.advance(batch.known_at);
    for (const quote of batch.quotes) {
      const market = this.#market(quote.symbol);
      if (market === undefined || !(quote.bid > 0 && quote.ask >= quote.bid)) continue;
      market.quote(quote);
      if (this.#orders.live(quote.symbol).length === 0) continue;
      if (this.#isOpen(market, batch.known_at)) matchQuote(this, market, quote, batch.known_at);
    }
  }

  takeReports(): readonly BrokerReport[] {
    if (this.#reports.length === 0) return this.#reports;
    const taken = this.#reports;
    this.#reports = [];
    return taken;
  }

  /** Open orders, those asked for or ended within the last hour, all their fills, cash and net positions. */
  snapshot(requestId: string, now: EpochMs, asked: readonly OrderQuestion[]): BrokerSnapshot {
    this.advance(now);
    const orders: BrokerSnapshot['orders'][number][] = [];
    const fills: Fill[] = [];
    const wanted = new Set(asked.map((question) => question.client_order_id));
    for (const order of this.#orders.all()) {
      const held = brokerOrderOf(order);
      if (held === undefined) continue;
      const isOld = isFinal(order) && now - order.updated_at > snapshotFinalMs;
      if (!wanted.delete(order.request.client_order_id) && isOld) continue;
      orders.push(held);
      fills.push(...order.fills);
    }
    return {
      broker: this.settings.name,
      request_id: requestId,
      complete: true,
      error: null,
      absent: [...wanted],
      orders,
      fills,
      cash: this.#account.cash,
      positions: this.#account.positions(),
    };
  }

  takeChangedRows(): readonly VenueRow[] {
    const rows = this.#orders.takeChangedRows();
    for (const symbol of this.#changedHoldings) {
      const holding = this.#account.holding(symbol);
      rows.push({ key: holdingPrefix + symbol, value: isZeroDecimal(holding.quantity) ? null : holding });
    }
    if (this.#changedHoldings.size > 0) rows.push({ key: cashKey, value: this.#account.cash });
    this.#changedHoldings = new Set();
    return rows;
  }

  restore(rows: readonly VenueRow[]): void {
    for (const row of rows) {
      if (row.key === cashKey) this.#account.cash = row.value as DecimalText;
      else if (row.key.startsWith(holdingPrefix) && row.value !== null)
        this.#account.restoreHolding(row.key.slice(holdingPrefix.length), row.value as Holding);
    }
    this.#orders.restore(rows);
  }

  /** @internal For matching only. */
  liveOrders(symbol: string): readonly VenueOrder[] {
    return this.#orders.live(symbol);
  }

  /** @internal For matching only. */
  noteRested(order: VenueOrder): void {
    if (order.rested) return;
    order.rested = true;
    this.#orders.touch(order);
  }

  /** @internal For matching only: fills as much as volume, holding and steps allow. */
  execute(execution: Execution): void {
    const { order } = execution;
    const market = this.#market(order.request.symbol);
    if (market === undefined) return;
    const quantity = this.#possibleQuantity(order, market);
    const rate = this.#rateText(market);
    if (!isPositive(quantity) || rate === undefined) {
      this.#orders.touch(order);
      return;
    }
    market.budget -= Number(quantity);
    const price = roundAgainst(
      order.request.side,
      execution.priceFor(Number(quantity)),
      market.instrument.priceStep,
    );
    this.#fill(order, market, quantity, price, rate, execution);
  }

  /** Whole milliseconds, log-normal around the median; the same order always waits the same. */
  #latencyMs(action: 'submit' | 'cancel', clientOrderId: string): number {
    const { latencyMs, latencySpread, seed } = this.settings;
    if (!(latencyMs > 0) || latencySpread === 0) return latencyMs;
    const factor = Math.exp(latencySpread * bellChance(seed, `latency/${action}/${clientOrderId}`));
    return Math.max(1, Math.round(latencyMs * factor));
  }

  #blank(request: OrderRequest, now: EpochMs): VenueOrder {
    return {
      request,
      state: 'accepted',
      filled: '0',
      fills: [],
      sequence: this.#orders.takeSequence(),
      submitted_at: now,
      arrives_at: now,
      active_at: now,
      cancel_at: null,
      triggered: false,
      rested: false,
      entry_id: null,
      reports: 0,
      updated_at: now,
    };
  }

  #admission(): Admission {
    return {
      account: this.#account,
      orders: this.#orders,
      allowShort: this.settings.allowShort,
      marketOf: (symbol) => this.#market(symbol),
      rateOf: (market) => this.#rate(market),
      valuationOf: (symbol) => this.#valuation(symbol),
      isOpen: (market, at) => this.#isOpen(market, at),
    };
  }

  #arrive(order: VenueOrder): void {
    const refusal = refusalOf(order, this.#admission());
    if (refusal !== undefined) {
      this.#end(order, 'rejected', order.arrives_at, refusal);
      return;
    }
    order.state = 'accepted';
    this.#report(order, 'accepted', order.arrives_at);
  }

  #possibleQuantity(order: VenueOrder, market: SymbolMarket): DecimalText {
    const { request } = order;
    const remaining = remainingOf(order);
    const wanted = request.reduce_only
      ? this.#account.reducible(request.symbol, request.side, remaining)
      : remaining;
    if (Number(wanted) <= market.budget) return wanted;
    return floorToStep(Math.max(0, market.budget), market.instrument.quantityStep);
  }

  #fill(
    order: VenueOrder,
    market: SymbolMarket,
    quantity: DecimalText,
    price: DecimalText,
    rate: DecimalText,
    execution: Execution,
  ): void {
    const { request } = order;
    const { kind, assetClass } = market.instrument;
    const schedule = this.settings.feesByKind[kind] ?? this.settings.fees[assetClass];
    const fill: Fill = {
      id: `${request.client_order_id}.${order.fills.length + 1}`,
      client_order_id: request.client_order_id,
      symbol: request.symbol,
      side: request.side,
      quantity,
      price,
      fee: multiplyDecimal(multiplyDecimal(quantity, price), schedule[execution.liquidity]),
      liquidity: execution.liquidity,
      at: this.#now,
      ...(rate === '1' ? {} : { account_rate: rate }),
    };
    this.#account.apply(fill);
    this.#changedHoldings.add(request.symbol);
    order.fills.push(fill);
    order.filled = addDecimal(order.filled, quantity);
    const complete = compareDecimal(order.filled, request.quantity) >= 0;
    order.state = complete ? 'filled' : 'partially_filled';
    this.#report(order, 'fill', this.#now, { fill });
    if (!request.reduce_only) this.#armLegs(order, execution.legsActiveAt);
    if (isZeroDecimal(this.#account.holding(request.symbol).quantity)) this.#whenFlat(order);
  }

  /** One cancels the other: with nothing left to reduce, every reducing order ends, and the entry behind a leg too. */
  #whenFlat(closing: VenueOrder): void {
    for (const order of [...this.#orders.live(closing.request.symbol)]) {
      const entryOfLeg = order.request.client_order_id === closing.entry_id;
      if (order.request.reduce_only || entryOfLeg)
        this.#end(order, 'cancelled', this.#now, 'position is closed');
    }
  }

  /** The venue's own protection: legs appear with the first fill of their entry and grow with each further one. */
  #armLegs(entry: VenueOrder, activeAt: EpochMs): void {
    const { bracket, symbol, side, client_order_id } = entry.request;
    if (bracket === null) return;
    const legs = [
      ['stop', 'stop', bracket.stop_client_order_id, bracket.stop_price],
      ['target', 'limit', bracket.target_client_order_id, bracket.target_price],
    ] as const;
    for (const [leg, type, id, price] of legs) {
      const known = this.#orders.get(id);
      if (known !== undefined && !isLive(known)) continue;
      const request: OrderRequest = {
        client_order_id: id,
        symbol,
        side: side === 'buy' ? 'sell' : 'buy',
        type,
        leg,
        quantity: entry.filled,
        price,
        reduce_only: true,
        bracket: null,
      };
      const order = known ?? {
        ...this.#blank(request, this.#now),
        active_at: activeAt,
        entry_id: client_order_id,
        rested: true,
      };
      order.request = request;
      if (known === undefined) this.#orders.add(order);
      this.#report(order, 'accepted', this.#now);
    }
  }

  #end(order: VenueOrder, state: 'cancelled' | 'rejected', at: EpochMs, reason: string): void {
    order.state = state;
    order.cancel_at = null;
    this.#report(order, state, at, { reason });
  }

  #report(
    order: VenueOrder,
    kind: BrokerReport['kind'],
    at: EpochMs,
    extra?: { readonly fill?: Fill; readonly reason?: string },
  ): void {
    this.#reports.push(reportOf(this.settings.name, order, kind, at, extra));
    this.#orders.touch(order);
  }

  /** The same question gets the same truth: what is known of the order is told again, with the same trade ids. */
  #repeatTruth(order: VenueOrder, now: EpochMs): void {
    if (order.state === 'in_transit') return;
    const updatedAt = order.updated_at;
    if (order.state === 'rejected') this.#report(order, 'rejected', now, { reason: 'rejected before' });
    else if (!isFinal(order)) this.#report(order, 'accepted', now);
    for (const fill of order.fills) this.#report(order, 'fill', now, { fill });
    if (order.state === 'cancelled') this.#report(order, 'cancelled', now, { reason: 'cancelled before' });
    order.updated_at = updatedAt;
  }

  #market(symbol: string): SymbolMarket | undefined {
    const known = this.#markets.get(symbol);
    if (known !== undefined) return known;
    const made = SymbolMarket.of(symbol);
    if (made !== undefined) this.#markets.set(symbol, made);
    return made;
  }

  #isOpen(market: SymbolMarket, at: EpochMs): boolean {
    return market.instrument.calendar === 'always' || this.settings.isForexOpen(at);
  }

  #rate(market: SymbolMarket): number | undefined {
    return accountRate(market.instrument, (symbol) => this.#markets.get(symbol)?.price);
  }

  #rateText(market: SymbolMarket): DecimalText | undefined {
    const rate = this.#rate(market);
    if (rate === undefined || rate === 1) return rate === undefined ? undefined : '1';
    return roundToStep(decimalText(rate), rateStep);
  }

  #valuation(symbol: string): Valuation | undefined {
    const market = this.#market(symbol);
    if (market?.price === undefined) return undefined;
    const rate = this.#rate(market);
    return rate === undefined ? undefined : { price: market.price, rate, instrument: market.instrument };
  }
}
