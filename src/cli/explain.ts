// ato explain <id>: the story of one decision, signal or order, from observation to settlement.
import { Command } from 'commander';
import { loadSettings } from '../shared/config/load-settings.ts';
import { CommandFailed } from './misuse.ts';
import { note, printJson, printLine } from './output.ts';

export function explainCommand(): Command {
  return new Command('explain')
    .description('tell the story of one decision, signal or order, from observation to settlement')
    .argument('<id>', 'a decision id (decision-...), signal id (sig-...) or order id (ord-...)')
    .option('--data <dir>', 'data folder to read (default: DATA_DIR, or the running process)')
    .option('--json', 'print one JSON document on stdout')
    .action(async (id: string, options: { data?: string; json?: boolean }) => {
      const settings = loadSettings();
      const { explain } = await import('../runtime/commands/explain.ts');
      const story = await explain(settings, id, options.data);
      if (story === undefined) {
        note(
          `Nothing is known under the id "${id}". Ids are listed by GET /decisions, /analyst/signals and /trading/orders.`,
        );
        throw new CommandFailed();
      }
      if (options.json === true) printJson(story);
      else for (const line of story.lines) printLine(line);
    });
}
