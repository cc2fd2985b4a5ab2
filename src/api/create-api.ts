// Builds the HTTP API: guards first, then routes over read models fed by the committed stream. It must never
// decide, never trade, and never show the inside of an error.
import { performance } from 'node:perf_hooks';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { ApiContext, ApiServer } from './api-context.ts';
import type { ApiDependencies } from './api-dependencies.ts';
import { assertBindAllowed } from './bind-guard.ts';
import { EventHub, type EventHubLimits } from './event-hub.ts';
import { refuseUnknownQuery } from './known-query.ts';
import { LiveView } from './live-view.ts';
import { MetricsCollector } from './metrics/metrics-collector.ts';
import { Problem, toProblem } from './problem.ts';
import { RecentCandles } from './recent-candles.ts';
import { guardRequest } from './request-guard.ts';
import { addAlertRoutes } from './routes/alert-routes.ts';
import { addCandidateRoutes } from './routes/candidate-routes.ts';
import { addControlRoutes } from './routes/control-routes.ts';
import { addExplainRoutes } from './routes/explain-routes.ts';
import { addHealthRoutes } from './routes/health-routes.ts';
import { addInstrumentRoutes } from './routes/instrument-routes.ts';
import { addLearningRoutes } from './routes/learning-routes.ts';
import { addMarketRoutes } from './routes/market-routes.ts';
import { addNewsRoutes } from './routes/news-routes.ts';
import { addOrchestratorRoutes } from './routes/orchestrator-routes.ts';
import { addPageRoutes } from './routes/page-routes.ts';
import { addSessionRoutes } from './routes/session-routes.ts';
import { addStreamRoutes } from './routes/stream-routes.ts';
import { addTradingRoutes } from './routes/trading-routes.ts';
import { addWorkflowRoutes } from './routes/workflow-routes.ts';

export interface ApiLimits {
  readonly maxBodyBytes: number;
  readonly readsPerMinute: number;
  readonly commandsPerMinute: number;
  readonly events: Partial<EventHubLimits>;
}

const defaultApiLimits: ApiLimits = {
  maxBodyBytes: 16_384,
  readsPerMinute: 3_000,
  commandsPerMinute: 120,
  events: {},
};

const requestTimeoutMs = 15_000;
const keepAliveTimeoutMs = 10_000;
const maxParamChars = 200;
const maxUrlCharsLogged = 200;
const minuteMs = 60_000;
const problemType = 'application/problem+json; charset=utf-8';

/**
 * Builds the API; call `listen({ host, port })` to open it and `close()` to end it, open streams included.
 * Throws Error naming the fix when the bind address needs a token.
 */
export async function createApi(
  dependencies: ApiDependencies,
  limits: Partial<ApiLimits> = {},
): Promise<FastifyInstance> {
  assertBindAllowed(dependencies.bindAddress, dependencies.apiToken);
  const bounds = { ...defaultApiLimits, ...limits };
  const app = newServer(bounds.maxBodyBytes);
  const context = await newContext(app, dependencies, bounds);
  addErrorAnswers(app, context);
  await addProtection(app, context, bounds);
  await addDocumentation(app);
  refuseUnknownQuery(app);
  addHealthRoutes(app, context);
  addOrchestratorRoutes(app, context);
  addLearningRoutes(app, context);
  addExplainRoutes(app, context);
  addTradingRoutes(app, context);
  addMarketRoutes(app, context);
  addNewsRoutes(app, context);
  addSessionRoutes(app, context);
  addInstrumentRoutes(app, context);
  addCandidateRoutes(app, context);
  addControlRoutes(app, context);
  addWorkflowRoutes(app, context);
  addAlertRoutes(app, context);
  addStreamRoutes(app, context);
  await addPageRoutes(app, context);
  await app.ready();
  return app as unknown as FastifyInstance;
}

function newServer(bodyLimit: number): ApiServer {
  const app = Fastify({
    bodyLimit,
    logger: false,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: maxParamChars },
    frameworkErrors: (error, _request, reply) =>
      sendProblem(reply as unknown as FastifyReply, toProblem(error)),
    clientErrorHandler: (_error, socket) => {
      if (socket.destroyed) return;
      const body = JSON.stringify(new Problem('invalid-request', 400, 'This is not readable HTTP.').body());
      socket.end(
        `HTTP/1.1 400 Bad Request\r\nContent-Type: ${problemType}\r\n` +
          `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
      );
    },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  // Rows were checked when they were written and their types are checked against the schemas at compile time,
  // so answers are not parsed again: a new enum value in an old client must not become a 500.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  // Only JSON is read: text/plain would let another site's form post commands without asking first.
  app.removeAllContentTypeParsers();
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else parseJson(request, body as string, done);
  });
  return app;
}

async function newContext(
  app: ApiServer,
  dependencies: ApiDependencies,
  bounds: ApiLimits,
): Promise<ApiContext> {
  const { log, reader, stream } = dependencies;
  const live = new LiveView();
  const candles = new RecentCandles();
  const metrics = new MetricsCollector();
  const hub = new EventHub(bounds.events);
  let lastCommit = performance.now();
  const unsubscribe = stream.subscribe((messages) => {
    lastCommit = performance.now();
    try {
      for (const message of messages) {
        live.observe(message);
        metrics.observe(message);
        hub.observe(message);
        if (message.message_type === 'market.candle') candles.add(message.data);
        if (message.message_type === 'market.history') candles.addHistory(message.data);
      }
    } catch (error) {
      // Showing must never stop what is shown.
      log.error({ error: describe(error) }, 'the API could not follow the stream');
    }
  });
  app.addHook('preClose', async () => {
    unsubscribe();
    hub.close();
  });
  const primed = await Promise.allSettled([live.prime(reader), metrics.prime(reader)]);
  for (const result of primed) {
    if (result.status === 'rejected')
      log.warn(
        { error: describe(result.reason) },
        'the API starts its counts at zero: the store did not answer',
      );
  }
  return { dependencies, live, candles, metrics, hub, msSinceCommit: () => performance.now() - lastCommit };
}

async function addProtection(app: ApiServer, context: ApiContext, bounds: ApiLimits): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // The server speaks plain HTTP; a proxy that adds TLS adds this too.
    strictTransportSecurity: false,
    referrerPolicy: { policy: 'no-referrer' },
  });
  await app.register(rateLimit, {
    global: false,
    timeWindow: minuteMs,
    max: (request) => (isRead(request) ? bounds.readsPerMinute : bounds.commandsPerMinute),
    keyGenerator: (request) => `${isRead(request) ? 'read' : 'command'}/${request.ip}`,
    allowList: (request) => request.routeOptions.url === '/health',
    errorResponseBuilder: (_request, { ttl }) =>
      new Problem('too-many-requests', 429, `Try again in ${Math.ceil(ttl / 1_000)} s.`),
  });
  // As a hook of the whole server, so that wrong tokens and unknown paths count too.
  app.addHook('onRequest', app.rateLimit());
  const { apiToken, bindAddress } = context.dependencies;
  app.addHook('onRequest', async (request) => guardRequest(request, { apiToken, bindAddress }));
  app.addHook('onSend', async (_request, reply) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    context.metrics.countRequest(request.method, route, reply.statusCode, reply.elapsedTime);
  });
}

function isRead(request: FastifyRequest): boolean {
  return request.method === 'GET' || request.method === 'HEAD';
}

async function addDocumentation(app: ApiServer): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'AI Trading Orchestrator',
        description:
          'Instants are ISO 8601 in UTC, amounts of the ledger exact decimals as text. See docs/api.md.',
        version: '1',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{}, { token: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP:
      "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  });
}

/** Methods served per path pattern, to tell a wrong method from an unknown path. */
function collectRoutes(app: ApiServer): (path: string) => string[] {
  const routes: { readonly pattern: RegExp; readonly method: string }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    if (url.includes('*')) return;
    const pattern = new RegExp(`^${url.replaceAll('.', '\\.').replaceAll(/:[^/]+/g, '[^/]+')}$`);
    for (const name of [method].flat()) routes.push({ pattern, method: name });
  });
  return (path) => [
    ...new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)),
  ];
}

function addErrorAnswers(app: ApiServer, { dependencies: { log } }: ApiContext): void {
  const methodsOf = collectRoutes(app);
  app.setNotFoundHandler((request) => {
    const [path = '/'] = request.url.split('?');
    const allowed = methodsOf(path);
    if (allowed.length > 0 && !allowed.includes(request.method))
      throw new Problem('method-not-allowed', 405, `This path takes ${allowed.join(', ')}.`, {
        headers: { allow: allowed.join(', ') },
      });
    throw new Problem('not-found', 404, 'There is nothing at this path.');
  });
  app.setErrorHandler((error, request, reply) => {
    const problem = toProblem(error);
    if (problem.statusCode >= 500) {
      const route = request.url.split('?')[0]?.slice(0, maxUrlCharsLogged);
      // A refusal of our own is no failure of ours: one line says it all.
      if (error instanceof Problem)
        log.warn(
          { method: request.method, route, request_id: request.id, reason: error.message },
          'a request could not be served',
        );
      else
        log.error(
          { method: request.method, route, request_id: request.id, error: describe(error) },
          'a request failed',
        );
    }
    return sendProblem(reply as unknown as FastifyReply, problem);
  });
}

function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply
    .code(problem.statusCode)
    .headers(problem.headers)
    .header('cache-control', 'no-store')
    .header('content-type', problemType)
    .serializer(JSON.stringify)
    .send(problem.body());
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
