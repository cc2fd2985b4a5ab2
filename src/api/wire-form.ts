// Rows as HTTP clients see them: instants as ISO 8601 text, all field names in snake_case. Must never touch the
// contents of free-form records, whose names are data.

/** Field names of the inside that are not snake_case, and what they are called outside. */
const wireNames = {
  openTime: 'open_time',
  happenedAt: 'happened_at',
  lastDataAt: 'last_data_at',
  latencyMs: 'latency_ms',
} as const;
type WireNames = typeof wireNames;

/** Fields holding records with names of their own (scores, settings): passed on as they are. */
const freeFormFields: ReadonlySet<string> = new Set(['terms', 'source_health', 'settings', 'agent_settings']);

/** Ends like an instant and is none: how many instruments a task looked at. */
const notAnInstant = 'looked_at';

type WireName<Key> = Key extends keyof WireNames ? WireNames[Key] : Key;
type InstantKey<Key> = Key extends typeof notAnInstant ? never : Key extends InstantName ? Key : never;
type InstantName = 'at' | 'now' | 'since' | `${string}_at` | 'openTime' | 'happenedAt' | 'lastDataAt';

/** The type of a row after toWireForm. */
export type WireForm<Value> = Value extends readonly (infer Item)[]
  ? WireForm<Item>[]
  : Value extends object
    ? string extends keyof Value
      ? { [Key in keyof Value]: Value[Key] }
      : {
          -readonly [Key in keyof Value as WireName<Key>]: Key extends InstantKey<Key>
            ? InstantForm<Value[Key]>
            : WireForm<Value[Key]>;
        }
    : Value;
type InstantForm<Value> = Value extends number ? string : Value;

/** Largest instant a Date can hold, either side of 1970. */
const maxInstant = 8.64e15;

function isInstantKey(key: string): boolean {
  if (key === notAnInstant) return false;
  return (
    key === 'at' ||
    key === 'now' ||
    key === 'since' ||
    key === 'openTime' ||
    key.endsWith('_at') ||
    key.endsWith('At')
  );
}

function convert(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(convert);
  if (typeof value !== 'object' || value === null) return value;
  const converted: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const name = Object.hasOwn(wireNames, key) ? wireNames[key as keyof WireNames] : key;
    if (typeof inner === 'number' && isInstantKey(key) && Math.abs(inner) <= maxInstant)
      converted[name] = new Date(inner).toISOString();
    else converted[name] = freeFormFields.has(key) ? inner : convert(inner);
  }
  return converted;
}

/** A copy of the value with every instant as ISO 8601 text and every name in snake_case. */
export function toWireForm<Value>(value: Value): WireForm<Value> {
  return convert(value) as WireForm<Value>;
}
