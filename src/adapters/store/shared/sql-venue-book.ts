// The simulated venue's book in SQL, in the same database as the state but in a table and a transaction of its own.
import { compareKeys } from '../../../shared/db/row-rules.ts';
import { type SqlDriver, textArray } from '../../../shared/db/sql-driver.ts';
import type { VenueBook, VenueRow } from '../../../shared/ports/venue-book.ts';
import { storedKey, trueKey } from './stored-text.ts';

export class SqlVenueBook implements VenueBook {
  readonly #driver: () => SqlDriver;

  constructor(driver: () => SqlDriver) {
    this.#driver = driver;
  }

  async all(): Promise<readonly VenueRow[]> {
    const rows = await this.#driver().query({ text: 'select key, exact_key, data from paper_venue' });
    return rows
      .map((row) => ({
        key: trueKey(String(row.key), row.exact_key === null ? null : String(row.exact_key)),
        value: JSON.parse(String(row.data)) as unknown,
      }))
      .sort((left, right) => compareKeys(left.key, right.key));
  }

  async write(rows: readonly VenueRow[]): Promise<void> {
    const last = [...new Map(rows.map((row) => [row.key, row])).values()];
    const gone = last.filter((row) => row.value === null).map((row) => storedKey(row.key).key);
    const kept = last.filter((row) => row.value !== null);
    const keys = kept.map((row) => storedKey(row.key));
    if (last.length === 0) return;
    await this.#driver().transaction([
      { text: 'delete from paper_venue where key = any($1::text::text[])', values: [textArray(gone)] },
      {
        text: `insert into paper_venue (key, exact_key, data)
          select * from unnest($1::text::text[], $2::text::text[], $3::text::text[])
          on conflict (key) do update set data = excluded.data`,
        values: [
          textArray(keys.map((key) => key.key)),
          textArray(keys.map((key) => key.exactKey)),
          textArray(kept.map((row) => JSON.stringify(row.value))),
        ],
      },
    ]);
  }
}
