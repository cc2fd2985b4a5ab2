// What ccxt throws, as the few things that make a difference here. ccxt's classes are recognised by name along the
// prototype chain, so that the library need not be loaded to understand its errors.
import type { EpochMs } from '../../../shared/domain/time.ts';

export type CcxtFault =
  | 'rate-limited'
  | 'unknown-symbol'
  | 'unknown-exchange'
  | 'unsupported'
  | 'refused'
  | 'unreachable'
  | 'malformed'
  | 'aborted';

export class CcxtError extends Error {
  override readonly name = 'CcxtError';
  readonly fault: CcxtFault;
  /** When it makes sense to ask again; null when nothing is known. */
  readonly retryAt: EpochMs | null;

  constructor(fault: CcxtFault, message: string, retryAt: EpochMs | null = null) {
    super(message);
    this.fault = fault;
    this.retryAt = retryAt;
  }
}

/** From the leaves of ccxt's error tree to its roots: the first name met along the chain decides. */
const faultOfClass: Readonly<Record<string, CcxtFault>> = {
  DDoSProtection: 'rate-limited',
  RateLimitExceeded: 'rate-limited',
  BadSymbol: 'unknown-symbol',
  ContractUnavailable: 'unknown-symbol',
  NotSupported: 'unsupported',
  ArgumentsRequired: 'unsupported',
  ExchangeClosedByUser: 'aborted',
  UnsubscribeError: 'aborted',
  ChecksumError: 'malformed',
  BadResponse: 'malformed',
  NetworkError: 'unreachable',
  OperationFailed: 'unreachable',
  ExchangeError: 'refused',
  BaseError: 'refused',
};

const maxMessage = 200;

/** The fault behind anything thrown by ccxt. Its own TypeErrors come from bodies that are not what it expects. */
export function faultOf(error: unknown): CcxtFault {
  if (error instanceof CcxtError) return error.fault;
  for (let proto = prototypeOf(error); proto !== null; proto = prototypeOf(proto)) {
    const name: unknown = proto.constructor?.name;
    const fault =
      typeof name === 'string' && Object.hasOwn(faultOfClass, name) ? faultOfClass[name] : undefined;
    if (fault !== undefined) return fault;
  }
  return 'malformed';
}

/** The error's words on one line, bounded: ccxt quotes whole answers, HTML pages too. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > maxMessage ? `${line.slice(0, maxMessage)}...` : line;
}

function prototypeOf(value: unknown): { readonly constructor?: { readonly name?: unknown } } | null {
  return value === null || value === undefined ? null : Object.getPrototypeOf(value);
}
