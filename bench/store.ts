// Measures the stores: commits and rows per second, event-loop gaps, memory. Prints one JSON line per run.
// Usage: node bench/store.ts [postgres URL]; without a URL the embedded database in a temporary folder.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { PgliteStore } from '../src/adapters/store/pglite/pglite-store.ts';
import { PostgresStore } from '../src/adapters/store/postgres/postgres-store.ts';
import { nextChainHash } from '../src/shared/db/journal-chain.ts';
import type { CommitBatch, JournalEntry, Store } from '../src/shared/ports/store.ts';

const measureMs = 4_000;
const steadyCommits = 150;
const steadyPauseMs = 90;
/** About 20 KB of journal and rows, ten times a second. */
const steadyEntries = 22;

class Feed {
  #sequence: number;
  #hash: string;

  constructor(sequence: number, hash: string) {
    this.#sequence = sequence;
    this.#hash = hash;
  }

  batch(size: number): CommitBatch {
    const entries: JournalEntry[] = [];
    const puts: CommitBatch['puts'][number][] = [];
    for (let index = 0; index < size; index++) {
      const sequence = ++this.#sequence;
      const at = 1_700_000_000_000 + sequence;
      const data = { source: 'bench', price: 64_000 + Math.random() * 100, volume: Math.random(), at };
      const line = JSON.stringify({ n: sequence, i: { id: `m${sequence}`, data, pad: 'x'.repeat(200) } });
      this.#hash = nextChainHash(this.#hash, line);
      entries.push({ sequence, at, line, hash: this.#hash });
      const value = {
        id: `r${sequence}`,
        signal_id: null,
        symbol: 'BTCUSDT',
        code: 'no_quote',
        limit: 5,
        actual: data.price,
        at,
        correlation_id: `m${sequence}-${'x'.repeat(200)}`,
      } as const;
      puts.push({ collection: 'refusals', key: value.id, value });
    }
    return { entries, puts, effects: [], settledEffectIds: [] };
  }
}

async function watched(run: () => Promise<object>): Promise<void> {
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const result = await run();
  loop.disable();
  const gaps = { longest_gap_ms: round(loop.max / 1e6), p99_gap_ms: round(loop.percentile(99) / 1e6) };
  const memory = {
    rss_mb: Math.round(process.memoryUsage().rss / 1e6),
    peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1e3),
  };
  process.stdout.write(`${JSON.stringify({ ...result, ...gaps, ...memory })}\n`);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

async function measure(store: Store): Promise<void> {
  const begun = performance.now();
  await store.open();
  const { sequence, hash } = await store.load();
  const openMs = Math.round(performance.now() - begun);
  const feed = new Feed(sequence, hash);
  for (let index = 0; index < 50; index++) await store.commit(feed.batch(1));
  const kind = (await store.check()).kind;
  for (const size of [1, 100])
    await watched(async () => {
      const start = performance.now();
      let commits = 0;
      while (performance.now() - start < measureMs) {
        await store.commit(feed.batch(size));
        commits++;
      }
      const seconds = (performance.now() - start) / 1_000;
      const rate = {
        commits_per_s: Math.round(commits / seconds),
        rows_per_s: Math.round((commits * size) / seconds),
      };
      return { kind, open_ms: openMs, batch: size, ...rate };
    });
  await watched(async () => {
    const times: number[] = [];
    for (let index = 0; index < steadyCommits; index++) {
      const start = performance.now();
      await store.commit(feed.batch(steadyEntries));
      times.push(performance.now() - start);
      if (index === steadyCommits / 2) void store.maintain();
      await delay(steadyPauseMs);
    }
    times.sort((left, right) => left - right);
    const median = times[Math.floor(times.length / 2)] ?? 0;
    return {
      kind,
      steady: '200 KB/s, upkeep in the middle',
      median_commit_ms: round(median),
      longest_commit_ms: round(times.at(-1) ?? 0),
    };
  });
  await store.close();
}

const [url] = process.argv.slice(2);
if (url !== undefined) {
  await measure(new PostgresStore({ url, schema: 'ai_trading_bench' }));
} else {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'ato-bench-'));
  try {
    await measure(new PgliteStore({ folder }));
  } finally {
    await rm(folder, { recursive: true });
  }
}
