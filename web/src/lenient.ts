// Forgiving zod pieces for reading the API. A missing or odd field becomes null, shown as "unknown";
// nothing here may throw, and nothing may guess a value that was not sent.
import { config, z } from 'zod';

// The policy of the page forbids generated code; without this zod probes for it and the browser reports that.
config({ jitless: true });

export const text = z.string().nullable().catch(null);
export const flag = z.boolean().nullable().catch(null);
export const figure = z.number().nullable().catch(null);

/** A number that may travel as decimal text. For display only, never for the ledger. */
export const amount = z
  .union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/)])
  .transform(Number)
  .nullable()
  .catch(null);

/** An instant as epoch milliseconds or ISO 8601 text, read as epoch milliseconds. */
export const instant = z
  .union([z.number(), z.string()])
  .transform((value) => (typeof value === 'number' ? value : Date.parse(value)))
  .refine((value) => Number.isFinite(value))
  .nullable()
  .catch(null);

export const texts = z.array(z.string()).catch([]);

/** Named numbers; entries that are not numbers are left out. */
export const figures = z
  .record(z.string(), z.unknown())
  .catch({})
  .transform((record) =>
    Object.fromEntries(
      Object.entries(record).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
    ),
  );

/** A list in which unreadable rows are dropped instead of spoiling the rest. */
export function rows<Row>(row: z.ZodType<Row>) {
  return z
    .array(z.unknown())
    .catch([])
    .transform((items) =>
      items.flatMap((item) => {
        const read = row.safeParse(item);
        return read.success ? [read.data] : [];
      }),
    );
}

/** The list inside an answer: the answer itself, or the first list under one of its fields. */
export function listIn(body: unknown): unknown[] {
  if (Array.isArray(body)) return body;
  if (typeof body !== 'object' || body === null) return [];
  const found = Object.values(body).find((value) => Array.isArray(value));
  return Array.isArray(found) ? found : [];
}
