// ato positions: what the running system holds, with its protection.
import { Command, Option } from 'commander';
import { printJson, printLine } from './output.ts';
import { askSystem, printTable, rowsOf } from './running.ts';

const columns = [
  'symbol',
  'side',
  'quantity',
  'average_entry_price',
  'mark_price',
  'unrealised_profit',
  'profit_currency',
  'stop_price',
  'target_price',
  'opened_at',
];
const closedColumns = [
  ...columns.slice(0, 4),
  'realised_profit',
  'profit_currency',
  'opened_at',
  'closed_at',
  'close_reason',
];

export function positionsCommand(): Command {
  return new Command('positions')
    .description('list the positions of the running system, with stop and target')
    .addOption(
      new Option('--state <state>', 'which positions').choices(['open', 'closed', 'all']).default('open'),
    )
    .option('--json', 'print one JSON document on stdout')
    .action(async ({ state, json }: { state: string; json?: boolean }) => {
      const answer = await askSystem(`/trading/positions?limit=1000&state=${state}`);
      if (json === true) printJson(answer);
      else if (rowsOf(answer, 'positions').length === 0) printLine('no positions');
      else printTable(rowsOf(answer, 'positions'), state === 'open' ? columns : closedColumns);
    });
}
