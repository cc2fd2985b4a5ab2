// Settings of healing: what it may do by itself beyond what is always safe.
import { z } from 'zod';
import type { HealingSettings } from '../domain/heal-action.ts';

const watchdogRule = 'use 0 for none, or a whole number from 5 to 3600';

/** Part of the environment schema. */
export const healingEnvironment = {
  ATO_HEAL_RESTART: z.enum(['auto', 'yes', 'no'], 'use one of auto, yes, no').default('auto'),
  ATO_WATCHDOG_SECONDS: z.coerce
    .number(watchdogRule)
    .int(watchdogRule)
    .refine((seconds) => seconds === 0 || (seconds >= 5 && seconds <= 3_600), watchdogRule)
    .default(60),
  ATO_HEAL_CREATE_INDEX: z.enum(['yes', 'no'], 'use one of yes, no').default('no'),
};

/** `auto` restarts the process in paper only: live trading is halted after every start until a person resumes it. */
export function healingSettingsOf(settings: {
  readonly ATO_HEAL_RESTART: 'auto' | 'yes' | 'no';
  readonly ATO_HEAL_CREATE_INDEX: 'yes' | 'no';
  readonly ATO_MODE: 'paper' | 'live';
  readonly DATABASE_URL?: string | undefined;
}): HealingSettings {
  const restart = settings.ATO_HEAL_RESTART;
  return {
    process_restart: restart === 'yes' || (restart === 'auto' && settings.ATO_MODE === 'paper'),
    create_index: settings.ATO_HEAL_CREATE_INDEX === 'yes',
    database: settings.DATABASE_URL === undefined ? 'embedded' : 'postgres',
  };
}
