// Codes the registry knows: fiat currencies and metals by ISO 4217, quote assets of crypto venues, well-known coins.
// Knowing a coin only makes suggestions better; a coin that is not listed here is traded all the same.

/** Currencies with a forex market of their own. */
export const fiatCodes: ReadonlySet<string> = new Set(
  (
    'USD EUR GBP JPY CHF AUD NZD CAD SEK NOK DKK PLN CZK HUF RON TRY ZAR MXN BRL ' +
    'SGD HKD CNH CNY THB INR KRW IDR MYR PHP TWD ILS SAR AED KWD CLP COP'
  ).split(' '),
);

/** Gold, silver, platinum and palladium, quoted per troy ounce. */
export const metalCodes: ReadonlySet<string> = new Set(['XAU', 'XAG', 'XPT', 'XPD']);

/** Quote currencies whose pip is 0.01, by the pip locations brokers publish; all others have 0.0001. */
export const coarsePipCodes: ReadonlySet<string> = new Set(['JPY', 'HUF', 'THB', 'INR', 'KRW', 'IDR', 'PHP']);

/** What crypto is quoted in, longest first, so that FDUSD is not taken for a coin FD in USD. */
export const cryptoQuotes: readonly string[] = [
  'FDUSD',
  ...['USDT', 'USDC', 'BUSD'],
  ...['DAI', 'BTC', 'ETH', 'BNB', 'EUR', 'USD', 'GBP', 'AUD', 'JPY', 'TRY', 'BRL'],
];

/** Quotes that follow a currency one to one. */
export const stableCoins: ReadonlySet<string> = new Set(['USDT', 'USDC', 'FDUSD', 'BUSD', 'DAI']);

/** Coins with long-standing liquid markets, most traded first; the order ranks suggestions. */
export const wellKnownCoins: readonly string[] = (
  'BTC ETH SOL XRP BNB DOGE ADA TRX AVAX LINK TON SUI SHIB DOT BCH LTC PEPE UNI NEAR APT ICP ETC XLM ATOM HBAR FIL ' +
  'ARB OP INJ WIF BONK FLOKI POPCAT PNUT TRUMP JUP RAY PYTH JTO RENDER TIA SEI IMX STX ALGO VET FTM AAVE MKR GRT LDO ' +
  'CRV SNX COMP SUSHI SAND MANA AXS GALA CHZ ENA WLD ONDO ORDI KAS XMR ZEC DASH EOS XTZ THETA EGLD FLOW KAVA ZIL ' +
  'PAXG XAUT HYPE VIRTUAL FARTCOIN PENGU MOODENG BOME MEW BTT LUNA LUNC ZRO STRK BLUR DYDX GMX RUNE CAKE'
).split(' ');
