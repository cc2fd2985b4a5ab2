// The crash x fault matrix in small: every cell once, the seeds that once found something, and the published document.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCampaign } from '../../src/runtime/chaos/chaos-campaign.ts';
import { runChaos } from '../../src/runtime/chaos/chaos-run.ts';
import { type BreakageName, breakageNames, breakages } from '../../src/simulator/chaos/broken/breakages.ts';
import {
  type Cell,
  type CrashPoint,
  cells,
  crashPointNames,
  crashPoints,
  type Fault,
  faultNames,
  faults,
  type HouseKind,
  houseKindNames,
  houseKindOf,
  houseKinds,
} from '../../src/simulator/chaos/cells.ts';
import { checkerNames } from '../../src/simulator/chaos/checkers/checker.ts';
import { readDocument } from '../support/api-document.ts';
import { projectFolder } from '../support/system-process.ts';

/** Seconds on a quiet machine. */
const longTestTimeoutMs = 240_000;
const silent = { progress: () => undefined };
const seedsFile = path.join(projectFolder, 'test', 'seeds', 'chaos-trading.json');
const found = JSON.parse(readFileSync(seedsFile, 'utf8')) as {
  seed: number;
  fault: Fault;
  crash: CrashPoint;
  house: HouseKind;
  found: string;
}[];

/** Every fault twice, every crash point five times; all cells are visited by `ato chaos trading`. */
const sampled = faultNames.flatMap((fault, place) =>
  [0, 4].map((shift): Cell => ({ fault, crash: crashPointNames[(place + shift) % 8] ?? 'none' })),
);

test(
  'a sample of the matrix holds, and things happen in it',
  async () => {
    let [orders, unknowns, disturbed] = [0, 0, 0];
    for (const [seed, cell] of sampled.entries()) {
      const house = houseKindNames[seed % houseKindNames.length] ?? 'brackets';
      const run = await runChaos({ seed: seed + 1, cell, house });
      expect(run.violations, `seed ${seed + 1} of ${cell.fault} x ${cell.crash}, ${house}`).toEqual([]);
      expect(run.crashes > 0).toBe(cell.crash !== 'none');
      expect(run.unknownsResolved).toBe(run.unknowns);
      orders += run.orders;
      unknowns += run.unknowns;
      if (run.reconcileMs !== 0) disturbed++;
    }
    expect(orders).toBeGreaterThan(8 * sampled.length);
    expect(unknowns).toBeGreaterThan(10);
    expect(disturbed).toBeGreaterThan(2);
  },
  longTestTimeoutMs,
);

test.each(found)('seed $seed of $fault x $crash: $found', async ({ seed, fault, crash, house }) => {
  const { violations } = await runChaos({ seed, cell: { fault, crash }, house });
  expect(violations).toEqual([]);
});

test(
  'the same seeds give the same report, on one thread or on several',
  async () => {
    const request = { firstSeed: 7, seeds: 8, fault: 'mixed' as const, ...silent };
    const alone = await runCampaign({ ...request, jobs: 1 });
    expect(await runCampaign({ ...request, jobs: 2 })).toEqual(alone);
  },
  longTestTimeoutMs,
);

test('10,000 seeds bring every kind of house to every cell and every crash ordinal', () => {
  const met = new Set<string>();
  for (let seed = 0; seed < 10_000; seed++)
    met.add(`${seed % cells.length} ${Math.floor(seed / cells.length) % 6} ${houseKindOf(seed)}`);
  expect(met.size).toBe(cells.length * 6 * houseKindNames.length);
});

test('a violation names the one command that shows it again', async () => {
  const request = { firstSeed: 0, seeds: 1, broken: 'fills_counted_twice', jobs: 1, ...silent } as const;
  const { violations, total } = await runCampaign(request);
  expect(total.violations).toBeGreaterThan(0);
  expect(violations[0]).toMatchObject({ seed: 0, checker: 'nothing_lost' });
  expect(violations[0]?.reproduce).toBe(
    'ato chaos trading --first-seed 0 --seeds 1 --break fills_counted_twice --json',
  );
});

describe('docs/reliability.md', () => {
  const text = readDocument('docs/reliability.md');
  const rows = text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .slice(1, -1)
        .split(' | ')
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
  const rowsNamed = (names: readonly string[], width: number) =>
    rows.filter((row) => row.length === width && names.includes(row[0] ?? ''));

  test('has every cell of the matrix, with at least 10,000 runs and no violation', () => {
    const header = text.split('\n').find((line) => line.startsWith('| fault \\ crash'));
    expect(header?.match(/`(\w+)`/g)?.map((name) => name.replaceAll('`', ''))).toEqual(crashPointNames);
    const matrix = rowsNamed(faultNames, crashPointNames.length + 1);
    expect(matrix.map((row) => row[0])).toEqual(faultNames);
    const counts = matrix.flatMap((row) => row.slice(1).map((cell) => cell.split(' / ').map(Number)));
    expect(counts.map(([violations]) => violations)).toEqual(cells.map(() => 0));
    expect(counts.reduce((sum, [, runs = 0]) => sum + runs, 0)).toBeGreaterThanOrEqual(10_000);
  });

  test('says of every fault, crash point and checker what the code says', () => {
    for (const [names, width] of [
      [faults, 7],
      [crashPoints, 2],
      [checkerNames, 3],
      [houseKinds, 2],
    ] as const) {
      const told = rowsNamed(Object.keys(names), width).map((row) => [row[0], row[1]]);
      expect(told).toEqual(Object.entries(names));
    }
  });

  const mistakes = rowsNamed(breakageNames, 4);

  test('has every mistake of the code', () => {
    expect(mistakes.map((row) => [row[0], row[1]])).toEqual(
      breakageNames.map((name) => [name, breakages[name].what]),
    );
  });

  // Those that take many seeds are left to `ato chaos mutations`.
  const quicklySeen = mistakes.filter(([, , after = '']) => Number.parseInt(after, 10) <= 2);

  test.each(quicklySeen.map(([name = '', , after]) => [name, after]))(
    '%s is seen, as the table says',
    async (name, after) => {
      expect(after).toMatch(/^\d seeds?$/);
      const request = { firstSeed: 0, seeds: 20, jobs: 1, untilViolation: true, ...silent };
      const report = await runCampaign({ ...request, broken: name as BreakageName });
      expect(report.total.violations).toBeGreaterThan(0);
    },
  );
});
