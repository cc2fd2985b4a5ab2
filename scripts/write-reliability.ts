// Writes the tables of docs/reliability.md anew: `node scripts/write-reliability.ts --seeds 10000`, with --part matrix or
// mutations only one of the two; with --part health those of docs/health.md and of the processes, from the file --report that
// `ato chaos health --json` printed. It never edits the text around them, and it writes whatever the runs gave.
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runCampaign } from '../src/runtime/chaos/chaos-campaign.ts';
import { runMutations } from '../src/runtime/chaos/chaos-mutations.ts';
import { type ProcessesReport, processesMarkdown } from '../src/runtime/chaos-processes/report.ts';
import { mutationsMarkdown } from '../src/simulator/chaos/mutation-report.ts';
import { matrixMarkdown } from '../src/simulator/chaos/report-text.ts';
import { type HealthChaosReport, healthChaosMarkdown } from '../src/simulator/chaos-health/report.ts';

const fileOf = (document: string) => path.resolve(import.meta.dirname, '..', 'docs', document);
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    'mutation-seeds': { type: 'string', default: '456' },
    part: { type: 'string', default: 'all' },
    report: { type: 'string', default: '' },
    jobs: { type: 'string', default: String(availableParallelism()) },
  },
});

/** Puts these lines between the two marks of this name. */
function write(name: string, lines: readonly string[], document = 'reliability.md'): void {
  const file = fileOf(document);
  const text = readFileSync(file, 'utf8');
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/${document} has no place for ${name}`);
  writeFileSync(file, `${text.slice(0, from + begin.length)}\n${lines.join('\n')}\n${text.slice(to)}`);
}

const note = (what: string) => (done: number, total: number) => {
  if (done % 500 === 0 || done === total) process.stderr.write(`${what} ${done} of ${total}\n`);
};

async function matrix(): Promise<boolean> {
  const report = await runCampaign({
    firstSeed: 0,
    seeds: Number(values.seeds),
    jobs: Number(values.jobs),
    progress: note('seeds'),
  });
  write('matrix', matrixMarkdown(report));
  for (const { reproduce } of report.violations) process.stderr.write(`${reproduce}\n`);
  return report.total.violations === 0;
}

async function mutations(): Promise<boolean> {
  const report = await runMutations(0, Number(values['mutation-seeds']), note('mistakes'));
  write('mutations', mutationsMarkdown(report));
  return report.caught === report.mutations;
}

/** From the document that the command printed: a run with real servers is too long to be done again for its table. */
function health(): boolean {
  const { topologies, ok } = JSON.parse(readFileSync(values.report, 'utf8')) as {
    readonly topologies: {
      readonly simulated: HealthChaosReport | { readonly skipped: string };
      readonly processes: ProcessesReport | { readonly skipped: string };
    };
    readonly ok: boolean;
  };
  const { simulated, processes } = topologies;
  if (!('skipped' in simulated)) write('health', healthChaosMarkdown(simulated), 'health.md');
  if (!('skipped' in processes)) write('processes', processesMarkdown(processes));
  return ok;
}

const parts: Readonly<Record<string, () => boolean | Promise<boolean>>> = { matrix, mutations, health };
const wanted = values.part === 'all' ? ['matrix', 'mutations'] : [values.part];
for (const part of wanted) if ((await parts[part]?.()) !== true) process.exitCode = 1;
