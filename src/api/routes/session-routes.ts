// Which forex sessions are open, at any instant. Computed from the calendar alone.
import { z } from 'zod';
import { earliestInstant, latestInstant, sessionReport } from '../../shared/domain/session-report.ts';
import { sessionCalendar } from '../../shared/domain/sessions.ts';
import { type ApiContext, type ApiServer, readProblems } from '../api-context.ts';
import { instantQuery } from '../schemas/common-bodies.ts';
import { sessionsBody } from '../schemas/session-bodies.ts';

export function addSessionRoutes(app: ApiServer, { dependencies }: ApiContext): void {
  const calendar = sessionCalendar(dependencies.sessionRules);
  app.get(
    '/markets/sessions',
    {
      schema: {
        tags: ['markets'],
        summary: 'Open forex sessions, overlaps and the next change',
        querystring: z.object({
          at: instantQuery
            .refine((at) => at >= earliestInstant && at < latestInstant, 'must lie between 1971 and 2100')
            .optional()
            .describe('Default: now'),
        }),
        response: { 200: sessionsBody, ...readProblems },
      },
    },
    async ({ query: { at } }) => sessionReport(calendar, at ?? dependencies.runtime().now),
  );
}
