// ato journal verify: replays the recorded inputs with effects closed and says whether the journal reproduces.
import { Command } from 'commander';
import { loadSettings } from '../shared/config/load-settings.ts';
import { CommandFailed } from './misuse.ts';
import { ProgressBar, printJson, printLine } from './output.ts';

export function journalCommand(): Command {
  const verify = new Command('verify')
    .description(
      'replay the recorded inputs with effects closed; exit 1 and show the first difference when the journal does not reproduce',
    )
    .option('--data <dir>', 'data folder to read (default: DATA_DIR)')
    .option('--json', 'print one JSON document on stdout')
    .action(async (options: { data?: string; json?: boolean }) => {
      const settings = loadSettings();
      const { verifyJournal } = await import('../runtime/commands/journal-verification.ts');
      const { openReader } = await import('../runtime/store/open-reader.ts');
      const reader = await openReader(settings, options.data);
      const bar = new ProgressBar('replaying', (await reader.load()).sequence);
      try {
        const report = await verifyJournal(reader, settings, (done) => bar.update(done));
        bar.finish();
        if (options.json === true) printJson(report);
        else for (const line of report.lines) printLine(line);
        if (!report.reproduces) throw new CommandFailed();
      } finally {
        await reader.close();
      }
    });
  return new Command('journal')
    .description('work with the journal of everything that happened')
    .addCommand(verify);
}
