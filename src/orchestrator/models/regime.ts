// What kind of situation it is, coarsely: a change of it is worth asking a model about, and ends older advice.
import type { MarketMode } from '../../shared/domain/mode.ts';
import { classesOf } from '../admission.ts';
import { extremeActivity } from '../scheduler.ts';
import type { Snapshot } from '../snapshot.ts';

/** Activity bands; the edges are those at which the policy's own cadence changes. */
const bandEdges = [
  [extremeActivity, 'extreme'],
  [1.4, 'lively'],
  [0.7, 'normal'],
] as const;
/** A band is left only when activity is this much beyond its edge, so that noise at an edge does not flap. */
const bandSlack = 0.1;

function activityBand(activity: number | null, previous?: string): string {
  if (activity === null) return 'unknown';
  const bandOf = (value: number) => bandEdges.find(([edge]) => value >= edge)?.[1] ?? 'calm';
  const [low, high] = [bandOf(activity * (1 - bandSlack)), bandOf(activity * (1 + bandSlack))];
  return previous === low || previous === high ? previous : bandOf(activity);
}

/**
 * Mode, activity band of each admitted class, the trading switch, and what is wrong. `previous` steadies the bands.
 */
export function regimeOf(
  snapshot: Snapshot,
  mode: MarketMode,
  previous: string | null,
  maxDrawdownPct: number,
): string {
  const before = new Map((previous ?? '').split(', ').map((part) => part.split(' ') as [string, string]));
  const bands = classesOf(mode).map(
    (name) => `${name} ${activityBand(snapshot.views[name].activity, before.get(name))}`,
  );
  const troubles = troublesOf(snapshot, mode, maxDrawdownPct).map((trouble) => `trouble: ${trouble}`);
  return [`mode ${mode}`, ...bands, `trading ${snapshot.tradingState}`, ...troubles].join(', ');
}

/** What is wrong now, in words; empty when nothing is. */
function troublesOf(snapshot: Snapshot, mode: MarketMode, maxDrawdownPct: number): readonly string[] {
  const troubles: string[] = [];
  if (snapshot.criticalIncidents > 0) troubles.push('critical incident');
  if (snapshot.agentsDown.length > 0) troubles.push('agent down');
  if (snapshot.systemLoad > 0.9) troubles.push('overload');
  for (const name of classesOf(mode)) {
    const health = snapshot.views[name].sourceHealth;
    if (health !== null && health < 0.5) troubles.push(`${name} sources unwell`);
  }
  if (maxDrawdownPct > 0 && snapshot.drawdownPct > maxDrawdownPct / 2) troubles.push('drawdown');
  return troubles;
}
