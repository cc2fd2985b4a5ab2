// Talks to the running process over its own HTTP API, for commands of a person. It must never say that something was done
// when no answer came.
import type { Settings } from '../../shared/config/settings.ts';

/** Longer than the API's own deadline for a command, so that its word about the outcome arrives. */
const answerTimeoutMs = 20_000;

/** The running system could not be asked, or said no; the message is for a person. */
export class RunningSystemError extends Error {
  override readonly name = 'RunningSystemError';
  /** HTTP status, undefined when no answer came. */
  readonly status: number | undefined;
  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

function baseOf(settings: Settings): string {
  const everywhere = settings.BIND_ADDRESS === '0.0.0.0' || settings.BIND_ADDRESS === '::';
  const host = everywhere ? '127.0.0.1' : settings.BIND_ADDRESS;
  return `http://${host.includes(':') ? `[${host}]` : host}:${settings.ORCHESTRATOR_PORT}`;
}

/** The JSON answer to a GET, or to a POST when a body is given. Throws RunningSystemError. */
export async function askRunningSystem(
  settings: Settings,
  path: string,
  body?: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const base = baseOf(settings);
  const headers: Record<string, string> = { accept: 'application/json' };
  if (settings.API_TOKEN !== undefined) headers.authorization = `Bearer ${settings.API_TOKEN}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(base + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(answerTimeoutMs),
    });
  } catch (error) {
    throw new RunningSystemError(noAnswer(base, body !== undefined, error));
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok && answer !== undefined) return answer;
  throw new RunningSystemError(problemText(base, response.status, answer), response.status);
}

function noAnswer(base: string, command: boolean, error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError')
    return `${base} did not answer in time.${command ? ' The command may still take effect: look at ato positions.' : ''}`;
  return `No running system answers at ${base}. Fix: start it with npm start, or set ORCHESTRATOR_PORT and BIND_ADDRESS as it was started with.`;
}

function problemText(base: string, status: number, answer: unknown): string {
  if (status === 401) return `${base} asks for its token. Fix: set API_TOKEN as it was started with.`;
  const { detail, title } = (answer ?? {}) as { detail?: unknown; title?: unknown };
  const said = typeof detail === 'string' ? detail : typeof title === 'string' ? title : undefined;
  return said ?? `${base} answered with HTTP ${status}; is it this system?`;
}
