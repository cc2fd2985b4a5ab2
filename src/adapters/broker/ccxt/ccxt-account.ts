// Balances and positions as ccxt tells them. What cannot be read is refused whole; a missing balance is not zero money
// unless the venue listed its balances.
import { z } from 'zod';
import { type DecimalText, decimalText } from '../../../shared/domain/money.ts';

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

export const positionsSchema = z
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
