// ato halt, ato reduce-only, ato resume: a person's hand on the switch of the running system.
import { Command } from 'commander';
import { printJson, printLine } from './output.ts';
import { askSystem, rowsOf } from './running.ts';

const switches = [
  ['halt', 'stop all new orders of the running system until a person resumes; survives restarts'],
  ['reduce-only', 'allow only orders that make positions smaller, until a person resumes; survives restarts'],
  ['resume', 'let the running system trade again; the drawdown is measured anew from here'],
] as const;

export function switchCommands(): Command[] {
  return switches.map(([name, description]) =>
    new Command(name)
      .description(description)
      .option('--reason <text>', 'why, for the record', 'asked on the command line')
      .option('--json', 'print one JSON document on stdout')
      .action(async ({ reason, json }: { reason: string; json?: boolean }) => {
        const answer = await askSystem(`/trading/${name}`, { by: 'command line', reason });
        if (json === true) printJson(answer);
        else {
          const state = (answer.trading_state as { state?: unknown } | null | undefined)?.state;
          const changed = rowsOf(answer, 'messages').some(
            ({ message_type }) => message_type === 'trading.state_changed',
          );
          printLine(`trading is ${String(state ?? 'unknown')}${changed ? '' : ' already; nothing changed'}`);
        }
      }),
  );
}
