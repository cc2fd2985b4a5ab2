// What has been learnt: from the database, or from the running process when that holds the embedded database.
import { StateMirror } from '../../kernel/state-mirror.ts';
import { learningView } from '../../orchestrator/learning-view.ts';
import type { Settings } from '../../shared/config/settings.ts';
import type { LearningView } from '../../shared/domain/learning-view.ts';
import { type EpochMs, toIso } from '../../shared/domain/time.ts';
import { StoreOpenError } from '../../shared/ports/store.ts';
import { openReader } from '../store/open-reader.ts';
import { askRunningSystem } from './running-system.ts';

/** Instants are written as text, as the API writes them. */
export type LearnReport = Omit<LearningView, 'recalled'> & {
  readonly at: string;
  readonly recalled: readonly (Omit<LearningView['recalled'][number], 'last_at'> & {
    readonly last_at: string;
  })[];
};

/** Throws StoreOpenError when neither database nor running process can be asked. */
export async function learnReport(settings: Settings, dataFolder?: string): Promise<LearnReport> {
  try {
    const reader = await openReader(settings, dataFolder);
    try {
      const { rows, lastAt } = await reader.load();
      return written(
        learningView(new StateMirror(rows), { learning: settings.ATO_LEARNING }, lastAt),
        lastAt,
      );
    } finally {
      await reader.close();
    }
  } catch (error) {
    if (!(error instanceof StoreOpenError) || dataFolder !== undefined) throw error;
    const answer = await askRunningSystem(settings, '/orchestrator/learning').catch(() => undefined);
    if (answer === undefined) throw error;
    return answer as LearnReport;
  }
}

function written(view: LearningView, at: EpochMs): LearnReport {
  return {
    at: toIso(at),
    ...view,
    recalled: view.recalled.map((memory) => ({ ...memory, last_at: toIso(memory.last_at) })),
  };
}
