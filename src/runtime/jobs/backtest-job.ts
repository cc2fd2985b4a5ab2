// The backtest job: the recorded tapes played through the four agents by `ato sim`, in a process of its own and with low
// priority, so that it never takes time from trading. Its figures are those of a simulated account and claim nothing.
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { outputOf } from './child-output.ts';
import type { JobHandler } from './job-desk.ts';

const program = fileURLToPath(new URL('../../main.ts', import.meta.url));

const simulated = z.object({
  candles: z.int(),
  signals: z.int(),
  orders: z.int(),
  fills: z.int(),
  journal_hash: z.string(),
});

export interface BacktestParts {
  /** Folders of tapes, one per source. */
  readonly tapes: readonly string[];
  readonly reports: string;
  readonly seed: number;
  /** Other arguments of Node, for tests. */
  readonly program?: readonly string[];
}

/** Writes `<reports>/backtest-<task id>.json`; the same job again replaces it. Throws when the simulation fails. */
export function backtestJob(parts: BacktestParts): JobHandler {
  return async ({ id }, signal) => {
    const tapes = parts.tapes.filter((folder) => existsSync(folder) && readdirSync(folder).length > 0);
    if (tapes.length === 0)
      return { effect_observed: false, looked_at: 0, found: 0, summary: 'nothing is recorded yet' };
    const args = [
      ...(parts.program ?? [program]),
      'sim',
      '--tape',
      tapes.join(','),
      '--seed',
      String(parts.seed),
      '--json',
    ];
    const output = await outputOf(args, signal, 'the simulation');
    const report = simulated.loose().parse(JSON.parse(output));
    await mkdir(parts.reports, { recursive: true });
    const file = path.join(parts.reports, `backtest-${id}.json`);
    await writeFile(`${file}.new`, `${JSON.stringify({ tapes, ...report }, null, 2)}\n`);
    await rename(`${file}.new`, file);
    const { candles, signals, orders, fills } = report;
    return {
      effect_observed: candles > 0,
      looked_at: candles,
      found: signals,
      summary: `${candles} recorded candles played: ${signals} signals, ${orders} orders, ${fills} fills on a simulated account, in backtest-${id}.json`,
    };
  };
}
