// What went wrong at a venue, sorted by what the caller may do next. It must never call a doubt a refusal:
// whatever is not certain is `unknown`.

/** `not-sent`: the venue never acted on it. `rejected`: the venue said no. `unknown`: nobody can tell. */
export type FaultOutcome = 'not-sent' | 'rejected' | 'unknown';

const maxMessageLength = 300;

export class VenueFault extends Error {
  override readonly name = 'VenueFault';
  readonly outcome: FaultOutcome;
  /** How long the venue wants to be left alone, milliseconds; 0 when it did not say. */
  readonly retryAfterMs: number;

  constructor(outcome: FaultOutcome, message: string, retryAfterMs = 0) {
    super(message.slice(0, maxMessageLength));
    this.outcome = outcome;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The account or the venue cannot be used as the settings say; the message names the fix. */
export class BrokerRefused extends Error {
  override readonly name = 'BrokerRefused';
}

const neverConnected = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|ConnectTimeoutError/;

/** True when the failure proves that no byte of the request left: no connection was ever made. */
export function neverLeft(error: unknown): boolean {
  for (
    let cause: unknown = error, depth = 0;
    cause instanceof Error && depth < 5;
    cause = cause.cause, depth++
  ) {
    const { code } = cause as Error & { code?: unknown };
    if (neverConnected.test(`${typeof code === 'string' ? code : ''} ${cause.message}`)) return true;
  }
  return false;
}
