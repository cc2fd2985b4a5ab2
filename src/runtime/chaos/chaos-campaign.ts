// Runs many seeds of the crash x fault matrix, on several cores when asked. How they are shared out must never change
// the report.
import { Worker } from 'node:worker_threads';
import type { BreakageName } from '../../simulator/chaos/broken/breakages.ts';
import {
  type Cell,
  type CrashPoint,
  cellOf,
  cells,
  type Fault,
  type HouseKind,
} from '../../simulator/chaos/cells.ts';
import { type ChaosReport, reportOf } from '../../simulator/chaos/report.ts';
import type { RunResult } from '../../simulator/chaos/scenario.ts';
import { type ChaosRunRequest, runChaos } from './chaos-run.ts';

/** Runs make much that is thrown away at once: a larger young generation halves the time spent on that. */
const resourceLimits = { maxYoungGenerationSizeMb: 64 };
/** Seeds handed to a worker at a time. */
const chunkSeeds = 5;

export interface CampaignRequest {
  readonly firstSeed: number;
  readonly seeds: number;
  /** Only cells of this fault, of this crash point. */
  readonly fault?: Fault;
  readonly crash?: CrashPoint;
  /** Only this kind of house. */
  readonly house?: HouseKind;
  readonly broken?: BreakageName;
  /** Worker threads; with one, everything runs in this one. */
  readonly jobs: number;
  /** Ends after the first violation. */
  readonly untilViolation?: boolean;
  readonly progress: (done: number, total: number) => void;
}

export async function runCampaign(request: CampaignRequest): Promise<ChaosReport> {
  const { firstSeed, seeds, fault, crash, house, broken } = request;
  const chosen = cells.filter(
    (cell) => (fault ?? cell.fault) === cell.fault && (crash ?? cell.crash) === cell.crash,
  );
  const requests = Array.from({ length: seeds }, (_, place): ChaosRunRequest => {
    const seed = firstSeed + place;
    const cell: Cell | undefined = chosen.length === cells.length ? undefined : chosen[seed % chosen.length];
    return {
      seed,
      cell: cell ?? cellOf(seed),
      ...(house === undefined ? {} : { house }),
      ...(broken === undefined ? {} : { broken }),
    };
  });
  const runs = await (request.jobs > 1 ? inWorkers(requests, request) : here(requests, request));
  const options = [
    fault === undefined ? '' : ` --fault ${fault}`,
    crash === undefined ? '' : ` --crash ${crash}`,
    house === undefined ? '' : ` --house ${house}`,
    broken === undefined ? '' : ` --break ${broken}`,
  ];
  return reportOf(runs, { firstSeed, broken: broken ?? null, commandOptions: options.join('') });
}

async function here(
  requests: readonly ChaosRunRequest[],
  { progress, untilViolation }: CampaignRequest,
): Promise<RunResult[]> {
  const runs: RunResult[] = [];
  for (const one of requests) {
    const run = await runChaos(one);
    runs.push(run);
    progress(runs.length, requests.length);
    if (untilViolation === true && run.violations.length > 0) break;
  }
  return runs;
}

async function inWorkers(
  requests: readonly ChaosRunRequest[],
  { jobs, progress }: CampaignRequest,
): Promise<RunResult[]> {
  const runs: RunResult[] = [];
  let next = 0;
  const work = (worker: Worker): Promise<void> =>
    new Promise((resolve, reject) => {
      let waiting = 0;
      const handOut = (): void => {
        const chunk = requests.slice(next, next + chunkSeeds);
        next += chunk.length;
        waiting = chunk.length;
        if (waiting === 0) resolve();
        else worker.postMessage(chunk);
      };
      worker.on('error', reject);
      worker.on('message', (run: RunResult) => {
        runs.push(run);
        progress(runs.length, requests.length);
        if (--waiting === 0) handOut();
      });
      handOut();
    });
  const workers = Array.from(
    { length: Math.min(jobs, Math.ceil(requests.length / chunkSeeds)) },
    () => new Worker(new URL('./chaos-worker.ts', import.meta.url), { resourceLimits }),
  );
  try {
    await Promise.all(workers.map(work));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return runs;
}
