// ato close: a person closes one position of the running system, or all of them.
import { Command } from 'commander';
import { Misuse } from './misuse.ts';
import { printJson, printLine } from './output.ts';
import { askSystem, rowsOf } from './running.ts';

interface CloseOptions {
  readonly all?: boolean;
  readonly reason: string;
  readonly json?: boolean;
}

export function closeCommand(): Command {
  return new Command('close')
    .description(
      'close the open position of a symbol at market, or every position; works in every trading state',
    )
    .argument('[symbol]', 'such as BTCUSDT')
    .option('--all', 'every open position, and entries under way are cancelled')
    .option('--reason <text>', 'why, for the record', 'asked on the command line')
    .option('--json', 'print one JSON document on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  ato close BTCUSDT\n  ato halt && ato close --all --reason "leaving for the weekend"',
    )
    .action(async (symbol: string | undefined, { all, reason, json }: CloseOptions) => {
      if ((symbol === undefined) === (all !== true))
        throw new Misuse('choose what to close: a symbol such as BTCUSDT, or --all');
      const explanation = { by: 'command line', reason };
      const answer =
        symbol === undefined
          ? await askSystem('/trading/close-all', explanation)
          : await askSystem('/trading/close', { symbol, ...explanation });
      if (json === true) {
        printJson(answer);
        return;
      }
      const orders = rowsOf(answer, 'orders');
      for (const order of orders)
        printLine(`${order.symbol}: ${order.leg} ${order.state}, ${order.side} ${order.quantity}`);
      if (orders.length === 0) printLine(String(answer.detail ?? 'nothing to close'));
      else printLine('Stops stay until the positions are gone; ato positions shows when.');
    });
}
