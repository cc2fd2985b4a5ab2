// ato health report: what health has seen, mended, learnt and proposes in the running system.
import { Command } from 'commander';
import { printJson, printLine } from './output.ts';
import { askSystem, printTable, rowsOf } from './running.ts';

const tables = [
  ['Incidents of the last day', 'incidents', ['cause', 'open', 'last_day']],
  [
    'Playbooks of the last day',
    'playbooks',
    ['playbook', 'verified', 'failed', 'refused', 'mean_time_to_heal_ms'],
  ],
  [
    'What work costs',
    'usage',
    ['name', 'runs', 'failures', 'effective', 'mean_ms', 'worst_ms', 'tokens', 'micro_usd'],
  ],
  [
    'Proposals',
    'proposals',
    ['setting', 'from', 'to', 'state', 'safe', 'reason', 'expected_gain', 'before', 'after'],
  ],
  ['What is normal', 'normals', ['metric', 'center', 'spread', 'windows', 'drift']],
] as const;

export function healthCommand(): Command {
  const report = new Command('report')
    .description('what the health monitor of the running system has seen, mended, learnt and proposes')
    .option('--json', 'print one JSON document on stdout')
    .action(async ({ json }: { json?: boolean }) => {
      const answer = await askSystem('/health/report');
      if (json === true) {
        printJson(answer);
        return;
      }
      for (const [title, part, columns] of tables) {
        printLine(`${title}:`);
        if (rowsOf(answer, part).length === 0) printLine('  none');
        else printTable(rowsOf(answer, part), columns);
        printLine('');
      }
    });
  return new Command('health').description('ask the health monitor of the running system').addCommand(report);
}
