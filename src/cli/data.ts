// ato data: brings foreign candle files into the house format, checks recordings, and says what they hold.
import { Command, InvalidArgumentError, Option } from 'commander';
import {
  type CheckReport,
  checkFiles,
  type ImportedFile,
  type ImportRequest,
  importFiles,
  parseColumns,
} from '../runtime/commands/data-files.ts';
import { loadSettings } from '../shared/config/load-settings.ts';
import { type Timeframe, timeframes } from '../shared/domain/candle.ts';
import { canonicalSymbol, instrumentFor } from '../shared/domain/instrument.ts';
import { CommandFailed } from './misuse.ts';
import { printJson, printLine } from './output.ts';

/** Lines about one file shown to a person; --json has all that is kept. */
const maxShown = 10;
const separatorNames: Readonly<Record<string, string>> = { tab: '\t', comma: ',', semicolon: ';', bar: '|' };

interface ImportOptions {
  readonly out: string;
  readonly symbol?: string;
  readonly timeframe?: Timeframe;
  readonly columns?: ImportRequest['columns'];
  readonly timeUnit: ImportRequest['timeUnit'];
  readonly zone: string;
  readonly separator?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function dataCommand(): Command {
  return new Command('data')
    .description('bring foreign candle files into the house format, check recordings, and say what they hold')
    .addCommand(importCommand())
    .addCommand(checkCommand())
    .addCommand(infoCommand());
}

function importCommand(): Command {
  return new Command('import')
    .description(
      'turn CSV files of other programs (.csv, .txt, .gz) into recordings; rows that cannot be real are named by line and left out',
    )
    .argument('<files...>', 'files of one layout')
    .requiredOption('--out <dir>', 'folder for the recordings; it is made when missing')
    .option('--symbol <symbol>', 'symbol of the files (default: from their names)', symbol)
    .addOption(
      new Option('--timeframe <tf>', 'timeframe (default: the most frequent distance of rows)').choices(
        timeframes,
      ),
    )
    .option(
      '--columns <list>',
      'columns by header name or number: time=Date,open=2,... (roles: time or date and clock, open, high, low, close, volume; default: recognised)',
      columns,
    )
    .addOption(
      new Option('--time-unit <unit>', 'unit of epoch times')
        .choices(['auto', 's', 'ms', 'us', 'ns', 'iso'])
        .default('auto'),
    )
    .option(
      '--zone <name>',
      'time zone of written times that name none, such as America/New_York',
      zone,
      'UTC',
    )
    .option(
      '--separator <text>',
      'one character, or tab, comma, semicolon, bar (default: recognised)',
      separator,
    )
    .option('--force', 'write over a recording of the same name')
    .option('--json', 'print one JSON document on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  ato data import BTCUSDT-1m-2026-03.csv --out recordings\n  ato data import eurusd.txt --symbol EURUSD --zone Etc/GMT+5 --out recordings',
    )
    .action(async (files: string[], options: ImportOptions) => {
      const { out, json, force, ...layout } = options;
      const imported = await importFiles({
        ...layout,
        files,
        folder: out,
        force: force === true,
        timeZone: options.zone,
        columns: options.columns ?? {},
      });
      if (json === true) printJson({ imported });
      else for (const file of imported) printImported(file);
    });
}

function checkCommand(): Command {
  return new Command('check')
    .description(
      'look for gaps, duplicates, impossible rows, times off the grid and damage; exit 1 when anything is found',
    )
    .argument('<paths...>', 'recordings or folders of them')
    .option('--allow-gaps', 'gaps are reported, but do not fail the check')
    .option('--json', 'print one JSON document on stdout')
    .action(async (paths: string[], options: { allowGaps?: boolean; json?: boolean }) => {
      const report = await checkFiles(loadSettings(), paths, options.allowGaps === true);
      if (options.json === true) printJson(report);
      else printCheck(report);
      if (!report.clean) throw new CommandFailed();
    });
}

function infoCommand(): Command {
  return new Command('info')
    .description('say what recordings hold: symbol, timeframe, span, prices and completeness')
    .argument('<paths...>', 'recordings or folders of them')
    .option('--json', 'print one JSON document on stdout')
    .action(async (paths: string[], options: { json?: boolean }) => {
      const { files, skipped } = await checkFiles(loadSettings(), paths, true);
      const summaries = files.map(({ gaps: _gaps, bad_rows, ...file }) => ({
        ...file,
        bad_rows: bad_rows.reduce((sum, { count }) => sum + count, 0),
      }));
      if (options.json === true) {
        printJson({ files: summaries, skipped });
        return;
      }
      for (const file of summaries) {
        printLine(`${file.file}: ${file.symbol} ${file.timeframe}, ${file.candles} candles`);
        if (file.from !== null)
          printLine(
            `  ${file.from} to ${file.to}, ${percent(file.coverage)} of the open market; price ${file.first_price} to ${file.last_price}, between ${file.lowest} and ${file.highest}`,
          );
        if (file.bad_rows > 0 || file.damage !== null || file.gap_count > 0)
          printLine(`  ${file.bad_rows} bad rows, ${file.gap_count} gaps; see: ato data check ${file.file}`);
      }
      for (const { file, reason } of skipped) printLine(`left out ${file}: ${reason}`);
    });
}

function printImported(file: ImportedFile): void {
  printLine(`${file.file} -> ${file.out}`);
  const read = Object.entries(file.columns).map(([role, name]) => `${role}=${name}`);
  printLine(
    `  ${file.symbol} ${file.timeframe}${file.inferred_timeframe ? ' (from the distance of rows)' : ''}, ${file.candles} candles, ${file.from} to ${file.to}; read ${read.join(', ')}`,
  );
  if (file.rejected_rows > 0) printLine(`  ${file.rejected_rows} rows left out:`);
  for (const { line, reason } of file.rejected.slice(0, maxShown))
    printLine(`    ${file.file}:${line}: ${reason}`);
  if (file.rejected_rows > maxShown) printLine(`    and ${file.rejected_rows - maxShown} more`);
}

function printCheck(report: CheckReport): void {
  for (const file of report.files) {
    const bad = file.bad_rows.reduce((sum, { count }) => sum + count, 0);
    printLine(
      `${file.file}: ${file.candles} candles, ${bad} bad rows, ${file.missing_candles} missing in ${file.gap_count} gaps, ${percent(file.coverage)} complete`,
    );
    for (const { reason, count, lines } of file.bad_rows)
      printLine(
        `  ${file.file}:${lines[0]}: ${reason}${count > 1 ? ` (${count} rows, lines ${lines.slice(0, maxShown).join(', ')})` : ''}`,
      );
    for (const gap of file.gaps.slice(0, maxShown))
      printLine(`  gap ${gap.from} to ${gap.to}: ${gap.missing} candles`);
    if (file.gap_count > maxShown) printLine(`  and ${file.gap_count - maxShown} more gaps`);
    if (file.damage !== null) printLine(`  damaged: ${file.damage}`);
  }
  for (const { symbol: name, timeframe, times } of report.overlaps)
    printLine(`${name} ${timeframe}: ${times} times stand in more than one file`);
  for (const { file, reason } of report.skipped) printLine(`left out ${file}: ${reason}`);
  for (const { file, reason } of report.unreadable) printLine(`cannot be read: ${file}: ${reason}`);
  printLine(report.clean ? 'clean' : `${report.problems.length} problems`);
}

function percent(share: number | null): string {
  return share === null ? 'nothing' : `${Math.floor(share * 10_000) / 100} %`;
}

function symbol(value: string): string {
  const canonical = canonicalSymbol(value);
  if (instrumentFor(canonical) === undefined)
    throw new InvalidArgumentError(
      'write crypto pairs like BTCUSDT, forex pairs like EURUSD and tokens like solana:<address>.',
    );
  return canonical;
}

function columns(value: string): ImportRequest['columns'] {
  try {
    return parseColumns(value);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function separator(value: string): string {
  const found = separatorNames[value] ?? value.replace('\\t', '\t');
  if (found.length !== 1) throw new InvalidArgumentError('use one character, or tab, comma, semicolon, bar.');
  return found;
}

function zone(value: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone;
  } catch {
    throw new InvalidArgumentError(
      'use a time zone name such as Europe/London, America/New_York or Etc/GMT+5.',
    );
  }
}
