// Alerts as signed JSON to an address of the user's choice. It must never follow a redirect with the signature, nor put
// address or secret into an error.
import { createHash, createHmac } from 'node:crypto';
import type { EffectDataByKind } from '../../../shared/bus/effects.ts';
import type { Notifier } from '../../../shared/ports/notifier.ts';

const maxAttempts = 20;
const firstRetryMs = 1_000;
const maxRetryMs = 60_000;
const answerTimeoutMs = 10_000;

export interface WebhookOptions {
  readonly url: string;
  /** Key of the signature; without one the message is not signed. */
  readonly secret: string | undefined;
  readonly now?: () => number;
  readonly sleep?: (ms: number) => Promise<void>;
}

/** Hex HMAC-SHA256 over `<unix seconds>.<body>`, as the receiver works it out. */
export function webhookSignature(secret: string, seconds: number, body: string): string {
  return createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
}

export class WebhookNotifier implements Notifier {
  readonly name = 'webhook';
  readonly #options: WebhookOptions;
  readonly #now: () => number;
  readonly #sleep: (ms: number) => Promise<void>;

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => Date.now());
    this.#sleep = options.sleep ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)));
  }

  /** The same delivery id on every attempt, so that the receiver can drop a repeat. Throws when it was not accepted. */
  async send(alert: EffectDataByKind['alert.send']): Promise<void> {
    const { incident_id, severity, phase, text } = alert;
    const body = JSON.stringify({ event: 'alert', incident_id, severity, phase, text });
    const delivery = createHash('sha256').update(body).digest('hex').slice(0, 32);
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#post(body, delivery);
      if (answer.accepted) return;
      if (!answer.again || attempt >= maxAttempts)
        throw new Error(`the webhook did not accept it: ${answer.why}`);
      await this.#sleep(answer.waitMs ?? Math.min(maxRetryMs, firstRetryMs * 2 ** (attempt - 1)));
    }
  }

  async #post(body: string, delivery: string): Promise<Answer> {
    const seconds = Math.floor(this.#now() / 1_000);
    const { url, secret } = this.#options;
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      'user-agent': 'ato',
      'x-ato-delivery': delivery,
      'x-ato-timestamp': String(seconds),
    };
    if (secret !== undefined)
      headers['x-ato-signature'] = `sha256=${webhookSignature(secret, seconds, body)}`;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers,
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(answerTimeoutMs),
      });
      await response.body?.cancel();
      return judged(response);
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const name = (cause as { readonly code?: unknown }).code ?? (cause as Error).name;
      return { accepted: false, again: true, why: String(name) };
    }
  }
}

interface Answer {
  readonly accepted: boolean;
  readonly again: boolean;
  readonly why: string;
  readonly waitMs?: number;
}

function judged({ status, ok, headers }: Response): Answer {
  const told = Number(headers.get('retry-after'));
  const again = status === 429 || status >= 500;
  return {
    accepted: ok,
    again,
    why: `HTTP ${status}`,
    ...(again && told > 0 ? { waitMs: Math.min(maxRetryMs, told * 1_000) } : {}),
  };
}
