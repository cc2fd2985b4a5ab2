// The page's only way to the server. Reads JSON, posts commands, carries the token; never invents an answer.

/** The server said no, or nothing came; `status` is 0 when nothing came. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const tokenKey = 'ato.token';
const readTimeoutMs = 10_000;
/** Longer than the server's own deadline for a command, so that its word about the outcome arrives. */
const commandTimeoutMs = 20_000;

/** The token of this tab, kept only until the tab closes. */
export function readToken(): string | null {
  try {
    return sessionStorage.getItem(tokenKey);
  } catch {
    return null;
  }
}

export function keepToken(token: string | null): void {
  try {
    if (token === null) sessionStorage.removeItem(tokenKey);
    else sessionStorage.setItem(tokenKey, token);
  } catch {
    // A browser that stores nothing asks again next time.
  }
}

export function authorisation(): Record<string, string> {
  const token = readToken();
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

function problemText(body: unknown, status: number): string {
  if (typeof body === 'object' && body !== null) {
    for (const field of ['detail', 'title', 'message', 'error']) {
      const value = (body as Record<string, unknown>)[field];
      if (typeof value === 'string' && value !== '') return value;
    }
  }
  return `HTTP ${status}`;
}

async function ask(path: string, init: RequestInit, timeoutMs: number): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, cache: 'no-store', signal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    throw new ApiError(0, error instanceof Error ? error.message : 'no answer');
  }
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(response.status, problemText(body, response.status));
  return body;
}

/** Throws ApiError. */
export function getJson(path: string): Promise<unknown> {
  return ask(path, { headers: { accept: 'application/json', ...authorisation() } }, readTimeoutMs);
}

/** Throws ApiError; 401 means that the token is missing or wrong. */
export function postJson(path: string, body: Readonly<Record<string, unknown>>): Promise<unknown> {
  return ask(
    path,
    {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json', ...authorisation() },
      body: JSON.stringify(body),
    },
    commandTimeoutMs,
  );
}
