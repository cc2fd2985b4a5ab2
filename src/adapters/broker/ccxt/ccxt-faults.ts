// ccxt's error tree and the wire, sorted into not-sent, rejected and unknown. The wire has the first word: a 5xx is a
// doubt whatever class ccxt made of it. It must never call a doubt a refusal.
import type { Redact } from '../shared/plain-text.ts';
import { type FaultOutcome, neverLeft, VenueFault } from '../shared/venue-fault.ts';
import type { WireTrace } from './ccxt-exchange.ts';

/**
 * ccxt 4.5's classes, from the leaves to the roots; the first name met along an error's ancestors decides.
 * Bare `ExchangeError` is what ccxt throws for codes that it cannot read, so it is a doubt.
 */
const outcomeOfClass: Readonly<Record<string, FaultOutcome>> = {
  RateLimitExceeded: 'not-sent',
  DDoSProtection: 'not-sent',
  InvalidNonce: 'not-sent',
  ChecksumError: 'unknown',
  DuplicateOrderId: 'unknown',
  CancelPending: 'unknown',
  AuthenticationError: 'rejected',
  ArgumentsRequired: 'rejected',
  BadRequest: 'rejected',
  OperationRejected: 'rejected',
  InsufficientFunds: 'rejected',
  InvalidOrder: 'rejected',
  NotSupported: 'rejected',
  NetworkError: 'unknown',
  BadResponse: 'unknown',
  OperationFailed: 'unknown',
  ExchangeError: 'unknown',
  BaseError: 'unknown',
};

/** Classes that ccxt throws before anything is sent and that would fail again: a no of our own side. */
const localRefusals: ReadonlySet<string> = new Set([
  'AuthenticationError',
  'ArgumentsRequired',
  'BadRequest',
  'InvalidOrder',
  'NotSupported',
  'ExchangeError',
]);
const alreadyThere = /duplicate|already exist/i;
const firstRefusal = 400;
const firstServerError = 500;
const requestTimeoutStatus = 408;
const maxRetryAfterSeconds = 600;
const defaultBlockMs = 2_000;

/** The fault behind anything that a ccxt call threw. */
export function faultOf(
  error: unknown,
  trace: WireTrace,
  headers: Readonly<Record<string, string>> | undefined,
  redact: Redact,
): VenueFault {
  if (error instanceof VenueFault) return error;
  const names = ancestorsOf(error);
  const text = redact(error);
  if (!trace.sent) {
    const refused = names.some((name) => localRefusals.has(name));
    return new VenueFault(refused ? 'rejected' : 'not-sent', text);
  }
  const { status } = trace;
  if (status === undefined) return new VenueFault(neverLeft(error) ? 'not-sent' : 'unknown', text);
  if (status === 429 || status === 418) return new VenueFault('not-sent', text, retryAfterMs(headers));
  if (status >= firstServerError || status === requestTimeoutStatus) return new VenueFault('unknown', text);
  if (alreadyThere.test(text)) return new VenueFault('unknown', text);
  const known = names.find((name) => Object.hasOwn(outcomeOfClass, name));
  return new VenueFault((known === undefined ? undefined : outcomeOfClass[known]) ?? 'unknown', text);
}

/** True when the venue itself, with a readable answer, said that it has no such order. */
export function saysNoSuchOrder(error: unknown, trace: WireTrace): boolean {
  const { sent, status } = trace;
  if (!sent || status === undefined || status >= firstServerError) return false;
  return ancestorsOf(error).includes('OrderNotFound');
}

/** True when the venue found our clock off; the next request needs a fresh time difference. */
export function isClockFault(error: unknown): boolean {
  return ancestorsOf(error).includes('InvalidNonce');
}

function retryAfterMs(headers: Readonly<Record<string, string>> | undefined): number {
  const seconds = Number(headers?.['Retry-After'] ?? headers?.['retry-after']);
  return seconds > 0 ? Math.min(seconds, maxRetryAfterSeconds) * 1_000 : defaultBlockMs;
}

function ancestorsOf(error: unknown): string[] {
  const names: string[] = [];
  for (
    let proto: unknown = error;
    proto !== null && proto !== undefined;
    proto = Object.getPrototypeOf(proto)
  ) {
    const name: unknown = (proto as { readonly constructor?: { readonly name?: unknown } }).constructor?.name;
    if (typeof name === 'string') names.push(name);
  }
  return names;
}

const newOrderResult = /"newOrderResult"\s*:\s*"(\w+)"/;

/**
 * What the venue says of the new order of a cancel-and-replace that failed: not tried, because the old one could not be
 * cancelled (it is filling perhaps), or refused after the old one was. Undefined where it did not say.
 */
export function replaceFault(fault: VenueFault, { status, body }: WireTrace): VenueFault | undefined {
  if (status === undefined || status < firstRefusal || status >= firstServerError) return undefined;
  const [, result] = newOrderResult.exec(body) ?? [];
  if (result === 'NOT_ATTEMPTED') return new VenueFault('not-sent', fault.message);
  return result === 'FAILURE' ? new VenueFault('rejected', fault.message) : undefined;
}
