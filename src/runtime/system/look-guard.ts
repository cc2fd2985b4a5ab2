// Refuses a start whose budgets for looks could not pay for the intervals they promise. It must never change either.
import { type LookWorld, lookDefects } from '../../orchestrator/looks/look-limits.ts';
import { SettingsError } from '../../shared/config/load-settings.ts';

/** Throws SettingsError with the numbers and what to change. */
export function assertLooksPayable(world: LookWorld): void {
  const defects = lookDefects(world);
  if (defects.length === 0) return;
  throw new SettingsError(
    `The budgets for looks cannot keep their promises:\n${defects.map((line) => `  - ${line}`).join('\n')}\n` +
      'Fix: raise ATO_LOOKS_PER_HOUR, ATO_SOURCE_CALLS_PER_HOUR or ATO_LOOK_CPU_SECONDS_PER_HOUR, raise ' +
      'ATO_LOOK_MAX_INTERVAL_MIN, or watch fewer symbols (ATO_UNIVERSE). 0 switches looks off altogether.',
  );
}
