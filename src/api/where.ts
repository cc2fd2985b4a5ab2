// Query parameters as a store filter: what was not asked for is left out.
import type { ListQuery } from '../shared/ports/store.ts';

/** The `where` part of a list query, absent when no filter was given. */
export function where(filters: Readonly<Record<string, string | undefined>>): Pick<ListQuery, 'where'> {
  const given = Object.entries(filters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? {} : { where: Object.fromEntries(given) };
}
