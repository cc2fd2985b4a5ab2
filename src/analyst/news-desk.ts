// The analyst's shelf of news, sentiment readings and calendar events: kept in bounded rows for whoever reads them.
// It must never act on a text: what is here are other people's words.
import type { StateReader, Turn } from '../kernel/agent.ts';
import type { CalendarEvent, CalendarSnapshot, NewsItem, SentimentReading } from '../shared/domain/news.ts';

/** Not more than one list answer can show. */
export const maxNewsRows = 1_000;
const maxSentimentRows = 400;
const maxCalendarRows = 1_000;

type Aged = { readonly known_at: number };

export class NewsDesk {
  readonly #news = new Map<string, NewsItem>();
  readonly #sentiment = new Map<string, SentimentReading>();
  readonly #calendar = new Map<string, CalendarEvent>();

  restore(state: StateReader): void {
    for (const [key, row] of state.all('news')) this.#news.set(key, row);
    for (const [key, row] of state.all('sentiment')) this.#sentiment.set(key, row);
    for (const [key, row] of state.all('calendar')) this.#calendar.set(key, row);
  }

  onItem(item: NewsItem, turn: Turn): void {
    if (this.#news.has(item.id)) return;
    this.#news.set(item.id, item);
    turn.put('news', item.id, item);
    const surplus = oldest(this.#news, maxNewsRows, (row: Aged) => row.known_at);
    if (surplus === undefined) return;
    this.#news.delete(surplus);
    turn.remove('news', surplus);
  }

  onSentiment(reading: SentimentReading, turn: Turn): void {
    const key = `${reading.index}/${reading.at}`;
    const known = this.#sentiment.get(key);
    // Each poll repeats what is known; only a changed value is a change.
    if (known?.value === reading.value && known.classification === reading.classification) return;
    this.#sentiment.set(key, reading);
    turn.put('sentiment', key, reading);
    const surplus = oldest(this.#sentiment, maxSentimentRows, (row) => row.at);
    if (surplus === undefined) return;
    this.#sentiment.delete(surplus);
    turn.remove('sentiment', surplus);
  }

  onCalendar(snapshot: CalendarSnapshot, turn: Turn): void {
    const listed = new Set(snapshot.events.map((event) => event.id));
    const gone = [...this.#calendar.values()].filter(
      (event) =>
        event.source === snapshot.source &&
        event.at >= snapshot.from &&
        event.at <= snapshot.to &&
        !listed.has(event.id),
    );
    // By key: a restored shelf holds its rows in another order and must still write the same journal.
    for (const key of gone.map((event) => event.id).sort()) {
      this.#calendar.delete(key);
      turn.remove('calendar', key);
    }
    for (const event of snapshot.events) {
      if (sameEvent(this.#calendar.get(event.id), event)) continue;
      this.#calendar.set(event.id, event);
      turn.put('calendar', event.id, event);
    }
    for (;;) {
      const surplus = oldest(this.#calendar, maxCalendarRows, (row) => row.at);
      if (surplus === undefined) return;
      this.#calendar.delete(surplus);
      turn.remove('calendar', surplus);
    }
  }
}

/** Key of the oldest row once there are more than `most`; ties by key, so that a restored shelf drops the same. */
function oldest<Row>(
  rows: ReadonlyMap<string, Row>,
  most: number,
  age: (row: Row) => number,
): string | undefined {
  if (rows.size <= most) return undefined;
  let found: { readonly key: string; readonly at: number } | undefined;
  for (const [key, row] of rows) {
    const at = age(row);
    if (found === undefined || at < found.at || (at === found.at && key < found.key)) found = { key, at };
  }
  return found?.key;
}

function sameEvent(known: CalendarEvent | undefined, event: CalendarEvent): boolean {
  return (
    known !== undefined &&
    known.impact === event.impact &&
    known.forecast === event.forecast &&
    known.previous === event.previous
  );
}
