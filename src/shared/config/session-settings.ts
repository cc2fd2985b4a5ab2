// The forex calendar of the settings: hours from ATO_SESSION_HOURS, holidays from a file that names its source.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { holidayRuleDefect } from '../domain/holidays.ts';
import {
  type HolidayRule,
  maxHolidayRules,
  parseSessionHours,
  type SessionRules,
} from '../domain/session-rules.ts';
import { SettingsError } from './load-settings.ts';
import type { Settings } from './settings.ts';

const ownFile = path.join(import.meta.dirname, 'forex-holidays.json');
const maxNameChars = 80;
const maxFileBytes = 1_000_000;

const holidayFile = z.object({
  source: z.string().min(1),
  holidays: z
    .array(
      z.object({
        day: z.string(),
        name: z.string().min(1).max(maxNameChars),
        effect: z.enum(['closed', 'early_close', 'thin']),
        closes_at: z.string().optional(),
      }),
    )
    .max(maxHolidayRules),
});

/** Throws SettingsError naming the file and the entry that cannot be read. */
export function sessionRulesOf(settings: Settings): SessionRules {
  return {
    ...parseSessionHours(settings.ATO_SESSION_HOURS ?? ''),
    holidays: readHolidays(settings.ATO_HOLIDAYS_FILE ?? ownFile),
  };
}

function readHolidays(file: string): HolidayRule[] {
  const refuse = (why: string) =>
    new SettingsError(
      `Settings need a correction:\n  - ATO_HOLIDAYS_FILE: ${file}: ${why}. See docs/markets.md.`,
    );
  let content: unknown;
  try {
    const text = readFileSync(file, 'utf8');
    if (text.length > maxFileBytes) throw new Error('it is larger than 1 MB');
    content = JSON.parse(text);
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
  const parsed = holidayFile.safeParse(content);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refuse(`${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not a holiday file'}`.trim());
  }
  return parsed.data.holidays.map(({ closes_at, ...rest }) => {
    const rule: HolidayRule = closes_at === undefined ? rest : { ...rest, closes_at };
    const defect = holidayRuleDefect(rule);
    if (defect !== undefined) throw refuse(defect);
    return rule;
  });
}
