// The strategies the analyst can use: the built-in ones and the user's own file.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { trendBreakout } from '../analyst/strategies/trend-breakout.ts';
import type { Strategy } from '../analyst/strategy.ts';
import { validateStrategy } from '../analyst/strategy.ts';
import { SettingsError } from '../shared/config/load-settings.ts';
import type { Settings } from '../shared/config/settings.ts';

export interface LoadedStrategies {
  readonly all: readonly Strategy[];
  /** Name of the one in use. */
  readonly active: string;
}

/** Loads ATO_STRATEGY_FILE when set. Throws SettingsError naming the fix when it is no strategy. */
export async function loadStrategies(settings: Settings): Promise<LoadedStrategies> {
  if (settings.ATO_STRATEGY_FILE === undefined) return { all: [trendBreakout], active: trendBreakout.name };
  const file = path.resolve(settings.ATO_STRATEGY_FILE);
  if (!existsSync(file))
    throw new SettingsError(`ATO_STRATEGY_FILE: there is no file ${file}. Start from examples/strategies/.`);
  const module = await importStrategy(file);
  try {
    const strategy = validateStrategy(module.strategy);
    return { all: [trendBreakout, strategy], active: strategy.name };
  } catch (error) {
    throw new SettingsError(
      `ATO_STRATEGY_FILE: ${file}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

async function importStrategy(file: string): Promise<{ strategy?: unknown }> {
  try {
    return (await import(pathToFileURL(file).href)) as { strategy?: unknown };
  } catch (error) {
    throw new SettingsError(
      `ATO_STRATEGY_FILE: ${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
