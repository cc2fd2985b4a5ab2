// The doors for workflows: the signed call-back at a workflow's end, and the hand-over of its work to our agent.
// What a workflow writes is data of a stranger: it is passed on as it is and interpreted behind the door, never here.
import { z } from 'zod';
import type { TaskCompletion } from '../../shared/bus/catalogue.ts';
import { isMessage } from '../../shared/bus/message.ts';
import { taskKinds, taskStates } from '../../shared/domain/task.ts';
import { type ApiContext, type ApiServer, commandProblems, notFoundProblem } from '../api-context.ts';
import { Problem } from '../problem.ts';
import { idText } from '../schemas/common-bodies.ts';
import { DeadlineError, within } from '../within.ts';

/** Needs no token: its address is signed. */
export const callbackRoute = '/workflows/callback/:taskId';
const callbackBodyBytes = 262_144;
const callbackTimeoutMs = 15_000;
/** An agent answers a scan at once and a health check within seconds; a workflow may wait this long for it. */
const performTimeoutMs = 25_000;

const noDoor = Promise.resolve(undefined);

const performedBody = z
  .object({
    task_id: z.string(),
    kind: z.enum(taskKinds),
    state: z.enum(taskStates),
    ok: z.boolean().describe('The agent finished the work'),
    effect_observed: z.boolean(),
    looked_at: z.number().int(),
    found: z.number().int(),
    summary: z.string(),
    error: z.string().nullable(),
  })
  .meta({ id: 'PerformedTask' });

export function addWorkflowRoutes(app: ApiServer, context: ApiContext): void {
  addCallback(app, context);
  addPerform(app, context);
}

function addCallback(app: ApiServer, { dependencies }: ApiContext): void {
  app.post(
    callbackRoute,
    {
      bodyLimit: callbackBodyBytes,
      schema: {
        tags: ['workflows'],
        summary: 'How a workflow ended; the address is signed and comes with the call of the workflow',
        security: [{}],
        params: z.object({ taskId: idText }),
        querystring: z.object({
          attempt: z.coerce.number().int().min(1).max(100),
          expires: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
          signature: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
        }),
        body: z.unknown(),
        response: {
          200: z.object({
            task_id: z.string(),
            counted: z.boolean().describe('False for a repeated or late call-back: it changed nothing'),
          }),
          ...commandProblems,
        },
      },
    },
    async ({ params: { taskId }, query, body }) => {
      const { attempt, expires, signature } = query;
      const request = { taskId, attempt, expiresAt: expires, signature, reply: body };
      const answer = await confirmed(
        dependencies.workflowDoor?.callback(request) ?? noDoor,
        callbackTimeoutMs,
      );
      if (answer === undefined)
        throw new Problem(
          'unauthorized',
          401,
          'This address was not given out by this system, or has expired.',
        );
      return { task_id: taskId, counted: answer.counted };
    },
  );
}

function addPerform(app: ApiServer, { dependencies }: ApiContext): void {
  const { reader, stream, workflowDoor } = dependencies;
  app.post(
    '/workflows/tasks/:taskId/perform',
    {
      schema: {
        tags: ['workflows'],
        summary: 'Let the agent of a running workflow’s task do its work now, and answer with the result',
        params: z.object({ taskId: idText }),
        body: z
          .strictObject({
            execution_id: z
              .string()
              .regex(/^\d{1,20}$/, 'must be the number of an n8n execution')
              .optional(),
          })
          .nullish(),
        response: { 200: performedBody, ...commandProblems, ...notFoundProblem },
      },
    },
    async ({ params: { taskId }, body }) => {
      const answered = Promise.withResolvers<TaskCompletion>();
      const unsubscribe = stream.subscribe((messages) => {
        for (const message of messages)
          if (isMessage(message, 'task.completed') && message.data.task_id === taskId)
            answered.resolve(message.data);
      });
      try {
        const task = await reader.get('tasks', taskId);
        if (task === undefined) throw new Problem('not-found', 404, 'There is no task with this id.');
        // Asked again after its end, the same answer is given.
        if (!task.open && task.delegated === true && task.result !== null)
          return performed(task.id, task.kind, task.state, task.state === 'succeeded', task.result);
        const receipt = await confirmed(
          workflowDoor?.handOver(taskId, body?.execution_id ?? null) ?? noDoor,
          callbackTimeoutMs,
        );
        const taken = receipt?.messages.some(
          (message) => isMessage(message, 'task.changed') && message.data.id === taskId,
        );
        if (taken !== true && !(task.open && task.delegated === true))
          throw new Problem(
            'refused',
            409,
            `No workflow is under way for this task (${task.state}, ${task.runner}).`,
          );
        const { kind, succeeded, result } = await confirmed(answered.promise, performTimeoutMs);
        const now = await reader.get('tasks', taskId);
        return performed(taskId, kind, now?.state ?? 'running', succeeded, result);
      } finally {
        unsubscribe();
      }
    },
  );
}

function performed(
  task_id: string,
  kind: TaskCompletion['kind'],
  state: z.output<typeof performedBody>['state'],
  ok: boolean,
  { effect_observed, looked_at, found, summary, error }: TaskCompletion['result'],
) {
  return { task_id, kind, state, ok, effect_observed, looked_at, found, summary, error };
}

/** The answer, or a Problem 503 or 504 when none came. */
async function confirmed<Value>(answer: Promise<Value>, timeoutMs: number): Promise<Value> {
  try {
    return await within(timeoutMs, answer);
  } catch (error) {
    if (error instanceof DeadlineError)
      throw new Problem('outcome-unknown', 504, 'The work was asked for but has not been answered in time.');
    if (/shutting down/i.test(error instanceof Error ? error.message : String(error)))
      throw new Problem('shutting-down', 503, 'The system is shutting down; ask again after its start.', {
        headers: { 'retry-after': '5' },
      });
    throw error;
  }
}
