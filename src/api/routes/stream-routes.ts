// The event stream for pages, and the metrics for Prometheus.
import { z } from 'zod';
import { type ApiContext, type ApiServer, readProblems } from '../api-context.ts';
import { Problem } from '../problem.ts';
import { within } from '../within.ts';

const maxEventIdChars = 100;
const storeAnswerTimeoutMs = 1_000;

export function addStreamRoutes(app: ApiServer, context: ApiContext): void {
  addEvents(app, context);
  addMetrics(app, context);
}

function addEvents(app: ApiServer, { dependencies, hub }: ApiContext): void {
  app.get(
    '/events',
    {
      exposeHeadRoute: false,
      schema: {
        tags: ['events'],
        summary: 'Server-sent events of everything committed; see docs/api.md for the event types',
        querystring: z.object({
          token: z.string().optional().describe('The API token, for EventSource, which cannot send headers'),
        }),
        produces: ['text/event-stream'],
        response: { ...readProblems },
      },
    },
    (request, reply) => {
      if (hub.full)
        throw new Problem('too-many-streams', 503, 'As many event streams are open as the server serves.', {
          headers: { 'retry-after': '10' },
        });
      const facts = dependencies.runtime();
      const given = request.headers['last-event-id'];
      const lastEventId =
        typeof given === 'string' && given !== '' ? given.slice(0, maxEventIdChars) : undefined;
      reply.hijack();
      reply.raw.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      const { version, run_mode, data_kind, journal } = facts;
      hub.add(reply.raw, { version, run_mode, data_kind, journal_sequence: journal.sequence }, lastEventId);
    },
  );
}

function addMetrics(app: ApiServer, { dependencies, metrics, live, hub }: ApiContext): void {
  const deadLetters = () =>
    within(storeAnswerTimeoutMs, dependencies.reader.count('dead_letters')).catch(() => null);
  app.get(
    '/metrics',
    {
      schema: {
        tags: ['health'],
        summary: 'Prometheus metrics',
        produces: ['text/plain'],
        response: { 200: z.string(), ...readProblems },
      },
    },
    async (_request, reply) => {
      const http = { streamClients: hub.clients, streamDropped: hub.dropped };
      const own = await metrics.render(dependencies.runtime(), live, http, await deadLetters());
      return reply.type(metrics.contentType).send(own);
    },
  );
}
