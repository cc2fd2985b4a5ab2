// Which handler does which job here, and which work besides the eight kinds this system can do.
import path from 'node:path';
import type { Settings } from '../../shared/config/settings.ts';
import { type ChoreKind, choreKinds, type JobKind } from '../../shared/domain/task.ts';
import type { MarketDataSource } from '../../shared/ports/market-data.ts';
import type { StoreReader } from '../../shared/ports/store.ts';
import { backtestJob } from './backtest-job.ts';
import type { JobHandler } from './job-desk.ts';
import { recordJob, tapesOf } from './record-job.ts';
import { reportJob } from './report-job.ts';
import { retrainJob } from './retrain-job.ts';

/** All of them in real time; none in a hurried market, where a job's minute is a day. */
export function choresOf(settings: Settings): readonly ChoreKind[] {
  return settings.ATO_MARKET_SPEED === 1 ? choreKinds : [];
}

export function jobHandlers(
  { settings, store }: { readonly settings: Settings; readonly store: StoreReader },
  sources: readonly MarketDataSource[],
  account: 'simulated' | 'live',
): Readonly<Record<JobKind, JobHandler>> {
  const recordings = path.join(settings.DATA_DIR, 'recordings');
  const reports = path.join(settings.DATA_DIR, 'reports');
  const tapes = sources.map(({ name }) => tapesOf(recordings, name));
  return {
    record: recordJob(sources, recordings),
    backtest: backtestJob({ tapes, reports, seed: settings.ATO_SEED }),
    report: reportJob(store, reports, account),
    retrain: retrainJob({ store, tapes }),
  };
}
