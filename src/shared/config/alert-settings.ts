// Settings of alerts: where they go and when people may be disturbed.
import { z } from 'zod';
import { type AlertSettings, defaultAlertSettings, parseQuietHours } from '../domain/alert.ts';

const maxChats = 20;
const maxAlertsPerDay = 1_000;

function address(rule: string) {
  return z
    .string()
    .refine(
      (value) =>
        URL.canParse(value) && /^https?:$/.test(new URL(value).protocol) && new URL(value).username === '',
      rule,
    );
}

const chatList = z
  .string()
  .transform((value) =>
    value
      .split(',')
      .map((chat) => chat.trim())
      .filter((chat, place, all) => chat !== '' && all.indexOf(chat) === place),
  )
  .refine(
    (chats) =>
      chats.length > 0 && chats.length <= maxChats && chats.every((chat) => /^-?[1-9]\d{0,15}$/.test(chat)),
    `name 1 to ${maxChats} numeric chat ids, comma-separated, such as 123456789,-1001234567890`,
  );

const perDayRule = `use a whole number from 1 to ${maxAlertsPerDay}`;

/** Part of the environment schema. */
export const alertEnvironment = {
  TELEGRAM_BOT_TOKEN: z
    .string()
    .regex(/^\d{3,20}:[A-Za-z0-9_-]{20,100}$/, 'write it as BotFather shows it, such as 123456:ABC-...')
    .optional(),
  TELEGRAM_CHAT_ID: chatList.optional(),
  ATO_TELEGRAM_URL: address('write it as https://host or http://host:port').optional(),
  ATO_ALERT_WEBHOOK_URL: address('write it as https://host/path, without a user').optional(),
  ATO_ALERT_WEBHOOK_SECRET: z.string().min(16, 'use at least 16 characters').optional(),
  ATO_ALERT_QUIET_HOURS: z
    .string()
    .refine(
      (value) => parseQuietHours(value) !== undefined,
      'write start, end and time zone, such as 22:30-07:00 Europe/Paris',
    )
    .optional(),
  ATO_ALERTS_PER_DAY: z.coerce
    .number(perDayRule)
    .int(perDayRule)
    .min(1, perDayRule)
    .max(maxAlertsPerDay, perDayRule)
    .default(defaultAlertSettings.per_day),
};

export const alertSecrets = [
  'TELEGRAM_BOT_TOKEN',
  'ATO_ALERT_WEBHOOK_URL',
  'ATO_ALERT_WEBHOOK_SECRET',
] as const;

/** What the health monitor is told of it; no address and no secret. */
export function alertSettingsOf(settings: {
  readonly ATO_ALERT_QUIET_HOURS?: string | undefined;
  readonly ATO_ALERTS_PER_DAY: number;
}): AlertSettings {
  const quiet = parseQuietHours(settings.ATO_ALERT_QUIET_HOURS ?? '');
  return { per_day: settings.ATO_ALERTS_PER_DAY, ...(quiet === undefined ? {} : { quiet }) };
}

/** What is set and does nothing without its other half. */
export function alertProblems(settings: {
  readonly TELEGRAM_BOT_TOKEN?: string | undefined;
  readonly TELEGRAM_CHAT_ID?: readonly string[] | undefined;
  readonly ATO_ALERT_WEBHOOK_URL?: string | undefined;
  readonly ATO_ALERT_WEBHOOK_SECRET?: string | undefined;
}): string[] {
  const problems: string[] = [];
  if ((settings.TELEGRAM_BOT_TOKEN === undefined) !== (settings.TELEGRAM_CHAT_ID === undefined))
    problems.push(
      'TELEGRAM_BOT_TOKEN and TELEGRAM_CHAT_ID belong together: set both, or neither. Only the chats named may command.',
    );
  if (settings.ATO_ALERT_WEBHOOK_SECRET !== undefined && settings.ATO_ALERT_WEBHOOK_URL === undefined)
    problems.push('ATO_ALERT_WEBHOOK_SECRET is set without ATO_ALERT_WEBHOOK_URL.');
  return problems;
}
