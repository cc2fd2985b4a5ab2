// ato chaos health: break what the house rests on, in the simulation and in a running system of several processes, and prove
// that it is seen, mended and told once, and that nothing is lost.
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { processFaultNames } from '../runtime/chaos-processes/faults.ts';
import type { ProcessesReport } from '../runtime/chaos-processes/report.ts';
import { type HealthFault, healthFaultNames } from '../simulator/chaos-health/faults.ts';
import type { HealthChaosReport } from '../simulator/chaos-health/report.ts';
import { CommandFailed } from './misuse.ts';
import { endServersWithUs, note, ProgressBar, printJson, printLine } from './output.ts';

const maxSeeds = 1_000_000;
const maxProcessRuns = 1_000;
const topologies = ['simulated', 'processes', 'both'] as const;
const strategy = fileURLToPath(new URL('../runtime/chaos-processes/faulty-strategy.ts', import.meta.url));

interface HealthOptions {
  readonly topology: (typeof topologies)[number];
  readonly seeds: number;
  readonly firstSeed: number;
  readonly processRuns: number;
  readonly firstProcessSeed: number;
  readonly relay: 'redis' | 'rabbitmq';
  readonly fault?: readonly string[];
  readonly json?: boolean;
}

/** Why a topology was not run. */
interface Skipped {
  readonly skipped: string;
}

export function chaosHealthCommand(): Command {
  return new Command('health')
    .description(
      'inject faults around the agents, each with its expected playbook: in the simulation, and in a running system of several processes with real servers; exit code 1 when one is seen late, neither healed nor escalated, told twice, or loses or doubles a message or an order',
    )
    .addOption(
      new Option('--topology <name>', 'where; processes needs PostgreSQL and the relay server installed')
        .choices(topologies)
        .default('both'),
    )
    .option('--seeds <n>', 'simulated: how many seeds; each is one fault', wholeNumber(1, maxSeeds), 140)
    .option('--first-seed <k>', 'simulated: first seed', wholeNumber(0, Number.MAX_SAFE_INTEGER), 0)
    .option(
      '--process-runs <k>',
      'processes: how many systems to start and break in every way; each takes about ten minutes',
      wholeNumber(1, maxProcessRuns),
      1,
    )
    .option('--first-process-seed <k>', 'processes: first seed', wholeNumber(0, Number.MAX_SAFE_INTEGER), 1)
    .addOption(
      new Option('--relay <kind>', 'processes: server between the processes')
        .choices(['redis', 'rabbitmq'])
        .default('redis'),
    )
    .option('--fault <names>', 'only these faults, separated by commas', faultList)
    .option('--json', 'print one JSON document on stdout instead of the tables')
    .addHelpText(
      'after',
      `\nSimulated faults: ${healthFaultNames.join(', ')}\nFaults of the processes: ${processFaultNames.join(', ')}`,
    )
    .action(runHealth);
}

async function runHealth(options: HealthOptions): Promise<void> {
  const { json, topology, fault } = options;
  const wanted = (one: 'simulated' | 'processes', names: readonly string[]): string | undefined => {
    if (topology !== 'both' && topology !== one) return `--topology ${topology}`;
    return fault === undefined || fault.some((name) => names.includes(name))
      ? undefined
      : 'it has none of the faults that were named';
  };
  const noSimulation = wanted('simulated', healthFaultNames);
  const noProcesses = wanted('processes', processFaultNames);
  const simulated = noSimulation === undefined ? await simulate(options) : { skipped: noSimulation };
  const processes = noProcesses === undefined ? await breakProcesses(options) : { skipped: noProcesses };
  const reports = [simulated, processes].flatMap((report) => ('skipped' in report ? [] : [report]));
  const ok = reports.length > 0 && reports.every(({ missed }) => missed === 0);
  if (json === true) printJson({ topologies: { simulated, processes }, ok });
  else await printTables(simulated, processes);
  for (const { misses } of reports)
    for (const { fault: name, why, reproduce } of misses) note(`${name ?? 'all'}: ${why}\n  ${reproduce}`);
  if (!ok) throw new CommandFailed();
}

async function simulate({ firstSeed, seeds, fault }: HealthOptions): Promise<HealthChaosReport> {
  const { healthChaos } = await import('../runtime/chaos/chaos-health.ts');
  const begun = performance.now();
  const bar = new ProgressBar('seeds', seeds);
  const progress = (done: number) => bar.update(done);
  const faults = healthFaultNames.filter((name): name is HealthFault => fault?.includes(name) ?? true);
  const report = await healthChaos({ firstSeed, seeds, progress, faults });
  bar.finish();
  note(`${seeds} seeds in ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
  return report;
}

/** Skipped, with the reason, where a server is not installed. */
async function breakProcesses(options: HealthOptions): Promise<ProcessesReport | Skipped> {
  const { processRuns: runs, firstProcessSeed: firstSeed, relay, fault } = options;
  const { chaosProcesses, missingFor } = await import('../runtime/chaos-processes/chaos-processes.ts');
  const missing = missingFor(relay);
  if (missing !== undefined) {
    note(`processes: skipped: ${missing}`);
    return { skipped: missing };
  }
  endServersWithUs();
  return chaosProcesses({
    ...{ runs, firstSeed, relay, strategy, note },
    ...(fault === undefined ? {} : { faults: fault }),
  });
}

async function printTables(
  simulated: HealthChaosReport | Skipped,
  processes: ProcessesReport | Skipped,
): Promise<void> {
  const { healthChaosMarkdown } = await import('../simulator/chaos-health/report.ts');
  const { processesMarkdown } = await import('../runtime/chaos-processes/report.ts');
  const lines = [
    ...('skipped' in simulated ? [] : healthChaosMarkdown(simulated)),
    ...('skipped' in simulated || 'skipped' in processes ? [] : ['']),
    ...('skipped' in processes ? [] : processesMarkdown(processes)),
  ];
  for (const line of lines) printLine(line);
}

function wholeNumber(lowest: number, highest: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (value.trim() === '' || !Number.isSafeInteger(number) || number < lowest || number > highest)
      throw new InvalidArgumentError(`use a whole number from ${lowest} to ${highest}.`);
    return number;
  };
}

function faultList(value: string): readonly string[] {
  const known: readonly string[] = [...healthFaultNames, ...processFaultNames];
  const names = value.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new InvalidArgumentError(`there is no fault "${unknown[0]}"; use some of ${known.join(', ')}.`);
  return names;
}
