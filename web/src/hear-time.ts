// Keeps the page's idea of the server's clock true between two answers: a hurried market runs ahead of the browser's.
import { z } from 'zod';
import { instant } from './lenient.ts';
import type { Dashboard } from './store.ts';

const timesSchema = z.object({ at: instant.optional(), happened_at: instant.optional() });

/** The server was never behind what an event of its own says; the same state when that is nothing new. */
export function hearTime(state: Dashboard, data: unknown, browserNow: number): Dashboard {
  const read = timesSchema.safeParse(data);
  if (!read.success) return state;
  const serverAheadMs = Math.max(read.data.at ?? 0, read.data.happened_at ?? 0) - browserNow;
  if (serverAheadMs <= state.connection.serverAheadMs) return state;
  return { ...state, connection: { ...state.connection, serverAheadMs } };
}
