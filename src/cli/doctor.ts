// ato doctor: what is wrong with this installation and how to mend it.
import { Command } from 'commander';
import type { Finding } from '../runtime/commands/doctor.ts';
import { CommandFailed } from './misuse.ts';
import { printJson, printLine } from './output.ts';

const marks: Readonly<Record<Finding['verdict'], string>> = { ok: 'ok  ', warning: 'warn', problem: 'FAIL' };

export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      'check settings (secrets masked), database, market sources, clock, disk and ports, and say how to mend what is wrong',
    )
    .option('--json', 'print one JSON document on stdout')
    .action(async (options: { json?: boolean }) => {
      const { examine } = await import('../runtime/commands/doctor.ts');
      const report = await examine();
      if (options.json === true) printJson(report);
      else {
        for (const finding of report.findings) {
          printLine(`${marks[finding.verdict]}  ${finding.subject}: ${finding.detail}`);
          if (finding.fix !== null) printLine(`      fix: ${finding.fix}`);
        }
        if (report.settings !== null)
          for (const [name, value] of Object.entries(report.settings)) printLine(`      ${name}=${value}`);
      }
      if (!report.healthy) throw new CommandFailed();
    });
}
