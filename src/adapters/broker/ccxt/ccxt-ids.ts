// Which exchanges can be asked for an order by our own id, and how our id looks there. One that cannot be asked is not
// traded on: after a timeout nobody could tell whether the order exists.

/** By ccxt 4.5's sources: exchanges whose fetchOrder and cancelOrder take a client order id. */
const askedById: ReadonlySet<string> = new Set([
  'aster',
  'binance',
  'binanceus',
  'binanceusdm',
  'bitget',
  'hashkey',
  'htx',
  'mexc',
  'myokx',
  'okx',
  'okxus',
  'phemex',
  'woo',
]);
/** These take letters and digits only. */
const withoutDash: ReadonlySet<string> = new Set(['myokx', 'okx', 'okxus']);
const plainId = /^ord([0-9a-f]{20})$/;

export function canBeAskedById(exchange: string): boolean {
  return askedById.has(exchange);
}

/** Our client order id as the exchange takes it. */
export function venueIdOf(exchange: string, clientOrderId: string): string {
  return withoutDash.has(exchange) ? clientOrderId.replace('-', '') : clientOrderId;
}

/** The way back; ids that are not ours stay as they are. */
export function ourIdOf(exchange: string, venueId: string): string {
  const hex = withoutDash.has(exchange) ? plainId.exec(venueId)?.[1] : undefined;
  return hex === undefined ? venueId : `ord-${hex}`;
}
