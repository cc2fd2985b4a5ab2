// The command line: one file per command, joined here. Exit 0 done, 1 failed, 2 misuse or settings to be corrected.
// Commands load the runtime only when they run: help and mistakes are answered at once.
import { Command, CommanderError } from 'commander';
import { version } from '../runtime/version.ts';
import { SettingsError } from '../shared/config/load-settings.ts';
import { backupCommand, restoreCommand } from './backup.ts';
import { benchCommand } from './bench.ts';
import { chaosCommand } from './chaos.ts';
import { closeCommand } from './close.ts';
import { dataCommand } from './data.ts';
import { doctorCommand } from './doctor.ts';
import { exitsCommand } from './exits.ts';
import { explainCommand } from './explain.ts';
import { fuzzCommand } from './fuzz.ts';
import { healthCommand } from './health.ts';
import { journalCommand } from './journal.ts';
import { learnCommand } from './learn.ts';
import { CommandFailed, Misuse } from './misuse.ts';
import { ordersCommand } from './orders.ts';
import { positionsCommand } from './positions.ts';
import { processesCommand } from './processes.ts';
import { recordCommand } from './record.ts';
import { sessionsCommand } from './sessions.ts';
import { simCommand } from './sim.ts';
import { startCommand } from './start.ts';
import { tokensCommand } from './tokens.ts';
import { switchCommands } from './trading-switch.ts';
import { workerCommand } from './worker.ts';

const misuseExitCode = 2;

/** The whole program; parse with runProgram. */
export function createProgram(): Command {
  const program = new Command('ato')
    .description('AI Trading Orchestrator: four agents that decide when and what to run, instead of cron')
    .version(version);
  const commands = [
    startCommand(),
    simCommand(),
    exitsCommand(),
    positionsCommand(),
    ordersCommand(),
    closeCommand(),
    ...switchCommands(),
    journalCommand(),
    explainCommand(),
    learnCommand(),
    backupCommand(),
    restoreCommand(),
    doctorCommand(),
    healthCommand(),
    sessionsCommand(),
    tokensCommand(),
    recordCommand(),
    dataCommand(),
    benchCommand(),
    chaosCommand(),
    fuzzCommand(),
    workerCommand(),
    processesCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of [program, ...commands, ...commands.flatMap((parent) => parent.commands)])
    command.exitOverride().showHelpAfterError('(add --help for the options)');
  return program;
}

/** Runs one command line and returns the exit code; never throws. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync([...argv], { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return exitCodeFor(error);
  }
}

function exitCodeFor(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : misuseExitCode;
  if (error instanceof CommandFailed) return 1;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${message}\n`);
  if (error instanceof Misuse || error instanceof SettingsError) return misuseExitCode;
  return 1;
}
