// Not n8n: answers its health check. For trying the stack where n8n is not installed beside the repository.
import { createServer } from 'node:http';

createServer((request, response) =>
  response.writeHead(request.url?.startsWith('/healthz') ? 200 : 404).end(),
).listen(5678);
