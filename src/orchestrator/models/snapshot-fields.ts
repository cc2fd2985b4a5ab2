// The snapshot as named numbers: what a model is shown, and the only numbers its answer may cite.
import type { DecisionCandidate } from '../../shared/domain/decision.ts';
import { rounded } from '../numbers.ts';
import { assetClasses, type Snapshot } from '../snapshot.ts';

const maxFields = 160;
const maxSourceFields = 16;

/** Every number of the snapshot and of the admissible candidates, by name; nothing that is not known. */
export function snapshotFields(
  snapshot: Snapshot,
  candidates: readonly DecisionCandidate[],
): Readonly<Record<string, number>> {
  const fields: Record<string, number> = {};
  const add = (name: string, value: number | null) => {
    if (value !== null && Number.isFinite(value) && Object.keys(fields).length < maxFields)
      fields[name] = rounded(value);
  };
  for (const name of assetClasses) {
    add(`${name}_activity`, snapshot.views[name].activity);
    add(`${name}_volatility`, snapshot.context[`${name}_volatility`]);
    add(`${name}_source_health`, snapshot.views[name].sourceHealth);
  }
  add('system_load', snapshot.systemLoad);
  add('open_incidents', snapshot.openIncidents);
  add('critical_incidents', snapshot.criticalIncidents);
  add('agents_down', snapshot.agentsDown.length);
  add('open_positions', snapshot.openPositions);
  add('queued_tasks', snapshot.context.queued_tasks);
  add('drawdown_pct', snapshot.drawdownPct);
  add('sessions_open', snapshot.sessions.length);
  const sources = Object.entries(snapshot.context.source_health).slice(0, maxSourceFields);
  for (const [index, [, health]] of sources.entries()) add(`source_${index + 1}_health`, health);
  for (const { kind, score, terms } of candidates) {
    add(`${kind}.score`, score);
    for (const [term, value] of Object.entries(terms)) add(`${kind}.${term}`, value);
  }
  return fields;
}
