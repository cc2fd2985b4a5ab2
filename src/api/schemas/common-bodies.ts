// Pieces that answers and queries share: instants, decimals, page sizes, symbols.
import { z } from 'zod';
import { canonicalSymbol } from '../../shared/domain/instrument.ts';

export const instant = z.iso.datetime().describe('ISO 8601, UTC');
export const decimal = z
  .string()
  .regex(/^-?\d+(\.\d+)?$/)
  .describe('Exact decimal as text');

/** Rows per answer when the client does not say. */
export const defaultListRows = 50;
/** Most rows in one answer; the stores read no more than 1,000 at once. */
export const maxListRows = 1_000;

/** Page size in a query. */
export function limitQuery(fallback: number, most: number = maxListRows) {
  return z.coerce
    .number('must be a whole number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(most, `must be at most ${most}`)
    .default(fallback)
    .describe(`Rows at most, 1 to ${most}`);
}

/** BTCUSDT, EURUSD, or `chain:address` of a DEX token, whose case is kept where it counts. */
export const symbolText = z
  .string()
  .overwrite(canonicalSymbol)
  .regex(
    /^(?:[A-Z0-9][A-Z0-9-]{3,31}|[a-z]{2,12}:[A-Za-z0-9]{20,50})$/,
    'must be a symbol such as BTCUSDT or EURUSD',
  );

/** An instant in a query: ISO 8601 with a zone, or epoch milliseconds; read as epoch milliseconds. */
export const instantQuery = z
  .string()
  .max(40)
  .transform((value, context) => {
    const at = /^\d{1,15}$/.test(value)
      ? Number(value)
      : z.iso.datetime({ offset: true }).safeParse(value).success
        ? Date.parse(value)
        : Number.NaN;
    if (Number.isFinite(at)) return at;
    context.addIssue('must be ISO 8601 with a zone, such as 2026-01-31T12:00:00Z, or epoch milliseconds');
    return z.NEVER;
  });

export const flagQuery = z.enum(['true', 'false']).transform((value) => value === 'true');

/**
 * Text a person wrote, kept for the record. Control characters and broken surrogates are refused: a database
 * cannot store them, and a commit that fails would stop the system.
 */
export function writtenText(maxChars: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(maxChars)
    .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), 'must be one line of readable text');
}

/** An id in a path: printable ASCII, as all ids of the system are. */
export const idText = z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be an id');
