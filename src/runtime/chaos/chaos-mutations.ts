// The mutation check: the house is broken on purpose, one way at a time, and the checkers must see it within some seeds.
import { breakageNames, breakages } from '../../simulator/chaos/broken/breakages.ts';
import type { MutationReport, MutationResult } from '../../simulator/chaos/mutation-report.ts';
import { runCampaign } from './chaos-campaign.ts';

/** Runs each breakage until it is caught, over at most that many seeds. */
export async function runMutations(
  firstSeed: number,
  seeds: number,
  progress: (done: number, total: number) => void,
): Promise<MutationReport> {
  const results: MutationResult[] = [];
  for (const name of breakageNames) {
    const report = await runCampaign({
      firstSeed,
      seeds,
      broken: name,
      jobs: 1,
      untilViolation: true,
      progress: () => undefined,
    });
    const [first] = report.violations;
    results.push({
      name,
      what: breakages[name].what,
      caught: first !== undefined,
      seeds: report.seeds,
      by: report.violations.map(({ checker }) => checker),
      detail: first?.detail ?? null,
      reproduce: first?.reproduce ?? null,
    });
    progress(results.length, breakageNames.length);
  }
  const caught = results.filter((result) => result.caught).length;
  return { first_seed: firstSeed, seeds, mutations: results.length, caught, results };
}
