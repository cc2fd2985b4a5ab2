// One request to OANDA with a deadline, and its outcome sorted: answered, or not-sent, rejected, unknown.
// It never repeats a request, and the token appears nowhere but in the header.
import type { z } from 'zod';
import type { Redact } from '../shared/plain-text.ts';
import type { RequestPacer } from '../shared/request-pacer.ts';
import { neverLeft, VenueFault } from '../shared/venue-fault.ts';
import { errorCodeOf } from './oanda-schemas.ts';

const maxBodyBytes = 8_000_000;
const defaultBlockMs = 1_000;
const maxRetryAfterSeconds = 600;

export interface OandaHttpOptions {
  readonly baseUrl: string;
  readonly token: string;
  readonly timeoutMs: number;
  /** An order that cannot leave within this time does not leave. */
  readonly maxWaitMs: number;
  readonly pacer: RequestPacer;
  readonly redact: Redact;
}

export interface OandaAnswer {
  readonly status: number;
  readonly body: unknown;
}

export class OandaHttp {
  readonly #options: OandaHttpOptions;

  constructor(options: OandaHttpOptions) {
    this.#options = options;
  }

  /**
   * Status and JSON of an answer below 500. Throws VenueFault: `not-sent` (no connection, held back, 429), `unknown`
   * (timeout, reset, 5xx, a body that is no JSON).
   */
  async ask(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<OandaAnswer> {
    const { baseUrl, token, timeoutMs, maxWaitMs, pacer, redact } = this.#options;
    await pacer.take(maxWaitMs);
    const signal = AbortSignal.timeout(timeoutMs);
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${baseUrl}${path}`, {
        method,
        signal,
        redirect: 'error',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'accept-datetime-format': 'RFC3339',
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      text = await bounded(response);
    } catch (error) {
      if (neverLeft(error)) throw new VenueFault('not-sent', `no connection: ${redact(error)}`);
      const why = signal.aborted ? `no answer within ${timeoutMs} ms` : `connection lost: ${redact(error)}`;
      throw new VenueFault('unknown', why);
    }
    if (response.status === 429) {
      const waitMs = retryAfterMs(response);
      pacer.block(waitMs);
      throw new VenueFault('not-sent', 'HTTP 429: too many requests', waitMs);
    }
    if (response.status >= 500) throw new VenueFault('unknown', `HTTP ${response.status}: ${redact(text)}`);
    try {
      return { status: response.status, body: JSON.parse(text) };
    } catch {
      throw new VenueFault('unknown', `HTTP ${response.status} without JSON: ${redact(text)}`);
    }
  }

  /** The body of a 2xx answer by its schema. Throws VenueFault; an answer that is not the documented one is `unknown`. */
  async get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema>> {
    return this.read(await this.ask('GET', path), schema);
  }

  read<Schema extends z.ZodType>({ status, body }: OandaAnswer, schema: Schema): z.infer<Schema> {
    if (status < 200 || status > 299) throw this.refusal({ status, body });
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new VenueFault('unknown', `not the documented answer: ${issue?.path.join('.')} ${issue?.message}`);
  }

  /** A 3xx or 4xx as a fault: a no only when the venue itself said so in its own words. */
  refusal({ status, body }: OandaAnswer): VenueFault {
    const code = errorCodeOf(body);
    const outcome = code === undefined ? 'unknown' : 'rejected';
    return new VenueFault(outcome, this.#options.redact(`HTTP ${status}: ${code ?? 'no readable reason'}`));
  }
}

async function bounded(response: Response): Promise<string> {
  if (response.body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > maxBodyBytes) throw new Error('the answer is too long');
  }
  return text;
}

function retryAfterMs(response: Response): number {
  const seconds = Number(response.headers.get('retry-after'));
  return seconds > 0 ? Math.min(seconds, maxRetryAfterSeconds) * 1_000 : defaultBlockMs;
}
