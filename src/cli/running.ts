// What the commands that talk to the running system share: one place that turns its "no" into an exit code.
import { loadSettings } from '../shared/config/load-settings.ts';
import { CommandFailed } from './misuse.ts';
import { note, printLine } from './output.ts';

type Row = Readonly<Record<string, unknown>>;

/** The answer of the running system; ends the command with 1 and its reason on stderr when there is none. */
export async function askSystem(path: string, body?: Row): Promise<Row> {
  const { askRunningSystem, RunningSystemError } = await import('../runtime/commands/running-system.ts');
  try {
    return (await askRunningSystem(loadSettings(), path, body)) as Row;
  } catch (error) {
    if (!(error instanceof RunningSystemError)) throw error;
    note(error.message);
    throw new CommandFailed();
  }
}

/** The rows of a list in an answer; an answer without it is not ours to read and counts as empty. */
export function rowsOf(answer: Row, name: string): readonly Row[] {
  const rows = answer[name];
  return Array.isArray(rows) ? (rows as Row[]) : [];
}

/** Prints rows as a table; `null` and absent values as a dash. */
export function printTable(rows: readonly Row[], columns: readonly string[]): void {
  const cells = rows.map((row) => columns.map((column) => textOf(row[column])));
  const widths = columns.map((column, place) =>
    Math.max(column.length, ...cells.map((line) => line[place]?.length ?? 0)),
  );
  const print = (line: readonly string[]) =>
    printLine(
      line
        .map((cell, place) => cell.padEnd(widths[place] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  print(columns);
  for (const line of cells) print(line);
}

/** Text from outside could carry control characters that a terminal obeys. */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return '-';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go.
  return String(value).replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
}
