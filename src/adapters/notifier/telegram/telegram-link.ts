// One bot: messages out with bounded retries, and nothing that could show its token.
// A message may be sent twice when its answer was lost: Telegram has no key against that.
import { type Api, GrammyError, HttpError } from 'grammy';

const maxAttempts = 30;
const firstRetryMs = 1_000;
const maxRetryMs = 60_000;
/** Telegram may tell us to wait for longer than an alert is worth waiting for. */
const maxRetryAfterMs = 300_000;
const answerTimeoutMs = 15_000;

/** An alert that Telegram did not take; the message holds no token. */
class TelegramError extends Error {
  override readonly name = 'TelegramError';
}

export interface TelegramLinkOptions {
  readonly api: Api;
  readonly token: string;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Sends one message. Throws TelegramError when it was not accepted. */
export async function sendMessage(
  { api, token, sleep }: TelegramLinkOptions,
  chat: string,
  html: string,
  silent: boolean,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const options = {
        parse_mode: 'HTML',
        link_preview_options: { is_disabled: true },
        disable_notification: silent,
      } as const;
      await api.sendMessage(chat, html, options, AbortSignal.timeout(answerTimeoutMs) as never);
      return;
    } catch (error) {
      const waitMs = retryAfterMs(error, attempt);
      if (waitMs === undefined || attempt >= maxAttempts) throw new TelegramError(withoutToken(error, token));
      await sleep(waitMs);
    }
  }
}

/** Milliseconds until it makes sense to try again; undefined when it never does. */
function retryAfterMs(error: unknown, attempt: number): number | undefined {
  const backoffMs = Math.min(maxRetryMs, firstRetryMs * 2 ** (attempt - 1));
  if (!(error instanceof GrammyError)) return backoffMs;
  if (error.error_code === 429) {
    const told = (error.parameters.retry_after ?? 1) * 1_000;
    return told > maxRetryAfterMs ? undefined : told;
  }
  return error.error_code >= 500 ? backoffMs : undefined;
}

/** The token is part of every address: no error text may carry it. */
export function withoutToken(error: unknown, token: string): string {
  const cause = error instanceof HttpError ? error.error : undefined;
  const text = [error, cause]
    .filter((one) => one !== undefined)
    .map((one) => (one instanceof Error ? one.message : String(one)))
    .join(': ');
  return text.replaceAll(token, '***').replaceAll(encodeURIComponent(token), '***').slice(0, 300);
}
