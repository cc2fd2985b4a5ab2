// ato orders: the orders of the running system, newest first.
import { Command, InvalidArgumentError } from 'commander';
import { printJson, printLine } from './output.ts';
import { askSystem, printTable, rowsOf } from './running.ts';

const columns = [
  'id',
  'symbol',
  'leg',
  'side',
  'type',
  'quantity',
  'price',
  'state',
  'filled_quantity',
  'reason',
];
const maxOrders = 1_000;

export function ordersCommand(): Command {
  return new Command('orders')
    .description('list the orders of the running system, newest first')
    .option('--open', 'only those that are not settled')
    .option('--limit <n>', `how many, at most ${maxOrders}`, limit, 50)
    .option('--json', 'print one JSON document on stdout')
    .action(async ({ open, limit: most, json }: { open?: boolean; limit: number; json?: boolean }) => {
      const answer = await askSystem(`/trading/orders?limit=${most}${open === true ? '&open=true' : ''}`);
      if (json === true) printJson(answer);
      else if (rowsOf(answer, 'orders').length === 0) printLine('no orders');
      else printTable(rowsOf(answer, 'orders'), columns);
    });
}

function limit(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > maxOrders)
    throw new InvalidArgumentError(`use a whole number from 1 to ${maxOrders}.`);
  return number;
}
