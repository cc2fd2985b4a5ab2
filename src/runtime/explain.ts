// The story of one id: from the database, or from the running process when that holds the embedded database.
import { type Story, storyOf } from '../api/story.ts';
import type { Settings } from '../shared/config/settings.ts';
import { StoreOpenError } from '../shared/ports/store.ts';
import { openReader } from './open-reader.ts';

const apiTimeoutMs = 5_000;

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
  const host = settings.BIND_ADDRESS === '0.0.0.0' ? '127.0.0.1' : settings.BIND_ADDRESS;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${settings.ORCHESTRATOR_PORT}/explain/${encodeURIComponent(id)}`;
  const headers = settings.API_TOKEN === undefined ? {} : { authorization: `Bearer ${settings.API_TOKEN}` };
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(apiTimeoutMs) });
    if (response.status === 404) return { story: undefined };
    return response.ok ? { story: (await response.json()) as ToldStory } : undefined;
  } catch {
    return undefined;
  }
}
