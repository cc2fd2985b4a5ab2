// A deadline for a promise. The work itself goes on; only the waiting ends.

/** Thrown when the deadline passed first. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/** Resolves or rejects as the promise does, or rejects with DeadlineError after `timeoutMs`. */
export function within<Value>(timeoutMs: number, promise: Promise<Value>): Promise<Value> {
  const { promise: answer, resolve, reject } = Promise.withResolvers<Value>();
  const timer = setTimeout(() => reject(new DeadlineError(`no answer within ${timeoutMs} ms`)), timeoutMs);
  promise.then(resolve, reject).finally(() => clearTimeout(timer));
  return answer;
}
