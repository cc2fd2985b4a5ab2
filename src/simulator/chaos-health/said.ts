// What was said against what was heard, message by message, by content: for every count of messages lost or doubled.
import type { EpochMs } from '../../shared/domain/time.ts';

export interface Said {
  readonly text: string;
  readonly at: EpochMs;
}

/** What is in `left` more often than in `right`. */
export function surplus(left: readonly Said[], right: readonly Said[]): Said[] {
  const counts = new Map<string, number>();
  for (const { text } of right) counts.set(text, (counts.get(text) ?? 0) + 1);
  const more: Said[] = [];
  for (const said of left) {
    const count = counts.get(said.text) ?? 0;
    if (count > 0) counts.set(said.text, count - 1);
    else more.push(said);
  }
  return more;
}

/** The same for the same content, whatever the order of its fields. */
export function textOf({
  message_type,
  data,
}: {
  readonly message_type: string;
  readonly data: unknown;
}): string {
  return `${message_type} ${sortedJson(data)}`;
}

function sortedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  return `{${Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${sortedJson(inner)}`)
    .join(',')}}`;
}
