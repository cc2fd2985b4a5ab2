// A price as venues write it: a number, or one as decimal text. Nothing else is a price.
import { z } from 'zod';

const maxChars = 40;

/** Positive and finite; text must be plain decimal, so that no word or hexadecimal slips through as a number. */
export const venuePrice = z
  .union([
    z
      .string()
      .max(maxChars)
      .regex(/^\d+(\.\d+)?$/),
    z.number(),
  ])
  .transform(Number)
  .refine((value) => value > 0 && Number.isFinite(value));
