// What the routes share: the dependencies and the read models fed by the stream. It must never hold a decision.
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { ApiDependencies } from './api-dependencies.ts';
import type { EventHub } from './event-hub.ts';
import type { LiveView } from './live-view.ts';
import type { MetricsCollector } from './metrics/metrics-collector.ts';
import { problemBody } from './problem.ts';
import type { RecentCandles } from './recent-candles.ts';

/** The fastify instance whose routes are typed by zod schemas. */
export type ApiServer = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export interface ApiContext {
  readonly dependencies: ApiDependencies;
  readonly live: LiveView;
  readonly candles: RecentCandles;
  readonly metrics: MetricsCollector;
  readonly hub: EventHub;
  /** Milliseconds since a commit was last heard on the stream, or since the API was made. */
  readonly msSinceCommit: () => number;
}

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemBody } },
});

/** Problem answers every reading route may give, for the documentation. */
export const readProblems = {
  400: problem('The request is not valid'),
  401: problem('A valid token is needed'),
  403: problem('Foreign Host'),
  429: problem('Too many requests'),
  500: problem('Something went wrong inside'),
} as const;

/** Problem answers every command route may give, for the documentation. */
export const commandProblems = {
  ...readProblems,
  403: problem('Foreign Host or Origin'),
  409: problem('The system refused the command'),
  413: problem('The body is too large'),
  415: problem('Only application/json is read'),
  503: problem('Shutting down; the command was not taken'),
  504: problem('No answer in time, the outcome is unknown'),
} as const;

export const notFoundProblem = { 404: problem('There is nothing here') } as const;
