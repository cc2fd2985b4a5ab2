// What looking at symbols may cost, from the settings and the sources that were chosen.
import type { LookSettings } from '../domain/look.ts';
import { minuteMs } from '../domain/time.ts';
import type { Settings } from './settings.ts';

/** Sources as they were chosen, with the symbols each serves; the first one named for a symbol pays for its looks. */
export function lookSettingsOf(
  settings: Settings,
  sources: readonly { readonly name: string; readonly symbols: readonly string[] }[],
): LookSettings {
  const source_of: Record<string, string> = {};
  for (const { name, symbols } of sources) for (const symbol of symbols) source_of[symbol] ??= name;
  return {
    looks_per_hour: settings.ATO_LOOKS_PER_HOUR,
    source_calls_per_hour: settings.ATO_SOURCE_CALLS_PER_HOUR ?? {},
    cpu_seconds_per_hour: settings.ATO_LOOK_CPU_SECONDS_PER_HOUR,
    max_interval_ms: settings.ATO_LOOK_MAX_INTERVAL_MIN * minuteMs,
    source_of,
  };
}
