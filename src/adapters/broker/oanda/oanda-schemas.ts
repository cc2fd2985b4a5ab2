// What OANDA's v20 API answers about orders and accounts, read tolerantly: unknown fields are ignored, numbers and
// decimal text are both taken. What lacks a field that money depends on is unreadable, and never guessed.
import { z } from 'zod';
import { decimalText } from '../../../shared/domain/money.ts';

const maxListLength = 10_000;

/** Decimal text, or a number where the venue should have sent text. */
const decimal = z
  .union([
    z
      .string()
      .max(40)
      .regex(/^-?\d+(\.\d+)?$/),
    z.number(),
  ])
  .transform((value) => decimalText(value));
const id = z.union([z.string().min(1).max(64), z.int()]).transform(String);
const instant = z
  .string()
  .max(40)
  .transform((text) => (/^\d+(\.\d+)?$/.test(text) ? Math.round(Number(text) * 1_000) : Date.parse(text)))
  .refine((at) => Number.isSafeInteger(at) && at > 0, 'not an instant');
const extensions = z.object({ id: z.string().max(128).optional() }).optional();

export const orderSchema = z.object({
  id,
  type: z.string().max(40),
  state: z.enum(['PENDING', 'FILLED', 'TRIGGERED', 'CANCELLED']),
  instrument: z.string().max(40).optional(),
  units: decimal.optional(),
  price: decimal.optional(),
  positionFill: z.string().max(40).optional(),
  tradeID: id.optional(),
  clientExtensions: extensions,
  fillingTransactionID: id.optional(),
  cancellingTransactionID: id.optional(),
});
export type OandaOrder = z.infer<typeof orderSchema>;

export const fillSchema = z.object({
  id,
  type: z.literal('ORDER_FILL'),
  orderID: id,
  clientOrderID: z.string().max(128).optional(),
  instrument: z.string().max(40),
  units: decimal,
  price: decimal,
  commission: decimal.optional(),
  time: instant,
  gainQuoteHomeConversionFactor: decimal.optional(),
  homeConversionFactors: z.object({ gainQuoteHome: z.object({ factor: decimal }).optional() }).optional(),
});
export type OandaFill = z.infer<typeof fillSchema>;

const tradeSchema = z.object({ id, instrument: z.string().max(40), currentUnits: decimal });
export type OandaTrade = z.infer<typeof tradeSchema>;

const endSchema = z.object({ id, reason: z.string().max(80).optional() });

export const createdSchema = z.object({
  orderCreateTransaction: z.object({ id }),
  orderFillTransaction: fillSchema.optional(),
  orderCancelTransaction: endSchema.optional(),
});

export const orderAnswerSchema = z.object({ order: orderSchema });
export const ordersAnswerSchema = z.object({ orders: z.array(orderSchema).max(maxListLength) });
export const tradesAnswerSchema = z.object({ trades: z.array(tradeSchema).max(maxListLength) });
export const transactionAnswerSchema = z.object({
  transaction: z.looseObject({ id, type: z.string().max(60) }),
});
export const cancelledSchema = z.object({ orderCancelTransaction: endSchema });

export const summarySchema = z.object({
  account: z.object({
    id: z.string().max(64),
    currency: z.string().max(8),
    balance: decimal,
    hedgingEnabled: z.boolean().optional(),
  }),
});

const side = z.object({ units: decimal, averagePrice: decimal.optional() });
export const positionsSchema = z.object({
  positions: z
    .array(z.object({ instrument: z.string().max(40), long: side, short: side }))
    .max(maxListLength),
});

export const instrumentsSchema = z.object({
  instruments: z
    .array(
      z.object({
        name: z.string().max(40),
        displayPrecision: z.int().min(0).max(12),
        tradeUnitsPrecision: z.int().min(0).max(12),
        minimumTradeSize: decimal,
      }),
    )
    .max(maxListLength),
});

const errorSchema = z.object({
  errorCode: z.string().max(80).optional(),
  errorMessage: z.string().max(400).optional(),
  orderRejectTransaction: z.object({ rejectReason: z.string().max(80).optional() }).optional(),
});

/** The venue's own word for a refusal; undefined when the body is none of its answers. */
export function errorCodeOf(body: unknown): string | undefined {
  const parsed = errorSchema.safeParse(body);
  if (!parsed.success) return undefined;
  const { errorCode, errorMessage, orderRejectTransaction } = parsed.data;
  return orderRejectTransaction?.rejectReason ?? errorCode ?? errorMessage;
}
