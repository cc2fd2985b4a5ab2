// ato bench health: what the health monitor itself costs.
import { Command } from 'commander';
import { CommandFailed } from './misuse.ts';
import { printJson, printLine } from './output.ts';

export function benchHealthCommand(): Command {
  return new Command('health')
    .description(
      'processor time of the health monitor and its probes at 200 probes a minute; exit code 1 from 2 % of a core on',
    )
    .option('--json', 'print one JSON document on stdout')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const { benchHealth } = await import('../runtime/bench/bench-health.ts');
      const report = await benchHealth();
      if (json === true) printJson(report);
      else printLine(JSON.stringify(report, null, 2));
      if (!report.within_limit) throw new CommandFailed('watching costs more than 2 % of a core');
    });
}
