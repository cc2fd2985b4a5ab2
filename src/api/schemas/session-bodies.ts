// The shape of the session answer.
import { z } from 'zod';
import { forexSessions } from '../../shared/domain/session-rules.ts';
import { instant } from './common-bodies.ts';

const session = z.enum(forexSessions);
const market = z.enum(['open', 'closed']);

export const sessionsBody = z.object({
  at: instant,
  open: z.array(session).describe('In the order Sydney, Tokyo, London, New York'),
  overlaps: z.array(z.object({ sessions: z.tuple([session, session]), from: instant, until: instant })),
  market: market.describe('The forex week; closed on weekends and on holidays that close it'),
  holiday: z
    .object({ name: z.string(), effect: z.enum(['closed', 'early_close', 'thin']) })
    .nullable()
    .describe('The holiday of this trading day; thin means open but quiet'),
  next_change: z.object({
    at: instant,
    in_seconds: z.number(),
    opens: z.array(session),
    closes: z.array(session),
    open: z.array(session).describe('What is open from then on'),
    market,
  }),
});
