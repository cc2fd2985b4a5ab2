// The rules that the Binance stand-in publishes, in the venue's own words.

const spotTypes = ['LIMIT', 'LIMIT_MAKER', 'MARKET', 'STOP_LOSS', 'STOP_LOSS_LIMIT', 'TAKE_PROFIT_LIMIT'];
const swapTypes = ['LIMIT', 'MARKET', 'STOP', 'STOP_MARKET', 'TAKE_PROFIT', 'TAKE_PROFIT_MARKET'];

export function exchangeInfo(kind: 'spot' | 'swap', symbols: readonly string[]) {
  return {
    timezone: 'UTC',
    serverTime: Date.now(),
    rateLimits: [],
    exchangeFilters: [],
    symbols: symbols.map((symbol) => (kind === 'spot' ? spotSymbol(symbol) : swapSymbol(symbol))),
  };
}

function filters(notional: object) {
  return [
    {
      filterType: 'PRICE_FILTER',
      minPrice: '0.01000000',
      maxPrice: '1000000.00000000',
      tickSize: '0.01000000',
    },
    { filterType: 'LOT_SIZE', minQty: '0.00001000', maxQty: '9000.00000000', stepSize: '0.00001000' },
    { filterType: 'MARKET_LOT_SIZE', minQty: '0.00001000', maxQty: '1000.00000000', stepSize: '0.00001000' },
    notional,
  ];
}

function spotSymbol(symbol: string) {
  return {
    symbol,
    status: 'TRADING',
    baseAsset: symbol.slice(0, -4),
    baseAssetPrecision: 8,
    quoteAsset: 'USDT',
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    orderTypes: spotTypes,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: filters({ filterType: 'NOTIONAL', minNotional: '5.00000000', applyMinToMarket: true }),
    permissions: ['SPOT'],
    permissionSets: [['SPOT']],
  };
}

function swapSymbol(symbol: string) {
  return {
    symbol,
    pair: symbol,
    contractType: 'PERPETUAL',
    deliveryDate: 4133404800000,
    onboardDate: 1569398400000,
    status: 'TRADING',
    baseAsset: symbol.slice(0, -4),
    quoteAsset: 'USDT',
    marginAsset: 'USDT',
    pricePrecision: 2,
    quantityPrecision: 5,
    baseAssetPrecision: 8,
    quotePrecision: 8,
    underlyingType: 'COIN',
    orderTypes: swapTypes,
    timeInForce: ['GTC', 'IOC', 'FOK', 'GTX'],
    filters: filters({ filterType: 'MIN_NOTIONAL', notional: '5' }),
  };
}
