// The built page, or a word on how to build it. Serves files of one folder and never what lies outside.
import { existsSync } from 'node:fs';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import type { ApiContext, ApiServer } from '../api-context.ts';

const missingPage = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>ato: the page is not built yet</title></head>
<body>
<h1>The page is not built yet</h1>
<p>The system itself runs. Build the page with <code>npm run web:build</code>, then load this address again.</p>
<p>Meanwhile: <a href="/status">/status</a>, <a href="/decisions">/decisions</a>,
<a href="/health">/health</a>, <a href="/docs">/docs</a>.</p>
</body>
</html>
`;

/** Files with a content hash in their name never change; everything else is asked for anew. */
const hashedFile = /^assets\/.*-[\w-]{8,}\.\w+$/;

export async function addPageRoutes(app: ApiServer, { dependencies }: ApiContext): Promise<void> {
  const folder = () => {
    const { pageFolder } = dependencies;
    const named = typeof pageFolder === 'function' ? pageFolder() : pageFolder;
    return named !== undefined && existsSync(path.join(named, 'index.html'))
      ? path.resolve(named)
      : undefined;
  };
  await app.register(fastifyStatic, { serve: false, root: process.cwd(), dotfiles: 'ignore' });

  app.get('/', { schema: { hide: true } }, (_request, reply) => {
    const root = folder();
    if (root === undefined) return reply.type('text/html; charset=utf-8').send(missingPage);
    return reply.header('cache-control', 'no-cache').sendFile('index.html', root, { cacheControl: false });
  });

  app.get<{ Params: { '*': string } }>('/*', { schema: { hide: true } }, (request, reply) => {
    const root = folder();
    const file = request.params['*'];
    if (root === undefined) return reply.callNotFound();
    const cache = hashedFile.test(file) ? 'public, max-age=31536000, immutable' : 'no-cache';
    return reply.header('cache-control', cache).sendFile(file, root, { cacheControl: false });
  });
}
