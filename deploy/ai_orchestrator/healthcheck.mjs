// For Docker's health check: exit 0 when GET /health says that the loop commits and the store answers, or when the process stands by
// for another one and says so by a fresh file: then it has no API, and that is as it should be.
import { statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const standbyFreshMs = 15_000;
const port = process.env.ORCHESTRATOR_PORT ?? '8080';
const answer = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(4_000) }).catch(
  (error) => ({ ok: false, status: undefined, text: async () => String(error) }),
);
if (answer.ok) process.exit(0);
// An API that answers is no standby, however ill it is.
if (answer.status === undefined && standsBy()) {
  console.log('standing by');
  process.exit(0);
}
console.error(await answer.text());
process.exit(1);

function standsBy() {
  const file = path.join(process.env.LOG_DIR ?? 'logs', `standby-${os.hostname()}.sign`);
  const facts = statSync(file, { throwIfNoEntry: false });
  return facts !== undefined && Date.now() - facts.mtimeMs < standbyFreshMs;
}
