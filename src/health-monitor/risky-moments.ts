// When nothing may be disturbed: an order is on its way, or news that moves markets is due.
// It only watches; which playbooks it forbids is data in playbooks/interlocks.ts.
import type { CalendarEvent, CalendarSnapshot } from '../shared/domain/news.ts';
import type { Order } from '../shared/domain/order.ts';
import { type EpochMs, minuteMs, secondMs } from '../shared/domain/time.ts';

const beforeEventMs = 5 * minuteMs;
const afterEventMs = 10 * minuteMs;
/**
 * A submit is answered within seconds; one that is not becomes unknown, which is an interlock of its own. Legs that the
 * venue arms later wait in the same state, so only a fresh one counts.
 */
const inFlightMs = 30 * secondMs;
const inFlightStates: ReadonlySet<string> = new Set(['pending_submit', 'cancel_requested']);

export class RiskyMoments {
  #events: readonly Pick<CalendarEvent, 'at' | 'title' | 'source'>[] = [];
  readonly #inFlight = new Map<string, EpochMs>();

  restore(calendar: Iterable<readonly [string, CalendarEvent]>, orders: Iterable<readonly [string, Order]>) {
    this.#events = [...calendar].map(([, event]) => event).filter(({ impact }) => impact === 'high');
    for (const [, order] of orders) this.order(order);
  }

  calendar({ source, from, to, events }: CalendarSnapshot): void {
    // What the source lists for its span replaces what it said of it before.
    const kept = this.#events.filter((event) => event.source !== source || event.at < from || event.at > to);
    this.#events = [...kept, ...events.filter(({ impact }) => impact === 'high')];
  }

  order({ client_order_id: id, state, updated_at }: Order): void {
    if (inFlightStates.has(state)) this.#inFlight.set(id, updated_at);
    else this.#inFlight.delete(id);
  }

  /** Why this is no moment to disturb anything; undefined when it is one. */
  why(now: EpochMs): string | undefined {
    let flying = 0;
    for (const sentAt of this.#inFlight.values()) if (now - sentAt < inFlightMs) flying++;
    if (flying > 0) return `${flying} order(s) are on their way`;
    // The earliest, by title among equals: the order in which they were told or restored does not matter.
    const [event] = this.#events
      .filter(({ at }) => now >= at - beforeEventMs && now <= at + afterEventMs)
      .sort((left, right) => left.at - right.at || (left.title < right.title ? -1 : 1));
    return event === undefined ? undefined : `${event.title} is due or just out`;
  }

  /** When the moment ends by itself, so that what waits for it goes on. */
  endsAt(now: EpochMs): EpochMs | undefined {
    let ends: EpochMs | undefined;
    for (const sentAt of this.#inFlight.values())
      if (now - sentAt < inFlightMs) ends = Math.max(ends ?? 0, sentAt + inFlightMs);
    for (const { at } of this.#events)
      if (now >= at - beforeEventMs && now <= at + afterEventMs)
        ends = Math.max(ends ?? 0, at + afterEventMs + 1);
    return ends;
  }
}
