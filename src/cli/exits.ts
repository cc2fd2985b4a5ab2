// ato exits: worked exit cases through the exit engine, each with the trades it makes and whether they are as expected.
import { Command } from 'commander';
import { CommandFailed, Misuse } from './misuse.ts';
import { note, printJson, printLine } from './output.ts';

export function exitsCommand(): Command {
  return new Command('exits')
    .description(
      'play worked exit cases through the exit engine and compare the trades with the expected ones',
    )
    .requiredOption('--cases <file>', 'JSON array of cases; the form and the rules are in docs/exits.md')
    .option('--json', 'print one JSON document on stdout')
    .addHelpText('after', '\nExample:\n  ato exits --cases examples/exit-cases.json --json')
    .action(async (options: { cases: string; json?: boolean }) => {
      const { ExitCasesError, runExitCases } = await import('../runtime/commands/exit-cases.ts');
      let run: ReturnType<typeof runExitCases>;
      try {
        run = runExitCases(options.cases);
      } catch (error) {
        if (error instanceof ExitCasesError) throw new Misuse(error.message);
        throw error;
      }
      const { results, unknown_fields } = run;
      if (options.json === true) printJson(results);
      else
        for (const { id, trades, passed } of results) {
          const verdict = passed === null ? 'nothing expected' : passed ? 'passed' : 'FAILED';
          printLine(`${id}: ${verdict}`);
          for (const trade of trades)
            printLine(
              `  ${trade.side} ${trade.open_index} -> ${trade.close_index} ${trade.exit_reason} ${trade.profit_ratio}`,
            );
        }
      if (unknown_fields.length > 0)
        note(`these fields are not known and changed nothing: ${unknown_fields.join(', ')}`);
      const failed = results.filter((result) => result.passed === false).length;
      note(`${results.length} cases, ${failed} not as expected`);
      if (failed > 0) throw new CommandFailed();
    });
}
