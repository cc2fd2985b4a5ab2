// Replays a journal with the program's own agents and effects closed.
import { type JournalDifference, JournalReplay } from '../kernel/replay.ts';
import type { Settings } from '../shared/config/settings.ts';
import { toIso } from '../shared/domain/time.ts';
import type { ReadOnlyStore } from '../shared/ports/store.ts';
import { agentBuilder } from './agents.ts';
import { loadStrategies } from './strategies.ts';

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
  const base = await reader.journalBase();
  const replay = new JournalReplay(agentBuilder(strategies.all), base);
  let from: number | null = null;
  let to: number | null = null;
  outer: for await (const chunk of reader.journal(base.sequence)) {
    for (const entry of chunk) {
      if (!replay.check(entry)) break outer;
      from ??= entry.at;
      to = entry.at;
    }
    progress(replay.replayed);
  }
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
  return { ...report, lines: describe(report) };
}

function describe(report: Omit<JournalReport, 'lines'>): string[] {
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
    `${span} agreed before it.`,
  ];
}
