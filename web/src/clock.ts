// One ticking clock for every age and countdown of the page, in server time. It stops while the tab is hidden.
import { createListeners, useRenderOn } from './listeners.ts';
import { dashboard } from './store.ts';

const ticks = createListeners();

setInterval(() => {
  if (document.visibilityState === 'visible') ticks.call();
}, 1_000);

/** Server time now, epoch ms, as well as the page knows it. */
export function serverNow(): number {
  return Date.now() + dashboard.read().connection.serverAheadMs;
}

/** Server time, rendering the component again each second. */
export function useNow(): number {
  useRenderOn(ticks);
  return serverNow();
}
