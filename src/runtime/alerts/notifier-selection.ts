// Where alerts go: always the log, and what the settings name. Telegram's package is loaded only when it is used.
import { LogNotifier } from '../../adapters/notifier/log/log-notifier.ts';
import { WebhookNotifier } from '../../adapters/notifier/webhook/webhook-notifier.ts';
import type { Settings } from '../../shared/config/settings.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { Notifier } from '../../shared/ports/notifier.ts';
import type { OperatorDesk } from '../../shared/ports/operator-desk.ts';

export interface SelectedNotifiers {
  readonly all: readonly Notifier[];
  /** Begins to hear commands; resolves never before `stop`. */
  readonly listen: () => void;
  readonly stop: () => Promise<void>;
}

export async function selectNotifiers(
  settings: Settings,
  log: Log,
  desk: () => OperatorDesk,
): Promise<SelectedNotifiers> {
  const all: Notifier[] = [new LogNotifier(log)];
  const { ATO_ALERT_WEBHOOK_URL: url, ATO_ALERT_WEBHOOK_SECRET: secret } = settings;
  if (url !== undefined) all.push(new WebhookNotifier({ url, secret }));
  const { TELEGRAM_BOT_TOKEN: token, TELEGRAM_CHAT_ID: chats, ATO_TELEGRAM_URL: apiUrl } = settings;
  if (token === undefined || chats === undefined)
    return { all, listen: () => undefined, stop: async () => undefined };
  const { TelegramNotifier } = await import('../../adapters/notifier/telegram/telegram-notifier.ts');
  const telegram = new TelegramNotifier({
    token,
    chats,
    log,
    desk: {
      status: () => desk().status(),
      positions: () => desk().positions(),
      halt: (by) => desk().halt(by),
      resume: (by) => desk().resume(by),
      why: (id) => desk().why(id),
    },
    ...(apiUrl === undefined ? {} : { apiUrl }),
  });
  all.push(telegram);
  return { all, listen: () => void telegram.listen(), stop: () => telegram.stop() };
}
