// GET /explain/:id: the story of one decision, signal or order. Reads committed rows only.
import { z } from 'zod';
import { type ApiContext, type ApiServer, notFoundProblem, readProblems } from '../api-context.ts';
import { positionRow } from '../position-row.ts';
import { Problem } from '../problem.ts';
import { idText } from '../schemas/common-bodies.ts';
import { decisionBody, signalBody, taskBody } from '../schemas/decision-bodies.ts';
import { fillBody, orderBody, positionBody, refusalBody } from '../schemas/trading-bodies.ts';
import { storyOf } from '../story.ts';
import { toWireForm } from '../wire-form.ts';

export const storyBody = z.object({
  id: z.string(),
  decision: decisionBody.nullable(),
  tasks: z.array(taskBody),
  signals: z.array(signalBody),
  refusals: z.array(refusalBody),
  orders: z.array(orderBody),
  fills: z.array(fillBody),
  // Settled facts only: what an open position is worth now is not part of its story.
  positions: z.array(positionBody.omit({ mark_price: true, unrealised_profit: true })),
  lines: z.array(z.string()).describe('The story in words, in order of time'),
});

export function addExplainRoutes(app: ApiServer, { dependencies: { reader } }: ApiContext): void {
  app.get(
    '/explain/:id',
    {
      schema: {
        tags: ['status'],
        summary: 'The story of one decision, signal or order, from observation to settlement',
        params: z.object({ id: idText }),
        response: { 200: storyBody, ...readProblems, ...notFoundProblem },
      },
    },
    async ({ params: { id } }) => {
      const story = await storyOf(id, reader);
      if (story === undefined) throw new Problem('not-found', 404, 'Nothing is known under this id.');
      return { ...toWireForm(story), positions: story.positions.map(positionRow) };
    },
  );
}
