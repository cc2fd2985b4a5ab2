// A recording that cannot be used. The message is for a person and names the fix.

export class TapeError extends Error {
  override readonly name = 'TapeError';
}
