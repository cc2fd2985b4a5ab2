// For Docker's health check: exit 0 when GET /health says that the loop commits and the store answers.
const port = process.env.ORCHESTRATOR_PORT ?? '8080';
const answer = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(4_000) }).catch(
  (error) => ({ ok: false, text: async () => String(error) }),
);
if (!answer.ok) console.error(await answer.text());
process.exit(answer.ok ? 0 : 1);
