// Why a poll brought nothing, sorted by what the poller may do next.

export type FeedFaultKind =
  | 'unreachable'
  | 'rate-limited'
  | 'refused'
  | 'gone'
  | 'html-page'
  | 'truncated'
  | 'malformed'
  | 'hostile'
  | 'too-large';

/** The message is for logs and statuses: it must never hold a key or a body. */
export class FeedFault extends Error {
  override readonly name = 'FeedFault';
  readonly kind: FeedFaultKind;
  /** How long the answer asks us to wait; null when it does not say. */
  readonly waitMs: number | null;

  constructor(kind: FeedFaultKind, message: string, waitMs: number | null = null) {
    super(message);
    this.kind = kind;
    this.waitMs = waitMs;
  }
}
