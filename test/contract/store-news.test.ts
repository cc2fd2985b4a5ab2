// The news collections in a real database: what is put comes back whole, is gone when removed, and people can query it.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { PgliteStore } from '../../src/adapters/store/pglite/pglite-store.ts';
import type { AnyPut } from '../../src/shared/bus/collections.ts';

const puts: readonly AnyPut[] = [
  {
    collection: 'news',
    key: 'news-1',
    value: {
      id: 'news-1',
      published_at: null,
      known_at: 1_776_255_900_000,
      source: 'desk',
      group: 'crypto',
      title: 'Börse: „Zinsen“ & 漢字 🚀',
      summary: '',
      url: null,
      assets: ['BTC'],
      symbols: ['BTCUSDT'],
      language: 'de',
    },
  },
  {
    collection: 'sentiment',
    key: 'fear_greed/1',
    value: {
      index: 'fear_greed',
      source: 'alternative.me',
      asset_class: 'crypto',
      value: 40,
      classification: 'Fear',
      at: 1,
      known_at: 2,
      next_update_at: null,
    },
  },
  {
    collection: 'calendar',
    key: 'event-1',
    value: {
      id: 'event-1',
      source: 'forexfactory',
      at: 3,
      currency: 'USD',
      title: 'CPI',
      impact: 'high',
      forecast: '0.3%',
      previous: null,
      known_at: 2,
    },
  },
];

test('news, sentiment and calendar rows survive the store and its next start', async () => {
  const root = await mkdtemp(path.join(os.tmpdir(), 'ato-news-'));
  const folder = path.join(root, 'data');
  const batch = (changes: readonly AnyPut[]) => ({
    entries: [],
    puts: changes,
    effects: [],
    settledEffectIds: [],
  });
  try {
    const store = new PgliteStore({ folder });
    await store.open();
    await store.commit(batch(puts));
    for (const { collection, key, value } of puts) expect(await store.get(collection, key)).toEqual(value);
    await store.close();
    const again = new PgliteStore({ folder });
    await again.open();
    const { rows } = await again.load();
    for (const { collection, key, value } of puts) expect(rows[collection].get(key)).toEqual(value);
    await again.commit(batch([{ collection: 'news', key: 'news-1', value: null }]));
    expect(await again.list('news', { limit: 10 })).toEqual([]);
    await again.close();
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
