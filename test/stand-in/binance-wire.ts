// Orders and accounts in the words of Binance, spot and perpetual. Pure: what is true at the venue is binance-venue.ts.

export interface Order {
  readonly orderId: number;
  readonly clientId: string;
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly type: string;
  readonly quantity: number;
  readonly price: number;
  readonly stopPrice: number;
  readonly reduceOnly: boolean;
  readonly conditional: boolean;
  /** The order that a conditional one became. */
  actualOrderId: number | undefined;
  status: 'NEW' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELED' | 'EXPIRED' | 'FINISHED';
  executed: number;
}

export interface Trade {
  readonly id: number;
  readonly order: Order;
  readonly quantity: number;
  readonly price: number;
  readonly commission: number;
  readonly commissionAsset: string;
  readonly time: number;
}

export type Prices = ReadonlyMap<string, number>;
/** Signed size and cost per symbol. */
export type Positions = ReadonlyMap<string, { readonly size: number; readonly entry: number }>;

/** An order, or a conditional order, as the venue shows it; `all` are the trades of the account. */
export function orderOnWire(order: Order, all: readonly Trade[]): Record<string, unknown> {
  const { orderId, clientId, symbol, side, type, quantity, price, stopPrice, executed, status, reduceOnly } =
    order;
  const common = { symbol, side, timeInForce: 'GTC', reduceOnly, updateTime: Date.now() };
  if (order.conditional)
    return {
      ...common,
      algoId: orderId,
      clientAlgoId: clientId,
      algoType: 'CONDITIONAL',
      orderType: type,
      quantity: quantity.toFixed(5),
      algoStatus: status,
      triggerPrice: stopPrice.toFixed(2),
      price: '0.00',
      actualOrderId: order.actualOrderId === undefined ? '' : String(order.actualOrderId),
      actualPrice: '0',
      createTime: Date.now(),
    };
  const trades = all.filter((trade) => trade.order === order);
  const quote = trades.reduce((sum, trade) => sum + trade.quantity * trade.price, 0);
  return {
    ...common,
    orderId,
    orderListId: -1,
    clientOrderId: clientId,
    price: price.toFixed(8),
    origQty: quantity.toFixed(8),
    executedQty: executed.toFixed(8),
    cummulativeQuoteQty: quote.toFixed(8),
    cumQuote: quote.toFixed(8),
    avgPrice: executed > 0 ? (quote / executed).toFixed(8) : '0.00000',
    status,
    type,
    origType: type,
    stopPrice: stopPrice.toFixed(8),
    time: Date.now(),
    transactTime: Date.now(),
    isWorking: true,
    positionSide: 'BOTH',
  };
}

export function tradeOnWire({ id, order, quantity, price, commission, commissionAsset, time }: Trade) {
  return {
    symbol: order.symbol,
    id,
    orderId: order.orderId,
    price: price.toFixed(8),
    qty: quantity.toFixed(8),
    quoteQty: (price * quantity).toFixed(8),
    commission: commission.toFixed(8),
    commissionAsset,
    time,
    isBuyer: order.side === 'BUY',
    buyer: order.side === 'BUY',
    side: order.side,
    maker: false,
    isMaker: false,
    realizedPnl: '0',
    positionSide: 'BOTH',
  };
}

/** `lockedOf`: units of a symbol that resting sales hold. */
export function spotAccountOnWire(
  uid: number,
  held: ReadonlyMap<string, number>,
  lockedOf: (symbol: string) => number,
) {
  const balances = [...held].map(([asset, amount]) => {
    const locked = asset === 'USDT' ? 0 : lockedOf(`${asset}USDT`);
    return { asset, free: (amount - locked).toFixed(8), locked: locked.toFixed(8) };
  });
  return {
    makerCommission: 10,
    takerCommission: 10,
    canTrade: true,
    accountType: 'SPOT',
    uid,
    updateTime: Date.now(),
    balances,
  };
}

export function swapAccountOnWire(wallet: number, positions: Positions, prices: Prices) {
  let profit = 0;
  for (const [symbol, { size, entry }] of positions) profit += size * ((prices.get(symbol) ?? 0) - entry);
  const asset = {
    asset: 'USDT',
    walletBalance: wallet.toFixed(8),
    unrealizedProfit: profit.toFixed(8),
    marginBalance: (wallet + profit).toFixed(8),
    availableBalance: wallet.toFixed(8),
    initialMargin: '0',
    updateTime: Date.now(),
  };
  return { totalWalletBalance: wallet.toFixed(8), assets: [asset], positions: [] };
}

export function positionRiskOnWire(positions: Positions, prices: Prices) {
  return [...positions].map(([symbol, { size, entry }]) => ({
    symbol,
    positionSide: 'BOTH',
    positionAmt: size.toFixed(5),
    entryPrice: entry.toFixed(8),
    breakEvenPrice: entry.toFixed(8),
    markPrice: (prices.get(symbol) ?? 0).toFixed(8),
    unRealizedProfit: (size * ((prices.get(symbol) ?? 0) - entry)).toFixed(8),
    liquidationPrice: '0',
    isolatedMargin: '0',
    notional: (size * (prices.get(symbol) ?? 0)).toFixed(8),
    marginAsset: 'USDT',
    isolatedWallet: '0',
    initialMargin: '0',
    maintMargin: '0',
    positionInitialMargin: '0',
    openOrderInitialMargin: '0',
    adl: 0,
    updateTime: Date.now(),
  }));
}
