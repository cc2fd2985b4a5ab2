// Candidates of universe discovery, each with the filters it passed and failed. Only reads.
import { z } from 'zod';
import { candidateVerdicts } from '../../shared/domain/candidate.ts';
import { type ApiContext, type ApiServer, readProblems } from '../api-context.ts';
import { candidateBody } from '../schemas/candidate-bodies.ts';
import { defaultListRows, limitQuery } from '../schemas/common-bodies.ts';
import { where } from '../where.ts';
import { toWireForm } from '../wire-form.ts';

export function addCandidateRoutes(app: ApiServer, { dependencies: { reader } }: ApiContext): void {
  app.get(
    '/markets/candidates',
    {
      schema: {
        tags: ['markets'],
        summary:
          'Tokens that discovery found, newest first, with their filters and what is known of their safety',
        querystring: z.object({
          limit: limitQuery(defaultListRows),
          verdict: z.enum(candidateVerdicts).optional(),
          chain: z
            .string()
            .regex(/^[a-z0-9-]{2,32}$/, 'must be a chain such as solana')
            .optional(),
        }),
        response: { 200: z.object({ candidates: z.array(candidateBody) }), ...readProblems },
      },
    },
    async ({ query: { limit, verdict, chain } }) => ({
      candidates: toWireForm(await reader.list('candidates', { limit, ...where({ verdict, chain }) })),
    }),
  );
}
