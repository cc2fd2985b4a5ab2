// A stand-in for the Telegram Bot API: the methods the house uses, long polling, and the ways in which it says no.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SentMessage {
  readonly chat_id: string;
  readonly text: string;
  readonly parse_mode?: string;
  readonly disable_notification?: boolean;
}

interface Trouble {
  readonly method: string;
  readonly status: number;
  readonly retryAfter?: number;
  /** The message is taken and the answer is lost. */
  readonly afterwards?: boolean;
  left: number;
}

export class TelegramApi {
  readonly token = '123456:stand-in-token-for-tests-only';
  readonly messages: SentMessage[] = [];
  /** Every request as `method status`. */
  readonly requests: string[] = [];
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #updates: { update_id: number; message: unknown }[] = [];
  readonly #troubles: Trouble[] = [];
  readonly #waiting = new Set<() => void>();
  #nextUpdate = 1;

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const wake of this.#waiting) wake();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The next `times` requests of a method end like this. */
  trouble(method: string, status: number, times = 1, more: Partial<Trouble> = {}): void {
    this.#troubles.push({ method, status, ...more, left: times });
  }

  /** A person types something. */
  type(chat: number, text: string, ageSeconds = 0, from = chat): void {
    const date = Math.floor(Date.now() / 1_000) - ageSeconds;
    const who = { id: from, is_bot: false, first_name: 'Test' };
    this.#updates.push({
      update_id: this.#nextUpdate++,
      message: {
        message_id: this.#nextUpdate,
        date,
        chat: { id: chat, type: 'private', first_name: 'Test' },
        from: who,
        text,
      },
    });
    for (const wake of this.#waiting) wake();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, key = '', method = ''] = /^\/bot([^/]+)\/(\w+)/.exec(request.url ?? '') ?? [];
    const body = await readJson(request);
    if (key !== this.token) return this.#refuse(response, method, 401, 'Unauthorized');
    const trouble = this.#troubles.find((one) => one.method === method && one.left > 0);
    if (trouble !== undefined) {
      trouble.left -= 1;
      if (trouble.afterwards === true) this.#perform(method, body);
      if (trouble.status === 0) {
        request.socket.destroy();
        return;
      }
      return this.#refuse(response, method, trouble.status, 'injected', trouble.retryAfter);
    }
    const result = method === 'getUpdates' ? await this.#poll(body) : this.#perform(method, body);
    if (typeof result === 'string') return this.#refuse(response, method, 400, result);
    this.requests.push(`${method} 200`);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ok: true, result }));
  }

  #perform(method: string, body: Record<string, unknown>): unknown {
    switch (method) {
      case 'getMe':
        return { id: 123_456, is_bot: true, first_name: 'ato', username: 'ato_test_bot' };
      case 'deleteWebhook':
        if (body.drop_pending_updates === true) this.#updates.length = 0;
        return true;
      case 'sendMessage': {
        const text = String(body.text);
        const plain = text.replaceAll(/<\/?(b|i|code)>/g, '');
        if (/[<>]/.test(plain) || /&(?!(amp|lt|gt);)/.test(plain)) return "Bad Request: can't parse entities";
        // Telegram counts what is left after parsing entities.
        const length = [...plain.replaceAll(/&(amp|lt|gt);/g, '&')].length;
        if (length === 0 || length > 4_096) return 'Bad Request: message is too long';
        this.messages.push({ ...(body as unknown as SentMessage), chat_id: String(body.chat_id) });
        return {
          message_id: this.messages.length,
          date: 1,
          chat: { id: Number(body.chat_id), type: 'private' },
        };
      }
      default:
        return 'Bad Request: the stand-in does not know this method';
    }
  }

  async #poll(body: Record<string, unknown>): Promise<unknown> {
    const offset = Number(body.offset ?? 0);
    while (this.#updates[0] !== undefined && this.#updates[0].update_id < offset) this.#updates.shift();
    if (this.#updates.length === 0 && Number(body.timeout ?? 0) > 0)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Number(body.timeout) * 1_000);
        const wake = () => {
          clearTimeout(timer);
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    return this.#updates.slice(0, Number(body.limit ?? 100));
  }

  #refuse(
    response: ServerResponse,
    method: string,
    status: number,
    description: string,
    retryAfter?: number,
  ): void {
    this.requests.push(`${method} ${status}`);
    response.statusCode = status;
    response.setHeader('content-type', 'application/json');
    const parameters = retryAfter === undefined ? {} : { parameters: { retry_after: retryAfter } };
    response.end(JSON.stringify({ ok: false, error_code: status, description, ...parameters }));
  }
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}
