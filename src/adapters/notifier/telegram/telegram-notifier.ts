// Alerts to Telegram chats, and commands from the same chats. It must never obey a chat that is not on the list, act on a
// command that waited while we were away, or show its token.
import { Bot, type Context, GrammyError } from 'grammy';
import type { EffectDataByKind } from '../../../shared/bus/effects.ts';
import type { Log } from '../../../shared/ports/log.ts';
import type { Notifier } from '../../../shared/ports/notifier.ts';
import type { OperatorDesk } from '../../../shared/ports/operator-desk.ts';
import { sendMessage, withoutToken } from './telegram-link.ts';
import { alertMessage, escaped } from './telegram-text.ts';

/** Longer than the long poll, so that a frozen server is noticed. */
const requestTimeoutSeconds = 40;
const pollSeconds = 25;
const firstReconnectMs = 5_000;
const maxReconnectMs = 300_000;
/** An older command was typed for another situation. */
const maxCommandAgeMs = 60_000;
const resumeWithinMs = 60_000;
const maxStrangers = 100;

export interface TelegramOptions {
  readonly token: string;
  /** Chats that get alerts and may command; numeric ids. */
  readonly chats: readonly string[];
  readonly desk: OperatorDesk;
  readonly log: Log;
  /** Another Bot API server than Telegram's own. */
  readonly apiUrl?: string;
  readonly now?: () => number;
  readonly sleep?: (ms: number) => Promise<void>;
}

export class TelegramNotifier implements Notifier {
  readonly name = 'telegram';
  readonly #options: TelegramOptions;
  readonly #bot: Bot;
  readonly #now: () => number;
  readonly #sleep: (ms: number) => Promise<void>;
  readonly #resumeAsked = new Map<string, number>();
  readonly #strangers = new Set<string>();
  #stopped = false;
  #wake: (() => void) | undefined;

  constructor(options: TelegramOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => Date.now());
    this.#sleep = options.sleep ?? ((ms) => this.#pause(ms));
    this.#bot = new Bot(options.token, {
      client: {
        ...(options.apiUrl === undefined ? {} : { apiRoot: options.apiUrl.replace(/\/+$/, '') }),
        timeoutSeconds: requestTimeoutSeconds,
      },
    });
    this.#listenTo(this.#bot);
  }

  /** Every chat gets it; one that can no longer be reached does not keep it from the others. Throws TelegramError. */
  async send(alert: EffectDataByKind['alert.send']): Promise<void> {
    const html = alertMessage(alert);
    const silent = alert.severity !== 'critical' || alert.phase === 'resolved';
    const sent = await Promise.allSettled(
      this.#options.chats.map((chat) => sendMessage(this.#link, chat, html, silent)),
    );
    const failed = sent.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** Polls for commands until `stop`; never throws. */
  async listen(): Promise<void> {
    let waitMs = firstReconnectMs;
    while (!this.#stopped) {
      const begun = this.#now();
      try {
        // What was typed while nobody listened is not obeyed now.
        await this.#bot.start({
          timeout: pollSeconds,
          allowed_updates: ['message'],
          drop_pending_updates: true,
        });
        return;
      } catch (error) {
        if (this.#stopped) return;
        const detail = withoutToken(error, this.#options.token);
        if (error instanceof GrammyError && [401, 404].includes(error.error_code)) {
          this.#options.log.error(
            { detail },
            'Telegram refuses the bot: no commands, see TELEGRAM_BOT_TOKEN',
          );
          return;
        }
        if (this.#now() - begun > maxReconnectMs) waitMs = firstReconnectMs;
        this.#options.log.warn({ detail, wait_ms: waitMs }, 'Telegram commands are not heard for now');
        await this.#sleep(waitMs);
        waitMs = Math.min(maxReconnectMs, waitMs * 2);
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    // Confirms what was heard; when nobody answers, leaving is more important.
    await Promise.race([this.#bot.stop().catch(() => undefined), this.#pause(2_000)]);
  }

  get #link() {
    return { api: this.#bot.api, token: this.#options.token, sleep: this.#sleep };
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #listenTo(bot: Bot): void {
    bot.catch(({ error }) =>
      this.#options.log.warn({ detail: withoutToken(error, this.#options.token) }, 'a chat command failed'),
    );
    bot.on('message:text', async (context) => {
      const chat = String(context.chat.id);
      if (!this.#options.chats.includes(chat)) {
        this.#refuse(chat);
        return;
      }
      const answer = await this.#obey(context, chat);
      if (answer !== undefined) await sendMessage(this.#link, chat, escaped(answer), true);
    });
  }

  /** A stranger gets no answer, which would tell that somebody is here; the log names the chat once. */
  #refuse(chat: string): void {
    if (this.#strangers.has(chat) || this.#strangers.size >= maxStrangers) return;
    this.#strangers.add(chat);
    this.#options.log.warn({ chat }, 'a chat that is not in TELEGRAM_CHAT_ID wrote to the bot: ignored');
  }

  async #obey(context: Context, chat: string): Promise<string | undefined> {
    // Keyboards write capitals, and people add words in a hurry: a halt must not be lost to that.
    const match = /^\/([a-z]+)(?:@(\w+))?(?:\s+(\S.{0,99})?|$)/is.exec(context.message?.text ?? '');
    if (match === null) return undefined;
    const [, written = '', addressed, said] = match;
    if (addressed !== undefined && addressed.toLowerCase() !== context.me.username.toLowerCase())
      return undefined;
    const command = written.toLowerCase();
    const argument = said?.trim();
    const { desk } = this.#options;
    const ageMs = this.#now() - (context.message?.date ?? 0) * 1_000;
    const by = `telegram ${context.from?.id ?? chat}`;
    switch (command) {
      case 'status':
        return desk.status();
      case 'positions':
        return desk.positions();
      case 'why':
        return desk.why(argument?.split(/\s/, 1)[0]);
      case 'halt':
        // Tightening is safe at any age.
        return desk.halt(by);
      case 'resume':
        return this.#resume(`${chat}/${context.from?.id ?? ''}`, argument, ageMs, by);
      case 'start':
      case 'help':
        return 'Commands: /status, /positions, /why [id], /halt, /resume';
      default:
        return `I do not know /${command}. Commands: /status, /positions, /why [id], /halt, /resume`;
    }
  }

  /** Loosening is asked twice, by the same person, in fresh messages. */
  async #resume(who: string, argument: string | undefined, ageMs: number, by: string): Promise<string> {
    if (ageMs > maxCommandAgeMs) return 'That message is too old to resume trading on it. Send it again.';
    const askedAt = this.#resumeAsked.get(who);
    this.#resumeAsked.delete(who);
    if (argument === 'yes' && askedAt !== undefined && this.#now() - askedAt <= resumeWithinMs)
      return this.#options.desk.resume(by);
    this.#resumeAsked.set(who, this.#now());
    return `Trading will be allowed again. Send /resume yes within ${resumeWithinMs / 1_000} s to confirm.\n\n${await this.#options.desk.status()}`;
  }
}
