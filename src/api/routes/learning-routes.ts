// What the orchestrator has learnt and how sure it is. Only reads.
import { type ApiContext, type ApiServer, notFoundProblem, readProblems } from '../api-context.ts';
import { Problem } from '../problem.ts';
import { learningBody } from '../schemas/learning-bodies.ts';
import { toWireForm } from '../wire-form.ts';

export function addLearningRoutes(app: ApiServer, { dependencies }: ApiContext): void {
  app.get(
    '/orchestrator/learning',
    {
      schema: {
        tags: ['orchestrator'],
        summary: 'What past decisions taught, by situation, and how sure that is',
        response: { 200: learningBody, ...readProblems, ...notFoundProblem },
      },
    },
    async () => {
      const learning = dependencies.learning?.();
      if (learning === undefined) throw new Problem('not-found', 404, 'No orchestrator is at hand.');
      return { at: new Date(dependencies.runtime().now).toISOString(), ...toWireForm(learning) };
    },
  );
}
