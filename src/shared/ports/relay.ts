// How messages travel between processes: named queues that survive a restart of their server. At least once, in the order
// of each sender; a receiver recognises repetitions by id. It must never say that a message is safe before the server did.

export interface RelayMessage {
  /** Unique for good; the same id twice is the same message. */
  readonly id: string;
  readonly body: string;
}

export interface RelayDelivery extends RelayMessage {
  /** True when somebody had it before and did not finish: perhaps it kills who reads it. */
  readonly redelivered: boolean;
}

/**
 * Handles deliveries in order. When it resolves they are done for good, except those it names with a reason: these go to
 * the dead letters. When it rejects, all of them come again, in the same order.
 */
export type RelayHandler = (
  deliveries: readonly RelayDelivery[],
) => Promise<ReadonlyMap<string, string> | undefined>;

export interface DeadRelayMessage extends RelayMessage {
  readonly reason: string;
}

export interface RelayHealth {
  readonly ok: boolean;
  readonly latencyMs: number | null;
  readonly detail: string;
}

export interface Relay {
  readonly kind: 'memory' | 'redis' | 'rabbitmq';
  /** Rejects with RelayUnreachable when the server does not answer now; it goes on trying by itself until closed. */
  open(): Promise<void>;
  /**
   * Resolves when the server holds all of them durably, in this order. Rejects otherwise: then some, all or none may have
   * arrived, and the caller sends them again. Rejects with RelayFull when too much waits already.
   */
  send(queue: string, messages: readonly RelayMessage[]): Promise<void>;
  /**
   * Reads the queue until the returned function is called; what an earlier reader left unfinished comes first. One reader
   * per queue at a time. Trouble with the server is waited out, never thrown.
   */
  receive(queue: string, handler: RelayHandler): Promise<() => Promise<void>>;
  /** Messages of the queue that nobody has finished. */
  waiting(queue: string): Promise<number>;
  /** What was given up, oldest first. */
  deadLetters(queue: string, limit: number): Promise<readonly DeadRelayMessage[]>;
  /** Drops every connection and dials anew, however well they look. Rejects with RelayUnreachable like `open`. */
  reconnect(): Promise<void>;
  /** A round trip to the server; never throws. */
  check(): Promise<RelayHealth>;
  close(): Promise<void>;
}

/** The server cannot be reached; the message is for a person and names the fix. */
export class RelayUnreachable extends Error {
  override readonly name = 'RelayUnreachable';
}

/** The queue holds as much as it may; try again when its reader has caught up. */
export class RelayFull extends Error {
  override readonly name = 'RelayFull';
}
