// Replays a journal with the program's own agents and effects closed.
import type { Strategy } from '../../analyst/strategy.ts';
import { type JournalDifference, JournalReplay } from '../../kernel/replay.ts';
import { readJournalLine } from '../../shared/bus/journal-line.ts';
import { SettingsError } from '../../shared/config/load-settings.ts';
import type { Settings } from '../../shared/config/settings.ts';
import { toIso } from '../../shared/domain/time.ts';
import type { JournalEntry, ReadOnlyStore } from '../../shared/ports/store.ts';
import { agentBuilder } from '../agents.ts';
import { loadStrategies } from '../strategies.ts';
import { version } from '../version.ts';

const startMark = '"message_type":"kernel.started"';

export interface JournalReport {
  readonly reproduces: boolean;
  readonly inputs: number;
  readonly from: string | null;
  readonly to: string | null;
  readonly journal_hash: string;
  readonly first_difference: JournalDifference | null;
  readonly wall_ms: number;
  readonly lines: readonly string[];
}

/** Reads the journal in bounded chunks; memory does not grow with its length. */
export async function verifyJournal(
  reader: ReadOnlyStore,
  settings: Settings,
  progress: (done: number) => void,
): Promise<JournalReport> {
  const begun = performance.now();
  const strategies = await loadStrategies(settings);
  const stored = await reader.load();
  const base = await reader.journalBase();
  const replay = new JournalReplay(agentBuilder(strategies.all), base);
  let from: number | null = null;
  let to: number | null = null;
  let recordedBy = version;
  outer: for await (const chunk of reader.journal(base.sequence)) {
    for (const entry of chunk) {
      const start = startIn(entry);
      if (start !== undefined) {
        recordedBy = start.version;
        assertStrategyKnown(start.strategy, entry.sequence, strategies.all);
      }
      if (!replay.check(entry)) break outer;
      from ??= entry.at;
      to = entry.at;
    }
    progress(replay.replayed);
  }
  replay.end(stored);
  const difference = replay.difference ?? null;
  const report = {
    reproduces: difference === null,
    inputs: replay.replayed,
    from: from === null ? null : toIso(from),
    to: to === null ? null : toIso(to),
    journal_hash: replay.hash,
    first_difference: difference,
    wall_ms: Math.round(performance.now() - begun),
  };
  return { ...report, lines: describe(report, recordedBy) };
}

/** What a recorded start of the kernel says of the program that made it; undefined for other entries. */
function startIn(entry: JournalEntry): { readonly version: string; readonly strategy: unknown } | undefined {
  if (!entry.line.includes(startMark)) return undefined;
  const input = readJournalLine(entry.line)?.input;
  if (input?.message_type !== 'kernel.started') return undefined;
  return { version: input.data.version, strategy: input.data.agent_settings.strategy };
}

/** Throws SettingsError: without its strategy the analyst cannot be built, and every difference would be that one. */
function assertStrategyKnown(recorded: unknown, sequence: number, known: readonly Strategy[]): void {
  if (typeof recorded !== 'string' || known.some((strategy) => strategy.name === recorded)) return;
  throw new SettingsError(
    `The start at input ${sequence} ran the strategy "${recorded}", which is not loaded here (known: ${known.map((strategy) => strategy.name).join(', ')}). Fix: set ATO_STRATEGY_FILE to the file of that strategy and verify again.`,
  );
}

function describe(report: Omit<JournalReport, 'lines'>, recordedBy: string): string[] {
  if (report.inputs === 0 && report.reproduces)
    return ['The journal is empty: nothing has run on this data yet.'];
  const span = `${report.inputs} inputs from ${report.from ?? '?'} to ${report.to ?? '?'}`;
  if (report.first_difference === null)
    return [`The journal reproduces: ${span}.`, `journal hash ${report.journal_hash}`];
  const { sequence, part, recorded, replayed } = report.first_difference;
  return [
    `The journal does NOT reproduce. First difference at input ${sequence}, in its ${part}:`,
    `  recorded: ${recorded}`,
    `  replayed: ${replayed}`,
    report.inputs === 0 ? 'Nothing agreed before it.' : `${span} agreed before it.`,
    `Recorded by version ${recordedBy}, replayed by ${version}: another program, or a strategy file changed since, decides differently.`,
  ];
}
