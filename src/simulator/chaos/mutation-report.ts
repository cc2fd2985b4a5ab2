// What the mutation check found, and its table in docs/reliability.md.
import type { BreakageName } from './broken/breakages.ts';
import type { CheckerName } from './checkers/checker.ts';

export interface MutationResult {
  readonly name: BreakageName;
  readonly what: string;
  readonly caught: boolean;
  /** Seeds run until a checker saw it, or all of them. */
  readonly seeds: number;
  /** Checkers that saw it in that run. */
  readonly by: readonly CheckerName[];
  readonly detail: string | null;
  readonly reproduce: string | null;
}

export interface MutationReport {
  readonly first_seed: number;
  readonly seeds: number;
  readonly mutations: number;
  readonly caught: number;
  readonly results: readonly MutationResult[];
}

export function mutationsText(report: MutationReport): string[] {
  const lines = report.results.map(
    ({ name, caught, seeds, by }) =>
      `${caught ? 'seen  ' : 'MISSED'} ${name.padEnd(36)} after ${seeds} seeds ${by.join(', ')}`,
  );
  return [...lines, `${report.caught} of ${report.mutations} mistakes seen`];
}

export function mutationsMarkdown(report: MutationReport): string[] {
  return [
    `${report.caught} of ${report.mutations} mistakes seen, each within ${report.seeds} seeds from seed ${report.first_seed}.`,
    '',
    '| mistake | what is broken | seen after | by |',
    '|---|---|---|---|',
    ...report.results.map(({ name, what, caught, seeds, by }) => {
      const after = caught ? `${seeds} ${seeds === 1 ? 'seed' : 'seeds'}` : `**not within ${seeds} seeds**`;
      return `| \`${name}\` | ${what} | ${after} | ${by.map((checker) => `\`${checker}\``).join(', ')} |`;
    }),
  ];
}
