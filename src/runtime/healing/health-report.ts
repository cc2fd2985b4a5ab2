// What health has seen, done, learnt and proposes, read from its rows. It only reads, and asks no agent.
import type { HealthReport } from '../../api/api-dependencies.ts';
import { recall } from '../../health-monitor/memory.ts';
import type { StateReader } from '../../kernel/agent.ts';
import type { HealRecord } from '../../shared/domain/incident.ts';
import { dayMs } from '../../shared/domain/time.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { StoreReader } from '../../shared/ports/store.ts';

/** Newest rows of a kind that are looked at. */
const maxRows = 1_000;

export interface HealthReportParts {
  readonly rows: StateReader;
  readonly reader: StoreReader;
  readonly clock: Pick<Clock, 'now'>;
}

export async function healthReport({ rows, reader, clock }: HealthReportParts): Promise<HealthReport> {
  const at = clock.now();
  const since = at - dayMs;
  const [incidents, heals] = await Promise.all([
    reader.list('incidents', { limit: maxRows }),
    reader.list('heals', { limit: maxRows }),
  ]);
  const memory = [...rows.all('agent_memory')];
  const pager = recall(memory, 'pager')[0];
  const recent = incidents.filter(({ open, updated_at }) => open || updated_at >= since);
  return {
    at,
    incidents: countsBy(recent, ({ cause }) => cause.split(':')[0] ?? cause).map(({ name, rows: own }) => ({
      cause: name,
      open: own.filter(({ open }) => open).length,
      last_day: own.length,
    })),
    playbooks: countsBy(
      heals.filter((heal) => heal.at >= since),
      ({ playbook }) => playbook,
    ).map(figuresOf),
    normals: recall(memory, 'metric').map(({ name, center, scale, windows, drift }) => ({
      metric: name,
      center,
      spread: scale,
      windows,
      drift,
    })),
    usage: recall(memory, 'usage'),
    proposals: recall(memory, 'proposal').toSorted((left, right) => right.at - left.at),
    pages: { sent_today: pager?.sent ?? 0, held_back: (pager?.held.length ?? 0) + (pager?.held_more ?? 0) },
  };
}

function figuresOf({ name, rows }: { readonly name: string; readonly rows: readonly HealRecord[] }) {
  const of = (outcome: HealRecord['outcome']) => rows.filter((heal) => heal.outcome === outcome);
  const took = of('verified').map(({ at, finished_at }) => (finished_at ?? at) - at);
  return {
    playbook: name,
    verified: of('verified').length,
    failed: of('failed').length,
    refused: of('refused').length,
    mean_time_to_heal_ms:
      took.length === 0 ? null : Math.round(took.reduce((total, ms) => total + ms, 0) / took.length),
  };
}

function countsBy<Row>(rows: readonly Row[], nameOf: (row: Row) => string): { name: string; rows: Row[] }[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(nameOf(row), [...(groups.get(nameOf(row)) ?? []), row]);
  return [...groups]
    .map(([name, own]) => ({ name, rows: own }))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}
