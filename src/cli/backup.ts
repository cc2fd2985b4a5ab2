// ato backup and ato restore: everything the store holds, into one file and back.
import { Command } from 'commander';
import { loadSettings } from '../shared/config/load-settings.ts';
import { note, printJson, printLine } from './output.ts';

interface Options {
  readonly out?: string;
  readonly data?: string;
  readonly force?: boolean;
  readonly check?: boolean;
  readonly json?: boolean;
}

const dataOption = [
  '--data <dir>',
  'data folder of the embedded database (default: DATA_DIR, or DATABASE_URL)',
] as const;

export function backupCommand(): Command {
  return new Command('backup')
    .description(
      'write everything the store holds into one file with a checksum; with PostgreSQL also while the orchestrator runs',
    )
    .option('--out <file>', 'where to (default: backups/ato-<time>.backup.gz)')
    .option(...dataOption)
    .option('--force', 'replace a file of that name')
    .option('--json', 'print one JSON document on stdout')
    .action(async (options: Options) => {
      const settings = loadSettings();
      const { makeBackup } = await import('../runtime/commands/backup.ts');
      const now = new Date();
      const stamp = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
      const report = await makeBackup(settings, {
        file: options.out ?? `backups/ato-${stamp}.backup.gz`,
        force: options.force === true,
        dataFolder: options.data,
        now,
      });
      if (options.json === true) printJson(report);
      else
        printLine(
          `${report.file}: ${report.rows} rows, journal to ${report.sequence}, ${report.bytes} bytes, sha256 ${report.sha256}`,
        );
    });
}

export function restoreCommand(): Command {
  return new Command('restore')
    .description(
      'verify a backup and put it into the store: all of it or nothing; refuses to replace data without --force',
    )
    .argument('<file>', 'a file of ato backup')
    .option(...dataOption)
    .option('--force', 'replace the data that are there')
    .option('--check', 'only verify the file')
    .option('--json', 'print one JSON document on stdout')
    .action(async (file: string, options: Options) => {
      const settings = loadSettings();
      const { checkBackup, restoreBackup } = await import('../runtime/commands/backup.ts');
      const request = { file, force: options.force === true, dataFolder: options.data };
      const report =
        options.check === true ? await checkBackup(file) : await restoreBackup(settings, request);
      if (options.json === true) printJson(report);
      else {
        const done = options.check === true ? 'is sound' : 'was restored';
        printLine(`${report.file} ${done}: ${report.rows} rows, journal to ${report.sequence}`);
        if (options.check !== true) note('Look with ato journal verify, then start.');
      }
    });
}
