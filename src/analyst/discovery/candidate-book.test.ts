// The book through the real kernel: bounded, explained, and the same after a restart.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AnalystWorld, analystSettings, startTime } from '../../../test/support/analyst-world.ts';
import type { Candidate, CandidateObservation } from '../../shared/domain/candidate.ts';
import { trendBreakout } from '../strategies/trend-breakout.ts';
import { maxCandidates, maxLaunchesOnly, refreshMs } from './candidate-book.ts';

const minuteMs = 60_000;

function seen(address: string, patch: Partial<CandidateObservation> = {}): CandidateObservation {
  const facts = { liquidity_usd: 30_000, price_usd: 1 };
  return { chain: 'solana', address, origin: 'new_pool', name: '', symbol: '', facts, ...patch };
}

class BookWorld {
  readonly world = new AnalystWorld(analystSettings(), [trendBreakout]);
  readonly rows = new Map<string, Candidate>();

  constructor() {
    this.world.start();
  }

  see(
    observations: readonly CandidateObservation[],
    at: number,
    source = 'geckoterminal',
  ): readonly [string, Candidate | null][] {
    const data = { source, observations, known_at: at };
    const { puts } = this.world.process({ from: 'market', message_type: 'market.candidates', data, at });
    const ours = puts.flatMap((put): [string, Candidate | null][] =>
      put.collection === 'candidates' ? [[put.key, put.value]] : [],
    );
    for (const [key, value] of ours)
      if (value === null) this.rows.delete(key);
      else this.rows.set(key, value);
    return ours;
  }
}

test('what sources say of one token is joined: facts, prices of each, and why it came up', () => {
  const book = new BookWorld();
  book.see([seen('A', { name: 'Demo', symbol: 'DMO' })], startTime);
  book.see(
    [seen('A', { origin: 'boost', facts: { price_usd: 1.02, boosts: 50 } })],
    startTime + 1_000,
    'dexscreener',
  );
  const row = book.rows.get('solana:A');
  expect(row).toMatchObject({
    name: 'Demo',
    facts: { liquidity_usd: 30_000, price_usd: 1.02, boosts: 50 },
    origins: [
      { origin: 'new_pool', source: 'geckoterminal', at: startTime },
      { origin: 'boost', source: 'dexscreener', at: startTime + 1_000 },
    ],
    prices: [
      { source: 'geckoterminal', price_usd: 1 },
      { source: 'dexscreener', price_usd: 1.02 },
    ],
    first_seen_at: startTime,
    last_seen_at: startTime + 1_000,
    verdict: 'unverified',
  });
  expect(row?.safety.mint_authority).toBe('unknown');
});

test('a second look at an unknown token takes nothing in, and an unchanged one writes nothing for a while', () => {
  const book = new BookWorld();
  expect(book.see([seen('A', { origin: null })], startTime)).toEqual([]);
  expect(book.see([seen('A')], startTime)).toHaveLength(1);
  const again = seen('A', { origin: null, facts: { liquidity_usd: 30_001, price_usd: 1.001 } });
  expect(book.see([again], startTime + minuteMs)).toEqual([]);
  expect(book.see([again], startTime + refreshMs)).toHaveLength(1);
  const failing = seen('A', { origin: null, facts: { liquidity_usd: 10 } });
  expect(book.see([failing], startTime + refreshMs + 1)).toHaveLength(1);
  expect(book.rows.get('solana:A')?.verdict).toBe('rejected');
});

test('doubled volume or liquidity within the hour is a reason to look of its own', () => {
  const book = new BookWorld();
  const facts = { liquidity_usd: 30_000, volume_h1_usd: 5_000 };
  book.see([seen('A', { facts })], startTime);
  book.see(
    [seen('A', { origin: null, facts: { ...facts, volume_h1_usd: 12_000 } })],
    startTime + 2 * minuteMs,
  );
  expect(book.rows.get('solana:A')?.growth.volume).toBe('unknown');
  book.see(
    [seen('A', { origin: null, facts: { ...facts, volume_h1_usd: 12_500 } })],
    startTime + 8 * minuteMs,
  );
  const grown = book.rows.get('solana:A');
  expect(grown?.growth).toEqual({ since: startTime, volume: 2.5, liquidity: 1 });
  expect(grown?.origins.map(({ origin }) => origin)).toEqual(['new_pool', 'volume_growth']);
});

test('the book is bounded, launches of which nothing else is known most of all', () => {
  const book = new BookWorld();
  for (let index = 0; index < maxLaunchesOnly + 20; index += 1)
    book.see([seen(`L${index}`, { origin: 'launch', facts: {} })], startTime + index);
  expect(book.rows.size).toBe(maxLaunchesOnly);
  expect(book.rows.has('solana:L0')).toBe(false);
  for (let index = 0; index < maxCandidates + 50; index += 1)
    book.see([seen(`P${index}`)], startTime + minuteMs + index);
  expect(book.rows.size).toBe(maxCandidates);
  const rejected = seen('Bad', { facts: { liquidity_usd: 1 } });
  book.see([rejected], startTime + 2 * minuteMs);
  expect(book.rows.has('solana:Bad'), 'what failed makes room first').toBe(false);
});

test('a book restored from rows goes on exactly like one that kept running', () => {
  const observation = fc.record({
    chain: fc.constantFrom('solana', 'base'),
    address: fc.constantFrom('A', 'B', 'C', 'D'),
    origin: fc.constantFrom('new_pool' as const, 'boost' as const, 'launch' as const, null),
    name: fc.constantFrom('', 'Demo'),
    symbol: fc.constant('DMO'),
    facts: fc.record(
      {
        liquidity_usd: fc.nat(100_000),
        volume_h1_usd: fc.nat(50_000),
        price_usd: fc.constantFrom(1, 1.3),
        mint_authority: fc.constantFrom('held' as const, 'renounced' as const),
      },
      { requiredKeys: [] },
    ),
  });
  const step = fc.record({
    observations: fc.array(observation, { minLength: 1, maxLength: 4 }),
    after: fc.integer({ min: 1, max: 20 * minuteMs }),
    source: fc.constantFrom('geckoterminal', 'dexscreener'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), fc.nat(25), (steps, cut) => {
      const [kept, restarted] = [new BookWorld(), new BookWorld()];
      let at = startTime;
      for (const [index, { observations, after, source }] of steps.entries()) {
        at += after;
        if (index === cut) restarted.world.start(at);
        expect(restarted.see(observations, at, source)).toEqual(kept.see(observations, at, source));
      }
    }),
    { numRuns: 100 },
  );
});
