// Server-sent events to pages: serialises once for all clients, conflates what only matters in its newest form,
// and drops clients that read too slowly. It must never make the kernel wait.
import type { ServerResponse } from 'node:http';
import type { AnyMessage } from '../shared/bus/message.ts';
import { eventsOf, isOnlyForClients, type StreamEvent } from './stream-events.ts';

export interface EventHubLimits {
  readonly maxClients: number;
  /** Bytes waiting for one client before it is dropped. */
  readonly maxBufferedBytes: number;
  /** Bytes waiting for one client above which conflated events skip it; with no progress for a beat it is dropped. */
  readonly conflatedSkipBytes: number;
  readonly heartbeatMs: number;
  /** Conflated events leave at most this often. */
  readonly flushMs: number;
  /** Conflation keys held between two flushes. */
  readonly maxConflatedKeys: number;
  /** Events kept for clients that come back with Last-Event-ID. */
  readonly replayEvents: number;
}

const defaultEventHubLimits: EventHubLimits = {
  maxClients: 32,
  maxBufferedBytes: 1_048_576,
  conflatedSkipBytes: 65_536,
  heartbeatMs: 15_000,
  flushMs: 500,
  maxConflatedKeys: 5_000,
  replayEvents: 512,
};

/** What a client is told when it comes: how long to wait before coming back. */
const retryMs = 3_000;

export class EventHub {
  readonly #limits: EventHubLimits;
  readonly #clients = new Set<ServerResponse>();
  /** Clients that had not caught up at the last heartbeat, with what they had taken by then. */
  readonly #behind = new Map<ServerResponse, number>();
  readonly #conflated = new Map<string, StreamEvent>();
  readonly #replay: { readonly id: string; readonly text: string }[] = [];
  #heartbeat: NodeJS.Timeout | undefined;
  #flush: NodeJS.Timeout | undefined;
  #dropped = 0;
  #closed = false;

  constructor(limits: Partial<EventHubLimits> = {}) {
    this.#limits = { ...defaultEventHubLimits, ...limits };
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Clients cut off because they read too slowly. */
  get dropped(): number {
    return this.#dropped;
  }

  get full(): boolean {
    return this.#closed || this.#clients.size >= this.#limits.maxClients;
  }

  /** Serves one client until it goes. The response's head must have been written. */
  add(response: ServerResponse, hello: unknown, lastEventId: string | undefined): void {
    this.#clients.add(response);
    response.once('close', () => this.#remove(response));
    response.on('error', () => this.#remove(response));
    this.#write(response, `retry: ${retryMs}\n${eventText({ id: null, name: 'hello', data: hello })}`);
    if (lastEventId !== undefined) this.#write(response, this.#missedSince(lastEventId));
    this.#heartbeat ??= setInterval(() => this.#beat(), this.#limits.heartbeatMs).unref();
  }

  observe(message: AnyMessage): void {
    if (this.#closed || (this.#clients.size === 0 && isOnlyForClients(message))) return;
    for (const event of eventsOf(message)) {
      if (event.conflationKey === null) this.#publish(event);
      else this.#conflate(event.conflationKey, event);
    }
  }

  /** Ends all clients and refuses new ones. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#flush);
    clearInterval(this.#heartbeat);
    for (const client of this.#clients) client.end();
    this.#clients.clear();
    this.#behind.clear();
    this.#conflated.clear();
  }

  /** A client that took nothing between two beats although much waits for it only keeps a place from others. */
  #beat(): void {
    for (const client of this.#clients) {
      const taken = takenBytes(client);
      const stuck = this.#behind.get(client) === taken;
      this.#behind.delete(client);
      if (client.writableLength <= this.#limits.conflatedSkipBytes) continue;
      if (stuck) this.#drop(client);
      else this.#behind.set(client, taken);
    }
    this.#broadcast(': heartbeat\n\n');
  }

  #publish(event: StreamEvent): void {
    // What waits in the conflated buffer was said before this event, so it leaves first.
    this.#flushConflated();
    const text = eventText(event);
    if (event.id !== null) {
      this.#replay.push({ id: event.id, text });
      if (this.#replay.length > this.#limits.replayEvents) this.#replay.shift();
    }
    this.#broadcast(text);
  }

  #conflate(key: string, event: StreamEvent): void {
    if (!this.#conflated.has(key) && this.#conflated.size >= this.#limits.maxConflatedKeys) return;
    this.#conflated.set(key, event);
    this.#flush ??= setTimeout(() => this.#flushConflated(), this.#limits.flushMs).unref();
  }

  #flushConflated(): void {
    clearTimeout(this.#flush);
    this.#flush = undefined;
    if (this.#conflated.size === 0) return;
    const text = [...this.#conflated.values()].map(eventText).join('');
    this.#conflated.clear();
    for (const client of this.#clients) {
      if (client.writableLength <= this.#limits.conflatedSkipBytes) this.#write(client, text);
    }
  }

  #broadcast(text: string): void {
    for (const client of this.#clients) this.#write(client, text);
  }

  #write(client: ServerResponse, text: string): void {
    if (text === '' || client.destroyed) return;
    client.write(text);
    if (client.writableLength > this.#limits.maxBufferedBytes) this.#drop(client);
  }

  #drop(client: ServerResponse): void {
    this.#dropped++;
    this.#remove(client);
    client.destroy();
  }

  /** Everything after the given event, or the advice to read all anew when it is not kept any more. */
  #missedSince(lastEventId: string): string {
    const at = this.#replay.findLastIndex((kept) => kept.id === lastEventId);
    if (at < 0)
      return eventText({ id: null, name: 'reset', data: { reason: 'the missed events are not kept' } });
    return this.#replay
      .slice(at + 1)
      .map((kept) => kept.text)
      .join('');
  }

  #remove(client: ServerResponse): void {
    this.#behind.delete(client);
    if (!this.#clients.delete(client) || this.#clients.size > 0) return;
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
    this.#conflated.clear();
  }
}

/** Bytes that have left for this client. */
function takenBytes(client: ServerResponse): number {
  return (client.socket?.bytesWritten ?? 0) - client.writableLength;
}

/** Text form of one event; JSON holds no line break, so one data line is enough. */
function eventText(event: Pick<StreamEvent, 'id' | 'name' | 'data'>): string {
  const id = event.id === null ? '' : `id: ${event.id}\n`;
  return `${id}event: ${event.name}\ndata: ${JSON.stringify(event.data)}\n\n`;
}
