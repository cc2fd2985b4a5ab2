// Shape of an instrument in answers.
import { z } from 'zod';
import { instrumentKinds } from '../../shared/domain/instrument.ts';
import { decimal } from './common-bodies.ts';

export const instrumentBody = z
  .object({
    symbol: z.string(),
    kind: z.enum(instrumentKinds),
    asset_class: z.enum(['crypto', 'forex']),
    base: z.string(),
    quote: z.string(),
    price_step: decimal,
    price_precision: z.number().int().describe('Digits behind the point'),
    pip: decimal.describe('The price step where the market knows no pips'),
    quantity_step: decimal,
    minimum_notional: decimal,
    typical_spread: z.number().describe('Full spread as a fraction of the price'),
    calendar: z.enum(['always', 'forex']),
    chain: z.string().nullable().describe('DEX tokens only'),
    address: z.string().nullable().describe('DEX tokens only'),
    sources: z.array(z.string()).describe('Real sources that can serve it, best first'),
    served_by: z.array(z.string()).describe('Sources of this run that serve it'),
    followed: z.boolean().describe('Whether it is in the universe of this run'),
  })
  .meta({ id: 'Instrument' });
export type InstrumentBody = z.output<typeof instrumentBody>;
