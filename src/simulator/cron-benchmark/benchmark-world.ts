// Which part of a panel is history and which is scored.
import type { FindDefinition } from '../../orchestrator/intensity/intensity-settings.ts';
import { dayMs } from '../../shared/domain/time.ts';
import { type Find, findsOf } from './finds.ts';
import type { Panel } from './panel.ts';
import type { World } from './poll-log.ts';

const maxHistoryMs = 30 * dayMs;
const historyShare = 0.25;

/** The part of a panel that is scored, with its finds. */
export function worldOf(
  panel: Panel,
  find: FindDefinition,
): { world: World; past: Find[]; pastDays: number } {
  const barsPerDay = dayMs / panel.barMs;
  const from = Math.min(Math.floor(panel.bars * historyShare), Math.round(maxHistoryMs / panel.barMs));
  const finds = findsOf(panel, find);
  const world: World = {
    symbols: panel.symbols.length,
    from,
    to: panel.bars,
    barMs: panel.barMs,
    tauBars: find.tauMs / panel.barMs,
    barsPerDay,
    finds: finds.filter((one) => one.bar >= from),
  };
  return { world, past: finds.filter((one) => one.bar < from), pastDays: from / barsPerDay };
}
