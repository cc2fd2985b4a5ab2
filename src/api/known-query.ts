// Refuses query parameters that a path does not know: a slip such as ?limt=5 must not answer with something else.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { Problem } from './problem.ts';

/** Whoever watches a system appends what it likes to these; they change nothing there. */
const anyQuery: ReadonlySet<string> = new Set(['/health', '/metrics']);
const maxNamed = 5;
const maxNameChars = 40;

/** To be called before the routes are added. Paths without a described schema, such as the page's files, take any. */
export function refuseUnknownQuery(app: Pick<FastifyInstance, 'addHook'>): void {
  const knownByPath = new Map<string, readonly string[]>();
  app.addHook('onRoute', ({ url, method, schema }) => {
    if (schema === undefined || anyQuery.has(url) || !('tags' in schema)) return;
    const { querystring } = schema;
    if (querystring !== undefined && !(querystring instanceof z.ZodObject)) return;
    const known = querystring === undefined ? [] : Object.keys(querystring.shape);
    for (const name of [method].flat()) knownByPath.set(`${name} ${url}`, known);
  });
  app.addHook('preValidation', async (request) => {
    const known = knownByPath.get(`${request.method} ${request.routeOptions.url}`);
    if (known === undefined) return;
    const given = Object.keys((request.query ?? {}) as Record<string, unknown>);
    const unknown = given.filter((name) => !known.includes(name));
    if (unknown.length === 0) return;
    const takes =
      known.length === 0 ? 'It takes no query parameters.' : `It takes ${[...known].sort().join(', ')}.`;
    throw new Problem('invalid-request', 400, `This path does not know a query parameter. ${takes}`, {
      extra: {
        errors: unknown.slice(0, maxNamed).map((name) => ({
          path: `query.${name.slice(0, maxNameChars)}`,
          message: 'is not known here',
        })),
      },
    });
  });
}
