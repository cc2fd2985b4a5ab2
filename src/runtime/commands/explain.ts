// The story of one id: from the database, or from the running process when that holds the embedded database.
import { type Story, storyOf } from '../../api/story.ts';
import type { Settings } from '../../shared/config/settings.ts';
import { StoreOpenError } from '../../shared/ports/store.ts';
import { openReader } from '../store/open-reader.ts';
import { askRunningSystem, RunningSystemError } from './running-system.ts';

/** What people read; the rest of a story differs in how instants are written, so only --json shows it. */
export type ToldStory = Pick<Story, 'id' | 'lines'>;

/** Undefined when the id is unknown. Throws StoreOpenError when neither database nor process can be asked. */
export async function explain(
  settings: Settings,
  id: string,
  dataFolder?: string,
): Promise<ToldStory | undefined> {
  try {
    const reader = await openReader(settings, dataFolder);
    try {
      return await storyOf(id, reader);
    } finally {
      await reader.close();
    }
  } catch (error) {
    if (!(error instanceof StoreOpenError) || dataFolder !== undefined) throw error;
    const answer = await askRunningProcess(settings, id);
    if (answer === undefined) throw error;
    return answer.story;
  }
}

async function askRunningProcess(
  settings: Settings,
  id: string,
): Promise<{ story: ToldStory | undefined } | undefined> {
  try {
    return { story: (await askRunningSystem(settings, `/explain/${encodeURIComponent(id)}`)) as ToldStory };
  } catch (error) {
    return error instanceof RunningSystemError && error.status === 404 ? { story: undefined } : undefined;
  }
}
