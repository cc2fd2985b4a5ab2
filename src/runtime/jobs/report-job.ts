// The report job: what the last day brought, from committed rows, as one JSON and one Markdown file.
// It must never claim a return: it gives the account's own figures and says whether the account is simulated.
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { dayMs, toIso } from '../../shared/domain/time.ts';
import type { StoreReader } from '../../shared/ports/store.ts';
import type { JobHandler } from './job-desk.ts';

/** Newest rows of each kind that a report looks at. */
const maxRows = 1_000;
const maxNamed = 10;

function counted(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** Writes `<folder>/report-<task id>.json` and `.md`; the same job again replaces them. */
export function reportJob(reader: StoreReader, folder: string, account: 'simulated' | 'live'): JobHandler {
  return async ({ id, now }) => {
    const since = now - dayMs;
    const rows = { limit: maxRows };
    const [decisions, tasks, orders, fills, refusals, incidents, equity] = await Promise.all([
      reader.list('decisions', rows),
      reader.list('tasks', rows),
      reader.list('orders', rows),
      reader.list('fills', rows),
      reader.list('refusals', rows),
      reader.list('incidents', rows),
      reader.list('equity', rows),
    ]);
    const recent = {
      decisions: decisions.filter(({ at }) => at > since),
      tasks: tasks.filter(({ queued_at }) => queued_at > since),
      orders: orders.filter(({ created_at }) => created_at > since),
      fills: fills.filter(({ at }) => at > since),
      refusals: refusals.filter(({ at }) => at > since),
      incidents: incidents.filter(({ opened_at, open }) => open || opened_at > since),
      equity: equity.filter(({ at }) => at > since),
    };
    const scored = recent.decisions.filter(
      ({ task_ids, outcome }) => task_ids.length > 0 && outcome !== null,
    );
    const report = {
      from: toIso(since),
      to: toIso(now),
      account,
      /** True where a table holds more rows of the day than were read. */
      cut: [decisions, tasks, orders, fills, refusals].some((list) => list.length === maxRows),
      decisions: {
        total: recent.decisions.length,
        by_mode: counted(recent.decisions.map(({ mode }) => mode)),
        by_action: counted(recent.decisions.map(({ action }) => action)),
        promised_and_scored: scored.length,
        successful: scored.filter(({ outcome }) => outcome?.successful === true).length,
      },
      tasks: counted(recent.tasks.map(({ kind, state }) => `${kind} ${state}`)),
      run_by: counted(recent.tasks.map(({ runner }) => runner)),
      orders: counted(recent.orders.map(({ state }) => state)),
      fills: recent.fills.length,
      refusals: counted(recent.refusals.map(({ code }) => code)),
      incidents: recent.incidents
        .slice(0, maxNamed)
        .map(({ cause, severity, open }) => ({ cause, severity, open })),
      equity: {
        first: recent.equity.at(-1)?.equity ?? null,
        last: recent.equity[0]?.equity ?? null,
        max_drawdown_pct: Math.max(0, ...recent.equity.map(({ drawdown_pct }) => drawdown_pct)),
      },
    };
    await mkdir(folder, { recursive: true });
    const name = path.join(folder, `report-${id}`);
    await replace(`${name}.json`, `${JSON.stringify(report, null, 2)}\n`);
    await replace(`${name}.md`, inWords(report));
    return {
      effect_observed: true,
      looked_at: recent.decisions.length + recent.tasks.length,
      found: recent.incidents.length,
      summary: `${recent.decisions.length} decisions, ${recent.tasks.length} tasks, ${recent.fills.length} fills, ${recent.incidents.length} incidents, in report-${id}.md`,
    };
  };
}

/** A reader never sees half a file. */
async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

function inWords(report: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(report).map(([name, value]) =>
    typeof value === 'object' && value !== null
      ? `\n## ${name}\n\n${Object.entries(value)
          .map(
            ([key, inner]) =>
              `- ${key}: ${typeof inner === 'object' ? JSON.stringify(inner) : String(inner)}`,
          )
          .join('\n')}`
      : `- ${name}: ${String(value)}`,
  );
  return `# Report\n\n${lines.join('\n')}\n`;
}
