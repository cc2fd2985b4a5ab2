// Balances and positions as ccxt tells them. What cannot be read is refused whole; a missing balance is not zero money
// unless the venue listed its balances.
import { z } from 'zod';
import type { BrokerPosition, UnansweredSymbol } from '../../../shared/bus/catalogue.ts';
import {
  addDecimal,
  type DecimalText,
  decimalText,
  isZeroDecimal,
  negateDecimal,
} from '../../../shared/domain/money.ts';
import { VenueFault } from '../shared/venue-fault.ts';
import type { AccountTruth } from '../shared/venue-link.ts';
import { fromContracts, type VenueMarket } from './ccxt-markets.ts';

const amount = z
  .union([z.string().max(60), z.number()])
  .refine((value) => Number.isFinite(Number(value)), 'not a number')
  .transform((value) => decimalText(value));
const byCurrency = z.record(z.string().max(40), amount.nullish()).transform((record) => {
  const known: Record<string, DecimalText> = {};
  for (const [currency, value] of Object.entries(record))
    if (value !== null && value !== undefined) known[currency] = value;
  return known;
});
const asset = z.looseObject({ asset: z.string().optional(), walletBalance: amount.optional() });

export const balanceSchema = z.looseObject({
  free: byCurrency,
  total: byCurrency,
  info: z
    .looseObject({
      uid: z.union([z.string(), z.number()]).nullish(),
      assets: z.array(asset).optional(),
    })
    .nullish()
    .catch(undefined),
});

const positionsSchema = z
  .array(
    z.object({
      symbol: z.string().max(60),
      side: z.enum(['long', 'short']).nullish(),
      contracts: amount.nullish().transform((value) => value ?? '0'),
      entryPrice: amount.nullish(),
    }),
  )
  .max(5_000);

/**
 * Money settled in this currency: the wallet balance of a derivatives account, which open profit does not move, else the
 * total of a spot account. Undefined where the venue does not tell it.
 */
export function settledBalance(
  balance: z.infer<typeof balanceSchema>,
  currency: string,
): DecimalText | undefined {
  const assets = balance.info?.assets;
  if (assets === undefined) return balance.total[currency];
  return assets.find((entry) => entry.asset === currency)?.walletBalance;
}

/** On spot the account holds the user's own coins too: only less than ours would be a difference. */
export function spotTruth(
  { total }: z.infer<typeof balanceSchema>,
  markets: Iterable<VenueMarket>,
): AccountTruth {
  const positions = [...markets].map((market) => ({
    symbol: market.symbol,
    quantity: total[market.base] ?? '0',
    average_price: null,
    shared: true,
  }));
  return { cash: null, positions, unanswered: [] };
}

/** Throws VenueFault `unknown` when the positions cannot be read. */
export function swapTruth(
  balance: z.infer<typeof balanceSchema>,
  answer: unknown,
  markets: Iterable<VenueMarket>,
): AccountTruth {
  const read = positionsSchema.safeParse(answer);
  if (!read.success) throw new VenueFault('unknown', 'the list of positions is not readable');
  const known = [...markets];
  const positions: BrokerPosition[] = [];
  const unanswered: UnansweredSymbol[] = [];
  for (const position of read.data) {
    const market = known.find((one) => one.market === position.symbol);
    if (market === undefined || isZeroDecimal(position.contracts)) continue;
    const size = fromContracts(market, position.contracts);
    if (positions.some((other) => other.symbol === market.symbol))
      unanswered.push({ symbol: market.symbol, reason: 'the account holds both sides (hedge mode)' });
    positions.push({
      symbol: market.symbol,
      quantity: position.side === 'short' ? negateDecimal(size) : size,
      average_price: position.entryPrice ?? null,
    });
  }
  const cash = settledBalance(balance, known[0]?.quote ?? 'USDT');
  return { cash: cash === undefined ? null : addDecimal(cash, '0'), positions, unanswered };
}
