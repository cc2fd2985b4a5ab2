// Which words mean which asset. Explicit and readable: a name that is not here is not recognised, and that is better
// than a false hit. Tickers match in capitals only; tickers that are English words only as $TICKER or in a pair.

export interface AssetAliases {
  readonly asset: string;
  /** `strict`: the bare code is an English word or a common abbreviation, so it counts only as $CODE or in a pair. */
  readonly ticker: 'plain' | 'strict';
  /** Phrases in any case. */
  readonly phrases: readonly string[];
  /** Phrases in exactly this case. */
  readonly exact?: readonly string[];
  /** Longer phrases that contain one of the above and mean something else. */
  readonly not?: readonly string[];
}

const crypto: readonly AssetAliases[] = [
  {
    asset: 'BTC',
    ticker: 'plain',
    phrases: ['bitcoin', 'bitcoins', 'satoshi nakamoto', 'xbt'],
    not: ['bitcoin cash', 'bitcoin sv', 'bitcoin gold', 'wrapped bitcoin'],
  },
  {
    asset: 'ETH',
    ticker: 'plain',
    phrases: ['ethereum', 'ether', 'vitalik buterin'],
    not: ['ethereum classic'],
  },
  { asset: 'SOL', ticker: 'plain', phrases: ['solana'] },
  { asset: 'XRP', ticker: 'plain', phrases: ['ripple labs', 'xrp ledger'], exact: ['Ripple'] },
  { asset: 'BNB', ticker: 'plain', phrases: ['binance coin', 'bnb chain'] },
  { asset: 'ADA', ticker: 'plain', phrases: ['cardano'] },
  { asset: 'DOGE', ticker: 'plain', phrases: ['dogecoin'], not: ['department of government efficiency'] },
  { asset: 'SHIB', ticker: 'plain', phrases: ['shiba inu'] },
  { asset: 'PEPE', ticker: 'plain', phrases: ['pepe coin', 'pepecoin'] },
  { asset: 'TRX', ticker: 'plain', phrases: ['tron network', 'tron blockchain'] },
  { asset: 'AVAX', ticker: 'plain', phrases: [], exact: ['Avalanche blockchain', 'Avalanche network'] },
  { asset: 'DOT', ticker: 'strict', phrases: ['polkadot'] },
  { asset: 'LINK', ticker: 'strict', phrases: ['chainlink'] },
  { asset: 'LTC', ticker: 'plain', phrases: ['litecoin'] },
  { asset: 'BCH', ticker: 'plain', phrases: ['bitcoin cash'] },
  { asset: 'BSV', ticker: 'plain', phrases: ['bitcoin sv'] },
  { asset: 'ETC', ticker: 'strict', phrases: ['ethereum classic'] },
  { asset: 'XLM', ticker: 'plain', phrases: ['stellar lumens'] },
  { asset: 'XMR', ticker: 'plain', phrases: ['monero'] },
  { asset: 'ZEC', ticker: 'plain', phrases: ['zcash'] },
  { asset: 'POL', ticker: 'strict', phrases: [], exact: ['Polygon'] },
  { asset: 'ATOM', ticker: 'strict', phrases: ['cosmos hub'] },
  { asset: 'UNI', ticker: 'strict', phrases: ['uniswap'] },
  { asset: 'AAVE', ticker: 'plain', phrases: [], exact: ['Aave'] },
  { asset: 'NEAR', ticker: 'strict', phrases: ['near protocol'] },
  { asset: 'OP', ticker: 'strict', phrases: ['optimism network'] },
  { asset: 'ARB', ticker: 'plain', phrases: ['arbitrum'] },
  { asset: 'SUI', ticker: 'plain', phrases: ['sui network', 'sui blockchain'] },
  { asset: 'APT', ticker: 'strict', phrases: [], exact: ['Aptos'] },
  { asset: 'TON', ticker: 'strict', phrases: ['toncoin'] },
  { asset: 'HYPE', ticker: 'strict', phrases: ['hyperliquid'] },
  { asset: 'FIL', ticker: 'plain', phrases: ['filecoin'] },
  { asset: 'ONE', ticker: 'strict', phrases: ['harmony one'] },
  { asset: 'GAS', ticker: 'strict', phrases: [] },
  { asset: 'PUMP', ticker: 'strict', phrases: ['pump.fun'] },
  { asset: 'WIF', ticker: 'plain', phrases: ['dogwifhat'] },
  { asset: 'BONK', ticker: 'plain', phrases: [] },
  { asset: 'USDT', ticker: 'plain', phrases: ['tether'] },
  { asset: 'USDC', ticker: 'plain', phrases: ['usd coin'] },
];

const currencies: readonly AssetAliases[] = [
  {
    asset: 'USD',
    ticker: 'plain',
    phrases: [
      'us dollar',
      'u.s. dollar',
      'dollar index',
      'greenback',
      'federal reserve',
      'fomc',
      'federal open market committee',
    ],
    exact: ['Fed', 'DXY', 'US CPI', 'U.S. CPI', 'nonfarm payrolls', 'Nonfarm Payrolls', 'NFP'],
    not: ['fed up', 'fed ex'],
  },
  {
    asset: 'EUR',
    ticker: 'plain',
    phrases: ['euro', 'european central bank', 'eurozone', 'euro zone', 'euro area'],
    exact: ['ECB'],
    not: ['euro stoxx', 'euro 2024', 'euro 2028', 'digital euro'],
  },
  {
    asset: 'GBP',
    ticker: 'plain',
    phrases: ['sterling', 'british pound', 'pound sterling', 'bank of england'],
    exact: ['BoE', 'BOE', 'UK CPI'],
    not: ['sterling silver', 'sterling bancorp'],
  },
  { asset: 'JPY', ticker: 'plain', phrases: ['yen', 'japanese yen', 'bank of japan'], exact: ['BoJ', 'BOJ'] },
  { asset: 'CHF', ticker: 'plain', phrases: ['swiss franc', 'swiss national bank'], exact: ['SNB'] },
  {
    asset: 'AUD',
    ticker: 'plain',
    phrases: ['australian dollar', 'reserve bank of australia', 'aussie dollar'],
    exact: ['RBA'],
  },
  {
    asset: 'NZD',
    ticker: 'plain',
    phrases: ['new zealand dollar', 'reserve bank of new zealand', 'kiwi dollar'],
    exact: ['RBNZ'],
  },
  {
    asset: 'CAD',
    ticker: 'plain',
    phrases: ['canadian dollar', 'loonie', 'bank of canada'],
    exact: ['BoC', 'BOC'],
    not: ['cad software', 'cad design'],
  },
  { asset: 'SEK', ticker: 'plain', phrases: ['swedish krona', 'riksbank'] },
  { asset: 'NOK', ticker: 'plain', phrases: ['norwegian krone', 'norges bank'] },
  {
    asset: 'XAU',
    ticker: 'plain',
    phrases: ['gold', 'bullion'],
    not: [
      'digital gold',
      'gold medal',
      'gold medals',
      'gold standard',
      'gold 2.0',
      'gold rush',
      'gold coast',
      'gold card',
      'gold star',
      'gold fields',
      'goldman',
      'barrick gold',
      'bitcoin gold',
      "fool's gold",
      'gold mine',
      'olympic gold',
      'gold member',
    ],
  },
  {
    asset: 'XAG',
    ticker: 'plain',
    phrases: ['silver'],
    not: [
      'silver lining',
      'silver medal',
      'silver screen',
      'silver bullet',
      'silver lake',
      'silver spoon',
      'sterling silver jewelry',
    ],
  },
];

export const assetAliases: readonly AssetAliases[] = [...crypto, ...currencies];
export const currencyAssets: ReadonlySet<string> = new Set(currencies.map(({ asset }) => asset));
