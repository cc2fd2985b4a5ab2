// Our symbols and the venue's markets: steps, least amounts, contract sizes. Exact text, taken from the venue.
import { z } from 'zod';
import { type Instrument, instrumentFor } from '../../../shared/domain/instrument.ts';
import { decimalText, divideDecimal, multiplyDecimal } from '../../../shared/domain/money.ts';
import { BrokerRefused } from '../shared/venue-fault.ts';
import type { CcxtExchange } from './ccxt-exchange.ts';

/** ccxt's ways to write a precision: number of decimals, or the step itself. Significant digits give no step. */
const decimalPlacesMode = 2;
const tickSizeMode = 4;

const amount = z.union([z.string(), z.number()]).transform((value) => decimalText(value));
const bound = z.object({ min: amount.nullish() }).nullish();
const marketSchema = z.object({
  symbol: z.string(),
  base: z.string(),
  quote: z.string(),
  active: z.boolean().nullish(),
  swap: z.boolean().nullish(),
  linear: z.boolean().nullish(),
  contractSize: amount.nullish(),
  taker: amount.nullish(),
  precision: z.object({ amount: amount.nullish(), price: amount.nullish() }),
  limits: z.object({ amount: bound, cost: bound }),
  info: z.looseObject({ orderTypes: z.array(z.string()).optional() }).optional(),
});

export interface VenueMarket {
  /** The house's symbol. */
  readonly symbol: string;
  /** ccxt's name of the market. */
  readonly market: string;
  readonly base: string;
  readonly quote: string;
  readonly swap: boolean;
  readonly instrument: Instrument;
  /** Base units of one contract; 1 where amounts are base units. */
  readonly contractSize: string;
  readonly takerFee: string;
  readonly orderTypes: readonly string[];
}

/** Throws BrokerRefused naming the symbols that the venue does not list, does not trade now, or that are no linear contract. */
export function marketsOf(
  exchange: CcxtExchange,
  symbols: readonly string[],
): ReadonlyMap<string, VenueMarket> {
  const found = new Map<string, VenueMarket>();
  const refused: string[] = [];
  for (const symbol of symbols) {
    const market = marketOf(exchange, symbol);
    if (market === undefined) refused.push(symbol);
    else found.set(symbol, market);
  }
  if (refused.length > 0)
    throw new BrokerRefused(
      `${exchange.id} does not trade ${refused.join(', ')}. Fix: correct ATO_UNIVERSE, or choose another ATO_CCXT_EXCHANGE.`,
    );
  return found;
}

function marketOf(exchange: CcxtExchange, symbol: string): VenueMarket | undefined {
  const known = instrumentFor(symbol);
  if (known === undefined) return undefined;
  const spot = `${known.base}/${known.quote}`;
  const name = isPerpetual(symbol) ? `${spot}:${known.quote}` : spot;
  const parsed = marketSchema.safeParse(exchange.markets?.[name]);
  if (!parsed.success || parsed.data.active === false) return undefined;
  const { base, quote, swap, linear, taker, precision, limits, info } = parsed.data;
  if (swap === true && linear === false) return undefined;
  const contractSize = swap === true ? (parsed.data.contractSize ?? '1') : '1';
  const quantityStep = stepOf(exchange.precisionMode, precision.amount) ?? known.quantityStep;
  const minimum = limits.amount?.min;
  return {
    symbol,
    market: name,
    base,
    quote,
    swap: swap === true,
    contractSize,
    takerFee: taker ?? '0.001',
    orderTypes: info?.orderTypes ?? [],
    instrument: {
      ...known,
      priceStep: stepOf(exchange.precisionMode, precision.price) ?? known.priceStep,
      quantityStep: multiplyDecimal(quantityStep, contractSize),
      minimumNotional: limits.cost?.min ?? known.minimumNotional,
      ...(minimum === undefined || minimum === null
        ? {}
        : { minimumQuantity: multiplyDecimal(minimum, contractSize) }),
    },
  };
}

export function isPerpetual(symbol: string): boolean {
  return symbol.endsWith('-PERP');
}

/** Quantity in base units as the venue counts it. */
export function toContracts(market: VenueMarket, quantity: string): string {
  return market.contractSize === '1' ? quantity : divideDecimal(quantity, market.contractSize);
}

export function fromContracts(market: VenueMarket, contracts: string): string {
  return market.contractSize === '1' ? contracts : multiplyDecimal(contracts, market.contractSize);
}

function stepOf(mode: number, precision: string | null | undefined): string | undefined {
  if (precision === null || precision === undefined) return undefined;
  if (mode === tickSizeMode) return precision;
  if (mode !== decimalPlacesMode) return undefined;
  const places = Number(precision);
  return places <= 0 ? decimalText(10 ** -places) : `0.${'0'.repeat(places - 1)}1`;
}
